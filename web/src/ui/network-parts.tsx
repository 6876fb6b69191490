// What the network page and the wizard both show.
import { api, say } from '../api/client'
import { useLoad } from '../api/load'
import { t } from '../i18n'
import { Badge, Data, Facts, Note, Table } from './parts'

export function Links() {
  const words = t().network
  const loaded = useLoad(() => say(() => api.GET('/network')), [], 20)
  return (
    <Data of={loaded}>
      {(network) => (
        <>
          {network.mode && <Facts of={[[words.mode, words.modes[network.mode]]]} />}
          <Table
            caption={words.links}
            rows={network.links}
            id={(one) => one.name}
            columns={[
              { title: words.link, kind: 'head', cell: (one) => <b>{one.name}</b> },
              { title: words.role, cell: (one) => words.linkRoles[one.role ?? 'other'] },
              { title: t().people.state, cell: (one) => <Badge tone={one.up ? 'good' : 'warn'}>{one.up ? words.up : words.down}</Badge> },
              { title: words.addresses, cell: (one) => <span class="mono">{one.addresses.join(' ') || '–'}</span> },
            ]}
          />
          {(network.weaker?.length ?? 0) > 0 && (
            <Note tone="warn" title={words.weaker}>
              <ul class="list">
                {network.weaker?.map((one) => (
                  <li>{one}</li>
                ))}
              </ul>
            </Note>
          )}
        </>
      )}
    </Data>
  )
}

export function Reach() {
  const words = t().network
  const loaded = useLoad(() => say(() => api.GET('/network/reachability')), [], 60)
  const answer = (value: boolean | null | undefined) => (value == null ? words.unknown : value ? t().yes : t().no)
  return (
    <Data of={loaded}>
      {(reach) => (
        <>
          <Facts
            of={[
              [words.endpoint, <span class="mono">{reach.endpoint || '–'}</span>],
              [words.publicAddress, <span class="mono">{reach.public_address ?? words.unknown}</span>],
              [words.nat, answer(reach.behind_nat)],
            ]}
          />
          {reach.carrier_nat && <Note tone="warn">{words.cgnat}</Note>}
          <Note title={words.forward}>{reach.forward || words.forwardText(reach.port)}</Note>
        </>
      )}
    </Data>
  )
}
