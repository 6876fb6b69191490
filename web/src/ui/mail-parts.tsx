import { useState } from 'preact/hooks'
import { api, say, type Schemas } from '../api/client'
import { hasStates } from '../api/messages'
import { may } from '../api/session'
import { t } from '../i18n'
import { confirm } from './dialogs'
import { Badge, Button, Table, When, type Tone } from './parts'
import { toast } from './toasts'

export type Mail = Schemas['Mail']

const tones: Record<string, Tone> = { delivered: 'good', failed: 'bad', rejected: 'bad', damaged: 'bad', deferred: 'warn', held: 'warn', mixed: 'warn', delivering: 'accent' }
export const MailState = ({ of }: { of: string }) => <Badge tone={tones[of] ?? 'plain'}>{t().mail.states[of] ?? of}</Badge>

/** The first two recipients, and how many more. */
export function Recipients({ of }: { of: string[] }) {
  const rest = of.length - 2
  return (
    <>
      {of.slice(0, 2).join(', ')}
      {rest > 0 && <span class="muted"> {t().mail.moreRecipients(rest)}</span>}
    </>
  )
}

export function MailTable({ of, own }: { of: Mail[]; own?: boolean }) {
  const words = t().mail
  return (
    <Table
      caption={words.title}
      rows={of}
      id={(one) => one.id}
      columns={[
        {
          title: words.recipients,
          kind: 'head',
          cell: (one) => {
            const text = <Recipients of={one.recipients.map((to) => to.address)} />
            return own ? <b>{text}</b> : <a href={`/message/${one.id}`}>{one.recipients.length > 0 ? text : one.id}</a>
          },
        },
        { title: words.sender, cell: (one) => one.sender },
        ...(own ? [{ title: words.reply, cell: (one: Mail) => <span class="small">{one.recipients.find((to) => to.reply && to.state !== 'delivered')?.reply ?? '–'}</span> }] : [{ title: words.person, cell: (one: Mail) => one.person }]),
        ...(own || hasStates() ? [{ title: words.state, cell: (one: Mail) => <MailState of={one.state} /> }] : []),
        { title: words.accepted, cell: (one) => <When time={one.time} /> },
      ]}
    />
  )
}

/** What may be done with a message of the queue. */
export function QueueActions({ id, state, done }: { id: string; state: string; done: () => void }) {
  const words = t().mail
  const [busy, setBusy] = useState(false)
  if (!may('helpdesk')) return null
  const act = (send: () => Promise<unknown>) => async () => {
    setBusy(true)
    try {
      await send()
      toast(words.acted)
      done()
    } finally {
      setBusy(false)
    }
  }
  const params = { params: { path: { id } } }
  const cancel = async () => {
    if (await confirm(words.cancelTitle, words.cancelText, words.cancelYes, true)) await say(() => api.POST('/queue/{id}/cancel', params))
  }
  return (
    <span class="row end">
      {state === 'held' ? (
        <Button size="small" disabled={busy} onClick={act(() => say(() => api.POST('/queue/{id}/release', params)))}>
          {words.release}
        </Button>
      ) : (
        <>
          <Button size="small" disabled={busy} onClick={act(() => say(() => api.POST('/queue/{id}/retry', params)))}>
            {words.retry}
          </Button>
          <Button size="small" disabled={busy} onClick={act(() => say(() => api.POST('/queue/{id}/hold', params)))}>
            {words.hold}
          </Button>
        </>
      )}
      {may('administrator') && (
        <Button size="small" kind="danger" disabled={busy} onClick={act(cancel)}>
          {words.cancel}
        </Button>
      )}
    </span>
  )
}
