import { useMemo } from 'preact/hooks'
import { api, say, type Schemas } from '../api/client'
import { entries, liveDevices, status } from '../api/events'
import { useLoad } from '../api/load'
import { t } from '../i18n'
import { bytes, number } from '../i18n/format'
import { about, eventName } from '../ui/entries'
import { lazy } from '../ui/lazy'
import { Badge, Card, Data, Empty, Note, Page, Table, When, type Tone } from '../ui/parts'
import { Presence } from '../ui/people-parts'

const Chart = lazy(() => import('../ui/chart'))
type Status = Schemas['Status']

const tones: Record<Schemas['Alert']['severity'], Tone> = { critical: 'bad', warning: 'warn', notice: 'plain' }
/** Where one goes to do something about an alert. */
const places: Record<string, string> = {
  'certificate-expires': '/system', 'certificate-expired': '/system', 'no-smart-host': '/delivery', 'delivery-down': '/delivery',
  held: '/mail/held', damaged: '/mail/queue', 'one-armed': '/network', 'log-server': '/logserver', 'carrier-nat': '/network', 'no-backup': '/system',
}

function Flow({ of }: { of: Status }) {
  const words = t().overview
  if (!of.mail.accepting) return <Note tone="bad" title={words.stopped}>{of.mail.refusing}</Note>
  if (of.mail.deferred > 0) return <Note tone="warn" title={words.waiting}>{words.waitingText(of.mail.deferred)}</Note>
  return <Note tone="good" title={words.flowing}>{words.flowingText}</Note>
}

function Needs({ of }: { of: Status }) {
  const words = t().overview
  return (
    <Card title={words.needs}>
      {of.alerts.length === 0 ? (
        <p class="muted">{words.nothing}</p>
      ) : (
        <ul class="plain alerts">
          {of.alerts.map((alert) => (
            <li key={alert.code + alert.subject} class="row">
              <Badge tone={tones[alert.severity]}>{words.severity[alert.severity]}</Badge>
              <div class="grow">
                <b>{places[alert.code] ? <a href={places[alert.code]}>{words.alerts[alert.code] ?? alert.subject}</a> : (words.alerts[alert.code] ?? alert.subject)}</b>
                <div class="small muted">{alert.detail}</div>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

const Figure = ({ title, value, hint, href }: { title: string; value: string; hint?: string; href?: string }) => (
  <div class="card figure">
    <span class="small muted">{href ? <a href={href}>{title}</a> : title}</span>
    <b>{value}</b>
    {hint && <span class="small muted">{hint}</span>}
  </div>
)

function Figures({ of }: { of: Status }) {
  const words = t().overview
  return (
    <div class="figures">
      <Figure title={words.queued} value={number(of.mail.queued)} href="/mail/queue" hint={`${words.deferred}: ${number(of.mail.deferred)}`} />
      <Figure title={words.delivered} value={number(of.mail.delivered_total ?? 0)} hint={words.sinceStart} />
      <Figure title={words.failed} value={number(of.mail.failed_total ?? 0)} href="/mail/failed" hint={words.sinceStart} />
      <Figure title={words.active} value={`${number(of.vpn.active)} ${words.ofDevices(of.vpn.active + of.vpn.idle + of.vpn.never)}`} hint={words.activeHint} />
      <Figure title={words.sessions} value={number(of.mail.sessions)} href="/security" />
    </div>
  )
}

function History() {
  const words = t().overview
  const loaded = useLoad(() => say(() => api.GET('/history')), [], 60)
  const lines = useMemo(
    () =>
      loaded.data && [
        { label: words.chart.accepted, colour: '--accent', values: loaded.data.accepted },
        { label: words.chart.delivered, colour: '--good', values: loaded.data.delivered },
        { label: words.chart.deferred, colour: '--warn', values: loaded.data.deferred },
        { label: words.chart.failed, colour: '--bad', values: loaded.data.failed },
      ],
    [loaded.data, words],
  )
  return (
    <Card title={words.traffic} lead={words.trafficLead}>
      <Data of={loaded} empty={(data) => data.time.length < 2 && <p class="muted">{words.noHistory}</p>}>
        {(data) => <Chart time={data.time} lines={lines ?? []} label={`${words.traffic}: ${words.trafficLead}`} />}
      </Data>
    </Card>
  )
}

function Connected() {
  const words = t().overview
  const loaded = useLoad(() => say(() => api.GET('/devices', { params: { query: { limit: 500 } } })))
  return (
    <Card title={words.connected}>
      <Data of={loaded}>
        {(list) => {
          const active = (liveDevices.value ?? list.devices).filter((one) => one.live?.presence === 'active')
          if (active.length === 0) return <p class="muted">{words.nobody}</p>
          return (
            <ul class="plain">
              {active.map((one) => (
                <li key={one.name} class="row between">
                  <span>
                    <a href={`/people/${one.person}`}>{one.person}</a> <span class="muted">{one.name}</span>
                  </span>
                  <Presence of={one} />
                </li>
              ))}
            </ul>
          )
        }}
      </Data>
    </Card>
  )
}

function Parts({ of }: { of: Status }) {
  const words = t().overview
  return (
    <Card title={words.parts}>
      <ul class="plain">
        {of.daemons.map((one) => (
          <li key={one.name} class="row between">
            <span>{words.partNames[one.name] ?? one.name}</span>
            <Badge tone={one.ok ? 'good' : 'bad'}>{one.ok ? words.partOk : words.partDown}</Badge>
          </li>
        ))}
        {of.free_bytes != null && (
          <li class="row between">
            <span>{words.free}</span>
            <span class="muted">{bytes(of.free_bytes)}</span>
          </li>
        )}
      </ul>
    </Card>
  )
}

export default function Overview() {
  const words = t().overview
  const loaded = useLoad(() => say(() => api.GET('/status')))
  return (
    <Page title={words.title} lead={status.value?.name ?? loaded.data?.name}>
      <Data of={status.value ? { ...loaded, data: status.value } : loaded}>
        {(now) => (
          <>
            <Flow of={now} />
            <Needs of={now} />
            <Figures of={now} />
            <History />
            <div class="grid-2">
              <Connected />
              <Parts of={now} />
            </div>
            <Card title={words.lastEvents}>
              {entries.value.length === 0 ? (
                <Empty icon="audit" title={words.noEvents} />
              ) : (
                <Table
                  caption={words.lastEvents}
                  rows={entries.value.slice(0, 10)}
                  id={(one) => String(one.seq)}
                  columns={[
                    { title: t().audit.event, kind: 'head', cell: (one) => <b>{eventName(one.event)}</b> },
                    { title: t().audit.about, cell: about },
                    { title: t().audit.when, cell: (one) => <When time={one.time} /> },
                  ]}
                />
              )}
            </Card>
          </>
        )}
      </Data>
    </Page>
  )
}
