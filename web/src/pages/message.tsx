import { api, ApiError, say, type Schemas } from '../api/client'
import { useLoad } from '../api/load'
import { t } from '../i18n'
import { bytes, dateTime } from '../i18n/format'
import { Timeline } from '../ui/entries'
import { MailState, QueueActions } from '../ui/mail-parts'
import { Card, Data, Facts, Page, Table } from '../ui/parts'

/** What the queue knows of a message; nothing once it has left. */
async function queued(id: string): Promise<Schemas['QueuedDetail'] | null> {
  try {
    return await say(() => api.GET('/queue/{id}', { params: { path: { id } } }))
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null
    throw error
  }
}

export default function Message({ id = '' }: { id?: string }) {
  const words = t().mail
  // The way first: a message that was never here is asked about once only, and its absence is no error of the queue.
  const way = useLoad(() => say(() => api.GET('/mail/{id}', { params: { path: { id } } })), [id], 10)
  const waits = way.data?.entries.some((entry) => entry.event === 'queued') && !way.data.entries.some((entry) => entry.event === 'done' || entry.event === 'finished')
  const queue = useLoad(() => (waits ? queued(id) : Promise.resolve(null)), [id, waits, way.data?.entries.length])
  const found = queue.data
  return (
    <Page title={words.message} lead={<a href="/mail">{words.title}</a>} actions={found && <QueueActions id={id} state={found.state} done={() => (way.again(), queue.again())} />}>
      {found && (
        <Card>
          <Facts
            of={[
              [words.state, <MailState of={found.state} />],
              [words.sender, found.sender],
              [words.person, <a href={`/people/${found.person}`}>{found.person}</a>],
              [words.device, found.device || '–'],
              [words.client, <span class="mono">{found.client}</span>],
              [words.accepted, dateTime(found.accepted)],
              [words.nextTry, found.next_attempt ? dateTime(found.next_attempt) : '–'],
              [words.size, bytes(found.size)],
              [words.id, <code>{id}</code>],
            ]}
          />
          <Table
            caption={words.recipients}
            rows={found.recipients}
            id={(one) => one.address}
            columns={[
              { title: words.recipients, kind: 'head', cell: (one) => <b>{one.address}</b> },
              { title: words.state, cell: (one) => <MailState of={one.state} /> },
              { title: words.reply, cell: (one) => <span class="mono small">{one.reply || '–'}</span> },
            ]}
          />
        </Card>
      )}
      <Card title={words.way} lead={words.wayLead}>
        <Data of={way}>{(all) => <Timeline of={all.entries} />}</Data>
      </Card>
    </Page>
  )
}
