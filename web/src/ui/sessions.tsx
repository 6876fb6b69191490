import { api, say } from '../api/client'
import { useLoad } from '../api/load'
import { t } from '../i18n'
import { Badge, Button, Data, Table, When } from './parts'

/** "Firefox on Windows", from the browser's own word; the word itself where it says nothing known. */
export function browserName(agent: string | undefined): string {
  if (!agent) return '–'
  const browser = /(Firefox|Edg|OPR|Chrome|Safari)\//.exec(agent)?.[1]
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(agent)?.[1]
  const name = browser === 'Edg' ? 'Edge' : browser === 'OPR' ? 'Opera' : browser
  return name && system ? `${name}, ${system.replace('Mac OS X', 'macOS')}` : agent.slice(0, 60)
}

/** Panel sessions: one's own, or everybody's. */
export function Sessions({ own }: { own?: string }) {
  const words = t().account
  const loaded = useLoad(() => say(() => api.GET('/sessions')), [], 30)
  const end = async (id: string) => {
    await say(() => api.DELETE('/sessions/{id}', { params: { path: { id } } }))
    loaded.again()
  }
  return (
    <Data of={loaded}>
      {(all) => (
        <Table
          caption={words.sessions}
          rows={all.sessions.filter((one) => !own || one.person === own)}
          id={(one) => one.id}
          columns={[
            {
              title: words.browser,
              kind: 'head',
              cell: (one) => (
                <span class="row">
                  {browserName(one.agent)} {one.current && <Badge tone="accent">{words.thisOne}</Badge>}
                </span>
              ),
            },
            ...(own ? [] : [{ title: t().mail.person, cell: (one: { person: string }) => one.person }]),
            { title: words.from, cell: (one) => <span class="mono">{one.client}</span> },
            { title: words.since, cell: (one) => <When time={one.issued} /> },
            { title: words.lastSeen, cell: (one) => <When time={one.last_seen} /> },
            {
              title: t().actions,
              kind: 'actions',
              cell: (one) =>
                one.current ? null : (
                  <Button size="small" onClick={() => end(one.id)}>
                    {words.end}
                  </Button>
                ),
            },
          ]}
        />
      )}
    </Data>
  )
}
