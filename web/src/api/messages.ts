// Messages with what became of them; from the ledger's entries where the box has no list of its own yet.
import { api, say, served, type Schemas } from './client'

type Mail = Schemas['Mail']
export interface MailPage {
  rows: Mail[]
  next?: string | undefined
}
export interface Asked {
  address?: string | undefined
  person?: string | undefined
  state?: Schemas['MailState'] | undefined
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** One message of its "queued" entry: accepted, with the recipients that the entry names. */
export function mailOf(entry: Schemas['LedgerEntry']): Mail {
  const recipients = Array.isArray(entry['recipients']) ? entry['recipients'].map(text) : text(entry['recipients']).split(/[\s,]+/)
  return {
    id: text(entry['message']),
    time: entry.time,
    state: 'queued',
    person: text(entry['person']),
    sender: text(entry['sender']) || text(entry['from']),
    recipients: recipients.filter(Boolean).map((address) => ({ address, state: 'queued' })),
  }
}

export const hasStates = (): boolean => served('GET /mail')

export async function listMessages(asked: Asked, before?: string, limit = 50): Promise<MailPage> {
  if (hasStates()) {
    const page = await say(() => api.GET('/mail', { params: { query: { limit, before, ...asked } } }))
    return { rows: page.messages, next: page.next }
  }
  const event = asked.state === 'failed' ? 'failed' : 'queued'
  const page = await say(() => api.GET('/ledger', { params: { query: { limit, before, event, address: asked.address, person: asked.person } } }))
  return { rows: page.entries.map(mailOf).map((mail) => (event === 'failed' ? { ...mail, state: 'failed' } : mail)), next: page.next }
}
