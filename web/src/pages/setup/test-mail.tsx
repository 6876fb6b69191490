import { useState } from 'preact/hooks'
import { api, say } from '../../api/client'
import { hasStates, listMessages } from '../../api/messages'
import { useLoad } from '../../api/load'
import { t } from '../../i18n'
import { MailTable } from '../../ui/mail-parts'
import { Data, Note } from '../../ui/parts'
import { Step, type StepProps } from './steps'

/** The last messages; without states of their own, a delivery in the ledger says that the newest arrived. */
async function newestMessages() {
  const messages = (await listMessages({}, undefined, 5)).rows
  if (hasStates()) return { messages, delivered: messages.some((one) => one.state === 'delivered') }
  const ends = await say(() => api.GET('/ledger', { params: { query: { limit: 1, event: 'delivered' } } }))
  return { messages, delivered: ends.entries.length > 0 }
}

export function TestMail(of: StepProps) {
  const words = t().setup.test
  const loaded = useLoad(newestMessages, [], 3)
  const [arrived, setArrived] = useState(false)
  const newest = loaded.data?.messages ?? []
  const delivered = loaded.data?.delivered ?? false
  if (delivered && !arrived) setArrived(true)
  const replies = newest.flatMap((one) => one.recipients).filter((to) => to.reply && to.state !== 'delivered')
  return (
    <Step of={of} title={words.title} lead={words.lead} ready={arrived}>
      <Data of={loaded}>
        {() => (
          <>
            <div role="status">
              {arrived ? (
                <Note tone="good">{words.arrived}</Note>
              ) : newest.length === 0 ? (
                <Note>{words.waiting}</Note>
              ) : replies.length > 0 ? (
                <Note tone="warn" title={words.problem}>
                  {replies.map((to) => (
                    <code>{to.reply}</code>
                  ))}
                </Note>
              ) : (
                <Note>{words.onWay}</Note>
              )}
            </div>
            {newest.length > 0 && <MailTable of={newest} />}
          </>
        )}
      </Data>
    </Step>
  )
}
