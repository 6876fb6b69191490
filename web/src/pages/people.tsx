import { useState } from 'preact/hooks'
import { api, idempotency, say } from '../api/client'
import { useLoad } from '../api/load'
import { may } from '../api/session'
import { t } from '../i18n'
import { ago } from '../i18n/format'
import { go } from '../router'
import { Dialog } from '../ui/dialogs'
import { Input } from '../ui/forms'
import { Badge, Button, Card, Data, Empty, Page, Table } from '../ui/parts'
import { PersonForm } from '../ui/person-form'
import { PersonState, Presence, type Device, type Person } from '../ui/people-parts'
import { toast } from '../ui/toasts'

/** All pages of a list. */
async function everyone(): Promise<{ people: Person[]; devices: Device[] }> {
  const people: Person[] = []
  const devices: Device[] = []
  for (let after: string | undefined, first = true; first || after; first = false) {
    const page = await say(() => api.GET('/people', { params: { query: { limit: 500, after } } }))
    people.push(...page.people)
    after = page.next
  }
  for (let after: string | undefined, first = true; first || after; first = false) {
    const page = await say(() => api.GET('/devices', { params: { query: { limit: 500, after } } }))
    devices.push(...page.devices)
    after = page.next
  }
  return { people, devices }
}

function Enrolments() {
  const words = t().devices
  const loaded = useLoad(() => say(() => api.GET('/enrolments')), [], 15)
  if (!loaded.data?.enrolments.length) return null
  const withdraw = async (id: string) => {
    await say(() => api.DELETE('/enrolments/{id}', { params: { path: { id } } }))
    loaded.again()
  }
  return (
    <Card title={words.enrolments} lead={words.enrolmentsLead}>
      <Table
        caption={words.enrolments}
        rows={loaded.data.enrolments}
        id={(one) => one.id}
        columns={[
          { title: words.name, cell: (one) => <b>{one.device}</b>, kind: 'head' },
          { title: t().mail.person, cell: (one) => <a href={`/people/${one.person}`}>{one.person}</a> },
          { title: t().people.expires, cell: (one) => ago(one.expires) },
          ...(may('helpdesk')
            ? [{ title: t().actions, kind: 'actions' as const, cell: (one: { id: string }) => <Button size="small" onClick={() => withdraw(one.id)}>{words.withdraw}</Button> }]
            : []),
        ]}
      />
    </Card>
  )
}

export default function People() {
  const words = t().people
  const loaded = useLoad(everyone, [], 20)
  const [search, setSearch] = useState('')
  const [adding, setAdding] = useState(false)
  const wanted = search.trim().toLowerCase()
  const fits = (person: Person, devices: Device[]) =>
    !wanted || [person.name, person.full_name, ...person.addresses, ...devices.map((one) => one.name)].some((text) => text.toLowerCase().includes(wanted))

  const add = may('helpdesk') && (
    <Button kind="primary" icon="plus" onClick={() => setAdding(true)}>
      {words.add}
    </Button>
  )
  return (
    <Page title={words.title} lead={words.lead} actions={add}>
      <Card>
        <Data
          of={loaded}
          empty={(all) => all.people.length === 0 && <Empty icon="people" title={words.nobody} action={add}>{words.nobodyText}</Empty>}
        >
          {(all) => {
            const rows = all.people
              .map((person) => ({ person, devices: all.devices.filter((one) => one.person === person.name && one.state !== 'revoked') }))
              .filter((row) => fits(row.person, row.devices))
            return (
              <>
                <Input label={words.search} type="search" value={search} onInput={setSearch} />
                {rows.length === 0 ? (
                  <p class="muted" role="status">
                    {words.nothingFound}
                  </p>
                ) : (
                  <Table
                    caption={words.title}
                    rows={rows}
                    id={(row) => row.person.name}
                    columns={[
                      {
                        title: words.fullName,
                        kind: 'head',
                        cell: ({ person }) => (
                          <>
                            <a href={`/people/${encodeURIComponent(person.name)}`}>
                              <b>{person.full_name || person.name}</b>
                            </a>
                            {person.full_name && <div class="small muted">{person.name}</div>}
                          </>
                        ),
                      },
                      { title: words.addresses, cell: ({ person }) => person.addresses.join(', ') || '–' },
                      {
                        title: words.devices,
                        cell: ({ devices }) =>
                          devices.length === 0 ? (
                            '–'
                          ) : (
                            <ul class="plain">
                              {devices.map((device) => (
                                <li key={device.name}>
                                  {device.name} <Presence of={device} />
                                </li>
                              ))}
                            </ul>
                          ),
                      },
                      { title: words.role, cell: ({ person }) => (person.role === 'person' ? '–' : <Badge tone="accent">{t().roles[person.role]}</Badge>) },
                      { title: words.state, cell: ({ person }) => <PersonState of={person} /> },
                    ]}
                  />
                )}
              </>
            )
          }}
        </Data>
      </Card>
      <Enrolments />
      {adding && (
        <Dialog title={words.add} onClose={() => setAdding(false)}>
          <PersonForm
            submit={t().add}
            onCancel={() => setAdding(false)}
            send={async (body) => {
              const headers = idempotency()
              const person = await say(() => api.POST('/people', { params: { header: headers }, body }))
              toast(words.created(person.name))
              go(`/people/${encodeURIComponent(person.name)}`)
            }}
          />
        </Dialog>
      )}
    </Page>
  )
}

