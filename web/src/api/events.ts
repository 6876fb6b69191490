// The stream of what happens: one for all pages, opened while somebody who may see it is logged in.
import { signal } from '@preact/signals'
import { hooks, type Schemas } from './client'

export const status = signal<Schemas['Status'] | null>(null)
export const liveDevices = signal<Schemas['Device'][] | null>(null)
/** Newest first, at most 50. */
export const entries = signal<Schemas['LedgerEntry'][]>([])
/** Whether the box is heard; pages say so when it isn't. */
export const online = signal(true)

let source: EventSource | null = null

export function openEvents(): void {
  if (source) return
  source = new EventSource('/api/v1/events')
  source.onopen = () => (online.value = true)
  source.onerror = () => (online.value = false)
  const on = (name: string, use: (data: never) => void) =>
    source?.addEventListener(name, (event) => {
      online.value = true
      use(JSON.parse((event as MessageEvent<string>).data) as never)
    })
  on('status', (data: Schemas['Status']) => (status.value = data))
  on('devices', (data: Schemas['DeviceList']) => (liveDevices.value = data.devices))
  on('ledger', (data: Schemas['LedgerEntry'][]) => {
    if (Array.isArray(data)) entries.value = [...data.toReversed(), ...entries.value].slice(0, 50)
  })
  on('session', () => {
    closeEvents()
    hooks.signedOut()
  })
}

export function closeEvents(): void {
  source?.close()
  source = null
  status.value = null
  liveDevices.value = null
  entries.value = []
  online.value = true
}
