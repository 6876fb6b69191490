// Save is not apply: the draft, its difference, applying it, and confirming what touches the network.
import { useEffect, useState } from 'preact/hooks'
import { apply, draft, drop, keep, loadDraft, loadPending, pending, revert } from '../api/draft'
import { t } from '../i18n'
import { confirm, Dialog } from './dialogs'
import { Button, Note, Table } from './parts'
import { toast } from './toasts'

const shown = (value: unknown): string =>
  value === undefined || value === null || value === '' ? '–' : typeof value === 'object' ? JSON.stringify(value) : String(value)

function Review({ onClose }: { onClose: () => void }) {
  const words = t().settings
  const body = draft.value?.body
  if (!body) return null
  const go = async () => {
    await apply()
    onClose()
    if (!pending.value) toast(words.applied)
  }
  return (
    <Dialog title={words.title} onClose={onClose}>
      <Table
        caption={words.title}
        id={(one) => one.key}
        rows={body.difference}
        columns={[
          { title: words.key, cell: (one) => <code>{one.key}</code>, kind: 'head' },
          { title: words.before, cell: (one) => shown(one.before) },
          { title: words.after, cell: (one) => <b>{shown(one.after)}</b> },
        ]}
      />
      {body.touches_network && <Note tone="warn">{words.touches}</Note>}
      <div class="row end">
        <Button onClick={onClose}>{t().cancel}</Button>
        <Button kind="primary" onClick={go}>
          {words.apply}
        </Button>
      </div>
    </Dialog>
  )
}

export function DraftBar() {
  const [open, setOpen] = useState(false)
  useEffect(() => void loadDraft().catch(() => undefined), [])
  const words = t().settings
  const changes = draft.value?.body.difference.length ?? 0
  if (!changes) return null
  const discard = async () => {
    if (await confirm(words.dropTitle, words.dropText, words.drop, true)) await drop()
  }
  return (
    <section class="bottom-bar no-print" aria-label={words.title}>
      <span role="status">{words.waiting(changes)}</span>
      <div class="row">
        <Button size="small" onClick={discard}>
          {words.drop}
        </Button>
        <Button size="small" kind="primary" onClick={() => setOpen(true)}>
          {words.review}
        </Button>
      </div>
      {open && <Review onClose={() => setOpen(false)} />}
    </section>
  )
}

/** Counts down while a change is in force on trial; any browser of an administrator may keep it. */
export function PendingChange() {
  const words = t().settings
  const [left, setLeft] = useState(0)
  const waits = pending.value
  useEffect(() => void loadPending().catch(() => undefined), [])
  useEffect(() => {
    if (!waits?.until) return
    const end = Date.parse(waits.until)
    const tick = () => {
      const seconds = Math.max(0, Math.round((end - Date.now()) / 1000))
      setLeft(seconds)
      if (seconds === 0) {
        pending.value = null
        toast(words.ended, 'warn')
        void loadDraft().catch(() => undefined)
      }
    }
    tick()
    const timer = setInterval(tick, 1000)
    return () => clearInterval(timer)
  }, [waits?.until])
  if (!waits) return null
  const elsewhere = (waits.panels ?? []).filter((address) => !address.includes(location.host))
  return (
    <div class="page pending">
      <Note tone="warn" title={words.confirmTitle}>
        <div class="stack tight">
          <p>{words.confirmText(left)}</p>
          {elsewhere.length > 0 && (
            <p>
              {words.confirmElsewhere}{' '}
              {elsewhere.map((address) => (
                <a href={address} target="_blank" rel="noreferrer">
                  {address}
                </a>
              ))}
            </p>
          )}
          <div class="row">
            <Button kind="primary" size="small" onClick={async () => (await keep(), toast(words.confirmed))}>
              {words.confirmHere}
            </Button>
            <Button size="small" onClick={async () => (await revert(), toast(words.reverted))}>
              {words.revert}
            </Button>
          </div>
        </div>
      </Note>
    </div>
  )
}
