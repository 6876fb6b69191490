// Ledger entries as people read them: a name for the event, the fields that matter, all fields on demand.
import type { Schemas } from '../api/client'
import { t } from '../i18n'
import { Code, When } from './parts'

export type Entry = Schemas['LedgerEntry']

const known = new Set(['seq', 'time', 'event', 'prev', 'hash'])
const bad = new Set(['failed', 'rejected', 'login-failed', 'alarm', 'damaged', 'lost', 'cancel'])

/** "message-queued" and "queued" are the same to a reader; an event without a name keeps its own. */
export function eventName(event: string): string {
  const names = t().events
  return names[event] ?? names[event.replaceAll('_', '-')] ?? event
}

export const field = (entry: Entry, name: string): string => {
  const value = entry[name]
  return value === undefined || value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)
}

export const entryTone = (entry: Entry): string => (bad.has(entry.event) ? 'bad' : entry.event === 'delivered' ? 'good' : '')

/** What an entry is about, in one line. */
export const about = (entry: Entry): string =>
  ['person', 'device', 'recipient', 'sender', 'key', 'name', 'account', 'client', 'reason', 'reply']
    .map((name) => field(entry, name))
    .filter(Boolean)
    .slice(0, 3)
    .join(' · ')

export const AllFields = ({ of }: { of: Entry }) => (
  <details>
    <summary class="small">{t().audit.all}</summary>
    <Code>
      {Object.entries(of)
        .filter(([name]) => !known.has(name) || name === 'hash')
        .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
        .join('\n')}
    </Code>
  </details>
)

export const Timeline = ({ of }: { of: Entry[] }) => (
  <ol class="timeline">
    {of.map((entry) => (
      <li key={entry.seq} class={entryTone(entry)}>
        <div class="row between">
          <b>{eventName(entry.event)}</b>
          <span class="small muted">
            <When time={entry.time} />
          </span>
        </div>
        <p class="small">{about(entry)}</p>
        <AllFields of={entry} />
      </li>
    ))}
  </ol>
)
