import { useState } from 'preact/hooks'
import { api, say } from '../api/client'
import { usePages } from '../api/pages'
import { t } from '../i18n'
import { go, place } from '../router'
import { about, AllFields, eventName, field, type Entry } from '../ui/entries'
import { Input, Select } from '../ui/forms'
import { Paged } from '../ui/paged'
import { Button, Card, Empty, Page, Table, When } from '../ui/parts'

type Kind = '' | 'audit' | 'mail'

export default function Audit() {
  const words = t().audit
  const query = place.value.query
  const asked = { text: query.get('text') || undefined, kind: (query.get('kind') ?? 'audit') as Kind }
  const [text, setText] = useState(asked.text ?? '')
  const [kind, setKind] = useState<Kind>(asked.kind)
  const pages = usePages<Entry>(async (before) => {
    const page = await say(() => api.GET('/ledger', { params: { query: { limit: 50, before, text: asked.text, kind: asked.kind || undefined } } }))
    return { rows: page.entries, next: page.next }
  }, [asked])
  const search = (event: Event) => {
    event.preventDefault()
    const words = new URLSearchParams({ kind })
    if (text.trim()) words.set('text', text.trim())
    go(`/audit?${words}`)
  }
  return (
    <Page title={words.title} lead={words.lead}>
      <Card>
        <form class="filters two" role="search" onSubmit={search}>
          <Input label={words.search} type="search" value={text} onInput={setText} />
          <Select<Kind>
            label={words.kind}
            value={kind}
            onInput={setKind}
            of={[
              ['audit', words.kinds.audit],
              ['mail', words.kinds.mail],
              ['', words.kinds.all],
            ]}
          />
          <Button type="submit">{t().mail.search}</Button>
        </form>
        <Paged of={pages} empty={<Empty icon="audit" title={words.none}>{words.noneText}</Empty>}>
          {(rows) => (
            <Table
              caption={words.title}
              rows={rows}
              id={(one) => String(one.seq)}
              columns={[
                { title: words.event, kind: 'head', cell: (one) => <b>{eventName(one.event)}</b> },
                {
                  title: words.about,
                  cell: (one) => (
                    <>
                      {about(one)}
                      <AllFields of={one} />
                    </>
                  ),
                },
                { title: words.by, cell: (one) => field(one, 'by') || '–' },
                { title: words.when, cell: (one) => <When time={one.time} /> },
              ]}
            />
          )}
        </Paged>
      </Card>
    </Page>
  )
}
