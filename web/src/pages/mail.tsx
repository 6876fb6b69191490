import { useState } from 'preact/hooks'
import { api, say, type Schemas } from '../api/client'
import { hasStates, listMessages } from '../api/messages'
import { usePages } from '../api/pages'
import { t } from '../i18n'
import { bytes } from '../i18n/format'
import { go, place } from '../router'
import { Input, Select } from '../ui/forms'
import { MailState, MailTable, QueueActions, Recipients, type Mail } from '../ui/mail-parts'
import { Paged } from '../ui/paged'
import { Button, Card, Empty, Page, Table, Tabs, When } from '../ui/parts'

type Queued = Schemas['Queued']
type State = Schemas['MailState']
const states: State[] = ['queued', 'deferred', 'held', 'delivered', 'mixed', 'failed', 'cancelled', 'rejected']

function Trace({ only }: { only?: State }) {
  const words = t().mail
  const query = place.value.query
  const [address, setAddress] = useState(query.get('address') ?? '')
  const [person, setPerson] = useState(query.get('person') ?? '')
  const [state, setState] = useState(query.get('state') ?? '')
  const asked = { address: query.get('address') ?? undefined, person: query.get('person') ?? undefined, state: only ?? ((query.get('state') || undefined) as State | undefined) }
  const pages = usePages<Mail>((before) => listMessages(asked, before), [asked])
  const search = (event: Event) => {
    event.preventDefault()
    const words = new URLSearchParams()
    for (const [key, value] of Object.entries({ address, person, state })) if (value.trim()) words.set(key, value.trim())
    go(`${place.value.path}${words.size ? `?${words}` : ''}`)
  }
  const filtered = !!(asked.address || asked.person || (asked.state && !only))
  return (
    <Card>
      {!only && (
        <form class="filters" role="search" onSubmit={search}>
          <Input label={words.find} type="search" value={address} onInput={setAddress} inputMode="email" />
          <Input label={words.person} value={person} onInput={setPerson} />
          {hasStates() && <Select label={words.state} value={state} onInput={setState} of={[['', words.all], ...states.map((one): [string, string] => [one, words.states[one] ?? one])]} />}
          <Button type="submit">{words.search}</Button>
        </form>
      )}
      <Paged
        of={pages}
        empty={
          only === 'failed' ? (
            <Empty icon="check" title={words.failedEmpty}>
              {words.failedEmptyText}
            </Empty>
          ) : (
            <Empty icon="mail" title={words.none}>
              {filtered ? words.noneFound : words.noneText}
            </Empty>
          )
        }
      >
        {(rows) => <MailTable of={rows} />}
      </Paged>
    </Card>
  )
}

function Queue({ held }: { held?: boolean }) {
  const words = t().mail
  const pages = usePages<Queued>(
    async (after) => {
      const page = await say(() => api.GET('/queue', { params: { query: { limit: 100, after } } }))
      return { rows: held ? page.messages.filter((one) => one.state === 'held') : page.messages, next: page.next }
    },
    [held],
  )
  return (
    <Card
      aside={
        <Button size="small" icon="refresh" onClick={pages.again}>
          {t().again}
        </Button>
      }
    >
      <Paged
        of={pages}
        empty={
          <Empty icon="check" title={held ? words.heldEmpty : words.queueEmpty}>
            {held ? words.heldEmptyText : words.queueEmptyText}
          </Empty>
        }
      >
        {(rows) => (
          <Table
            caption={held ? words.tabs.held : words.tabs.queue}
            rows={rows}
            id={(one) => one.id}
            columns={[
              {
                title: words.recipients,
                kind: 'head',
                cell: (one) => (
                  <a href={`/message/${one.id}`}>
                    <Recipients of={one.recipients} />
                  </a>
                ),
              },
              { title: words.sender, cell: (one) => one.sender },
              { title: words.state, cell: (one) => <MailState of={one.state} /> },
              { title: words.accepted, cell: (one) => <When time={one.accepted} /> },
              { title: words.attempts, cell: (one) => one.attempts },
              { title: words.nextTry, cell: (one) => <When time={one.next_attempt} /> },
              { title: words.size, cell: (one) => bytes(one.size) },
              { title: t().actions, kind: 'actions', cell: (one) => <QueueActions id={one.id} state={one.state} done={pages.again} /> },
            ]}
          />
        )}
      </Paged>
    </Card>
  )
}

export default function MailPage({ view = '' }: { view?: string }) {
  const words = t().mail
  const tabs: [string, string][] = [
    ['/mail', words.tabs.trace],
    ['/mail/queue', words.tabs.queue],
    ['/mail/held', words.tabs.held],
    ['/mail/failed', words.tabs.failed],
  ]
  return (
    <Page title={words.title} lead={words.lead}>
      <Tabs label={words.title} of={tabs} current={view ? `/mail/${view}` : '/mail'} />
      {view === 'queue' ? <Queue /> : view === 'held' ? <Queue held /> : view === 'failed' ? <Trace only="failed" /> : <Trace key={place.value.query.toString()} />}
    </Page>
  )
}
