// The pieces that pages are made of.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { ApiError } from '../api/client'
import type { Loaded } from '../api/load'
import { online } from '../api/events'
import { t } from '../i18n'
import { ago, dateTime } from '../i18n/format'
import { Icon, type IconName } from './icons'
import { toast } from './toasts'

export type Tone = 'good' | 'warn' | 'bad' | 'accent' | 'plain'

export function Page({ title, lead, actions, narrow, children }: { title: string; lead?: ComponentChildren; actions?: ComponentChildren; narrow?: boolean; children: ComponentChildren }) {
  document.title = `${title} · Postern`
  return (
    <div class={narrow ? 'page narrow' : 'page'}>
      <header class="page-head">
        <div class="grow">
          <h1 tabIndex={-1}>{title}</h1>
          {lead && <p>{lead}</p>}
        </div>
        {actions && <div class="row no-print">{actions}</div>}
      </header>
      {children}
    </div>
  )
}

export const Card = ({ title, lead, aside, children }: { title?: string; lead?: ComponentChildren; aside?: ComponentChildren; children?: ComponentChildren }) => (
  <section class="card">
    {(title || aside) && (
      <header>
        {title && <h2>{title}</h2>}
        {aside}
        {lead && <p>{lead}</p>}
      </header>
    )}
    {children}
  </section>
)

export const Badge = ({ tone = 'plain', children }: { tone?: Tone; children: ComponentChildren }) => <span class={`badge ${tone}`}>{children}</span>

const noteIcons: Record<Tone, IconName> = { good: 'check', warn: 'warn', bad: 'warn', accent: 'info', plain: 'info' }
export const Note = ({ tone = 'accent', title, children, live }: { tone?: Tone; title?: string; children?: ComponentChildren; live?: boolean }) => (
  <div class={`note ${tone}`} role={live ? (tone === 'bad' ? 'alert' : 'status') : undefined}>
    <Icon name={noteIcons[tone]} />
    <div class="stack tight">
      {title && <b>{title}</b>}
      {children && <div>{children}</div>}
    </div>
  </div>
)

interface ButtonProps {
  children: ComponentChildren
  kind?: 'primary' | 'danger' | 'quiet' | 'danger primary'
  size?: 'small' | 'wide'
  icon?: IconName
  type?: 'button' | 'submit'
  busy?: boolean
  disabled?: boolean
  label?: string
  autofocus?: boolean
  onClick?: () => unknown
}
/** A button; while what it started is under way it is busy and can't be pressed again. */
export function Button({ children, kind, size, icon, type = 'button', busy, disabled, label, autofocus, onClick }: ButtonProps) {
  const [running, setRunning] = useState(false)
  const waiting = running || !!busy
  const press = async () => {
    if (waiting || !onClick) return
    setRunning(true)
    try {
      await onClick()
    } catch (error) {
      toast(describe(error as ApiError), 'bad')
    } finally {
      setRunning(false)
    }
  }
  return (
    <button type={type} class={['button', kind, size].filter(Boolean).join(' ')} aria-busy={waiting} aria-label={label} disabled={disabled} autofocus={autofocus} onClick={onClick ? press : waiting ? (event) => event.preventDefault() : undefined}>
      {waiting ? <span class="spinner" /> : icon && <Icon name={icon} size={18} />}
      {children}
    </button>
  )
}

/** What went wrong, in words for people; the box's own detail where it has one. */
export function describe(error: ApiError): string {
  const words = t().errors
  if (!('status' in error)) throw error
  if (error.status === 0) return words.unreachable
  if (error.kind === 'throttled') return words.throttled(error.problem?.retry_after ?? 0)
  const known: Record<string, string> = words.kinds
  const said = known[error.kind]
  if (said) return said
  if (error.status === 412) return words.changedMeanwhile
  if (error.status === 404 || error.status === 501) return error.message || words.notThere
  return error.message || words.unknown(error.status)
}

/** What a page shows of data: skeleton, problem with a way on, emptiness, or the data. */
export function Data<T>({ of, children, empty }: { of: Loaded<T>; children: (data: T) => ComponentChildren; empty?: (data: T) => ComponentChildren | false }) {
  if (of.data !== undefined) {
    const nothing = empty?.(of.data)
    return (
      <>
        {of.error && (
          <Note tone="warn" live>
            {online.value ? describe(of.error) : t().errors.stale}
          </Note>
        )}
        {nothing || children(of.data)}
      </>
    )
  }
  if (of.error?.kind === 'planned') return <p class="muted">{t().errors.notThere}</p>
  if (of.error) {
    return (
      <div class="empty" role="alert">
        <Icon name={of.error.status === 0 ? 'offline' : 'warn'} size={32} />
        <h3>{of.error.status === 0 ? t().errors.offlineTitle : t().errors.title}</h3>
        <p>{describe(of.error)}</p>
        <Button icon="refresh" onClick={of.again}>
          {t().again}
        </Button>
      </div>
    )
  }
  return (
    <div class="stack" aria-busy="true">
      <span class="visually-hidden" role="status">
        {t().loading}
      </span>
      <div class="skeleton" />
      <div class="skeleton" />
      <div class="skeleton" />
    </div>
  )
}

export const Empty = ({ icon, title, children, action }: { icon: IconName; title: string; children?: ComponentChildren; action?: ComponentChildren }) => (
  <div class="empty">
    <Icon name={icon} size={32} />
    <h3>{title}</h3>
    {children && <p>{children}</p>}
    {action}
  </div>
)

export interface Column<T> {
  title: string
  cell: (row: T) => ComponentChildren
  /** head: the row's name, without a label on phones; actions: buttons. */
  kind?: 'head' | 'end' | 'actions'
}
/** A table that becomes a list of cards on a phone. */
export function Table<T>({ caption, columns, rows, id }: { caption: string; columns: Column<T>[]; rows: T[]; id: (row: T) => string }) {
  return (
    <div class="table-wrap">
      <table class="table">
        <caption class="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th scope="col" class={column.kind === 'end' || column.kind === 'actions' ? 'end' : undefined}>
                {column.kind === 'actions' ? <span class="visually-hidden">{column.title}</span> : column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={id(row)}>
              {columns.map((column) => (
                <td class={column.kind} data-label={column.kind === 'actions' ? undefined : column.title}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

export const Facts = ({ of }: { of: [string, ComponentChildren][] }) => (
  <dl class="facts">
    {of.map(([name, value]) => (
      <>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </>
    ))}
  </dl>
)

/** A moment: how long ago in words, exactly on hover and for machines. */
export const When = ({ time }: { time: string | null | undefined }) =>
  time ? (
    <time dateTime={time} title={dateTime(time)}>
      {ago(time)}
    </time>
  ) : (
    <>–</>
  )

export function Copy({ text, label }: { text: string; label?: string }) {
  const [done, setDone] = useState(false)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setDone(true)
      setTimeout(() => setDone(false), 2000)
    } catch {
      toast(t().copyFailed, 'warn')
    }
  }
  return (
    <Button size="small" icon={done ? 'check' : 'copy'} onClick={copy} label={label ? `${t().copy}: ${label}` : undefined}>
      {done ? t().copied : t().copy}
    </Button>
  )
}

export const Code = ({ children }: { children: string }) => <pre class="code" tabIndex={0}>{children}</pre>

export const Tabs = ({ label, of, current }: { label: string; of: [string, string][]; current: string }) => (
  <nav class="tabs" aria-label={label}>
    {of.map(([path, title]) => (
      <a href={path} aria-current={path === current ? 'page' : undefined}>
        {title}
      </a>
    ))}
  </nav>
)

/** Gives text to the browser as a file. */
export function save(name: string, content: BlobPart, type = 'text/plain'): void {
  const address = URL.createObjectURL(new Blob([content], { type }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
