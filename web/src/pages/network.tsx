import { api, say } from '../api/client'
import { useLoad } from '../api/load'
import { t } from '../i18n'
import { bytes, relative } from '../i18n/format'
import { Links, Reach } from '../ui/network-parts'
import { Badge, Card, Copy, Data, Facts, Page, Table } from '../ui/parts'
import { Settings } from '../ui/settings'

function Tunnel() {
  const words = t().network
  const devices = t().devices
  const loaded = useLoad(() => say(() => api.GET('/vpn')), [], 15)
  return (
    <Card title={words.tunnel}>
      <Data of={loaded}>
        {(vpn) => (
          <>
            <Facts
              of={[
                [words.addresses, <span class="mono">{vpn.addresses.join(' ')}</span>],
                [words.vpnPort, String(vpn.port)],
                [words.implementation, words.implementations[vpn.implementation] ?? vpn.implementation],
                [
                  words.publicKey,
                  <span class="row">
                    <code>{vpn.public_key}</code> <Copy text={vpn.public_key} label={words.publicKey} />
                  </span>,
                ],
              ]}
            />
            {vpn.peers.length > 0 && (
              <Table
                caption={words.peers}
                rows={vpn.peers}
                id={(one) => one.public_key}
                columns={[
                  { title: devices.name, kind: 'head', cell: (one) => <b>{one.device ?? one.public_key.slice(0, 12)}</b> },
                  { title: t().mail.person, cell: (one) => (one.person ? <a href={`/people/${one.person}`}>{one.person}</a> : '–') },
                  {
                    title: t().people.state,
                    cell: (one) => (
                      <span class="row presence">
                        <Badge tone={one.presence === 'active' ? 'good' : 'plain'}>{devices.presence[one.presence]}</Badge>
                        {one.handshake_age != null && <span class="small muted">{relative(-one.handshake_age)}</span>}
                      </span>
                    ),
                  },
                  { title: devices.endpoint, cell: (one) => <span class="mono">{one.endpoint ?? '–'}</span> },
                  { title: devices.traffic, cell: (one) => devices.trafficOf(bytes(one.received ?? 0), bytes(one.sent ?? 0)) },
                ]}
              />
            )}
          </>
        )}
      </Data>
      <p class="small muted">{devices.routesNote}</p>
    </Card>
  )
}

export default function Network() {
  const words = t().network
  return (
    <Page title={words.title} lead={words.lead}>
      <div class="grid-2">
        <Card title={words.reach} lead={words.reachLead}>
          <Reach />
        </Card>
        <Card title={words.links}>
          <Links />
        </Card>
      </div>
      <Tunnel />
      <Card title={words.settings} lead={words.settingsLead}>
        <Settings
          of={[
            { key: 'gateway.name', label: words.name, hint: words.nameHint },
            { key: 'vpn.endpoint', label: words.vpnEndpoint, hint: words.vpnEndpointHint },
            { key: 'vpn.port', label: words.vpnPort, kind: 'number' },
            { key: 'vpn.dns', label: words.dns, kind: 'list' },
            { key: 'vpn.mtu', label: words.mtu, hint: words.mtuHint, kind: 'number' },
            { key: 'vpn.keepalive', label: words.keepalive },
          ]}
        />
      </Card>
    </Page>
  )
}
