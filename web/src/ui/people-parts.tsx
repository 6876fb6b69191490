// What several pages show of people and devices.
import type { Schemas } from '../api/client'
import { liveDevices } from '../api/events'
import { t } from '../i18n'
import { relative } from '../i18n/format'
import { Badge } from './parts'

export type Person = Schemas['Person']
export type Device = Schemas['Device']

const over = (time: string | null | undefined) => !!time && Date.parse(time) < Date.now()

export function PersonState({ of }: { of: Person }) {
  const words = t().people
  if (of.state === 'suspended') return <Badge tone="warn">{words.suspended}</Badge>
  if (over(of.expires)) return <Badge tone="bad">{words.expires}</Badge>
  return <Badge tone="good">{words.active}</Badge>
}

/** The handshake's age, honestly: WireGuard knows no "connected". */
export function Presence({ of }: { of: Device }) {
  const words = t()
  if (of.state === 'revoked') return <Badge>{words.people.revoked}</Badge>
  if (of.state === 'suspended') return <Badge tone="warn">{words.people.suspended}</Badge>
  const live = liveDevices.value?.find((one) => one.name === of.name)?.live ?? of.live
  if (of.network === 'lan' || !live) return <Badge>{words.devices.networks[of.network]}</Badge>
  return (
    <span class="row presence">
      <Badge tone={live.presence === 'active' ? 'good' : 'plain'}>{words.devices.presence[live.presence]}</Badge>
      {live.handshake_age != null && <span class="small muted">{words.devices.presenceText(relative(-live.handshake_age))}</span>}
    </span>
  )
}
