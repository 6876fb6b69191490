import { api, say } from '../api/client'
import { usePages } from '../api/pages'
import { t } from '../i18n'
import { MailTable, type Mail } from '../ui/mail-parts'
import { Paged } from '../ui/paged'
import { Card, Empty, Page } from '../ui/parts'

export default function OwnMail() {
  const words = t().account
  const pages = usePages<Mail>(async (before) => {
    const page = await say(() => api.GET('/account/mail', { params: { query: { limit: 50, before } } }))
    return { rows: page.messages, next: page.next }
  }, [])
  return (
    <Page title={words.mail} lead={words.mailLead}>
      <Card>
        <Paged of={pages} empty={<Empty icon="mail" title={t().mail.none}>{t().mail.noneText}</Empty>}>
          {(rows) => <MailTable of={rows} own />}
        </Paged>
      </Card>
    </Page>
  )
}
