// Forms: a field has a label, may have a hint, and shows what the box said about it.
import type { ComponentChildren, JSX } from 'preact'
import { useId, useRef, useState } from 'preact/hooks'
import { ApiError } from '../api/client'
import { t } from '../i18n'
import { Button, Note, describe } from './parts'

interface FieldProps {
  label: string
  hint?: ComponentChildren
  wrong?: string | undefined
}
interface InputProps extends FieldProps {
  value: string
  onInput: (value: string) => void
  type?: 'text' | 'password' | 'email' | 'number' | 'date' | 'search'
  required?: boolean
  autocomplete?: string
  placeholder?: string
  inputMode?: 'numeric' | 'text' | 'email' | 'url'
  autofocus?: boolean
  mono?: boolean
  disabled?: boolean
  lines?: number
  min?: number
  max?: number
}

function Frame({ id, label, hint, wrong, children }: FieldProps & { id: string; children: ComponentChildren }) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      {hint && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {wrong && (
        <span class="wrong" id={`${id}-wrong`}>
          {wrong}
        </span>
      )}
    </div>
  )
}
const described = (id: string, hint: unknown, wrong: unknown) => [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(' ') || undefined

export function Input({ label, hint, wrong, value, onInput, type = 'text', lines, mono, ...rest }: InputProps) {
  const id = useId()
  const common = {
    id,
    class: mono ? 'input mono' : 'input',
    value,
    'aria-invalid': wrong ? true : undefined,
    'aria-describedby': described(id, hint, wrong),
    spellcheck: false,
    autocapitalize: 'none' as const,
    onInput: (event: JSX.TargetedInputEvent<HTMLInputElement | HTMLTextAreaElement>) => onInput(event.currentTarget.value),
  }
  return (
    <Frame id={id} label={label} hint={hint} wrong={wrong}>
      {lines ? (
        <textarea {...common} rows={lines} required={rest.required} placeholder={rest.placeholder} disabled={rest.disabled} />
      ) : type === 'password' ? (
        <Password common={common} rest={rest} />
      ) : (
        <input {...common} type={type} {...rest} />
      )}
    </Frame>
  )
}

function Password({ common, rest }: { common: object; rest: object }) {
  const [seen, setSeen] = useState(false)
  return (
    <div class="with-button">
      <input {...common} type={seen ? 'text' : 'password'} {...rest} />
      <button type="button" class="button" aria-pressed={seen} onClick={() => setSeen(!seen)}>
        {seen ? t().hide : t().show}
      </button>
    </div>
  )
}

export function Select<T extends string>({ label, hint, wrong, value, onInput, of, disabled }: FieldProps & { value: T; onInput: (value: T) => void; of: [T, string][]; disabled?: boolean }) {
  const id = useId()
  return (
    <Frame id={id} label={label} hint={hint} wrong={wrong}>
      <select id={id} class="input" value={value} disabled={disabled} aria-describedby={described(id, hint, wrong)} onInput={(event) => onInput(event.currentTarget.value as T)}>
        {of.map(([key, name]) => (
          <option value={key} selected={key === value}>
            {name}
          </option>
        ))}
      </select>
    </Frame>
  )
}

export function Choices<T extends string>({ label, value, onInput, of }: { label: string; value: T; onInput: (value: T) => void; of: { key: T; title: string; text?: string }[] }) {
  const name = useId()
  return (
    <fieldset class="field">
      <legend class="label">{label}</legend>
      <div class="stack tight">
        {of.map((one) => (
          <label class="choice">
            <input type="radio" name={name} checked={one.key === value} onChange={() => onInput(one.key)} />
            <span>
              <b>{one.title}</b>
              {one.text && <span class="small muted">{one.text}</span>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

export const Check = ({ label, hint, checked, onInput, disabled }: { label: string; hint?: string; checked: boolean; onInput: (on: boolean) => void; disabled?: boolean }) => (
  <label class="check">
    <input type="checkbox" checked={checked} disabled={disabled} onChange={(event) => onInput(event.currentTarget.checked)} />
    <span>
      {label}
      {hint && <span class="small muted"> {hint}</span>}
    </span>
  </label>
)

/**
 * A form around `send`. What the box refuses is shown: at the field where it names one (by `wrong`), else above the
 * button, and the first wrong field gets the focus.
 */
export function Form({ send, submit, kind = 'primary', children, actions, fields = [], size }: { send: () => Promise<unknown>; submit: string; kind?: 'primary' | 'danger primary'; children: (wrong: (path: string) => string | undefined) => ComponentChildren; actions?: ComponentChildren; fields?: string[]; size?: 'wide' }) {
  const [error, setError] = useState<ApiError>()
  const [busy, setBusy] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const onSubmit = async (event: Event) => {
    event.preventDefault()
    if (busy) return
    setBusy(true)
    setError(undefined)
    try {
      await send()
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem
      setError(problem)
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus())
    } finally {
      setBusy(false)
    }
  }
  const elsewhere = error?.problem?.errors?.filter((one) => !fields.includes(one.path)) ?? []
  const atFields = (error?.problem?.errors?.length ?? 0) - elsewhere.length
  return (
    <form ref={form} class="stack" onSubmit={onSubmit}>
      {children((path) => error?.field(path))}
      {error && (elsewhere.length > 0 || atFields === 0) && (
        <Note tone="bad" live>
          {elsewhere.length > 0 ? elsewhere.map((one) => <div>{one.path ? `${one.path}: ${one.detail}` : one.detail}</div>) : describe(error)}
        </Note>
      )}
      <div class="row end">
        {actions}
        <Button type="submit" kind={kind} busy={busy} size={size}>
          {submit}
        </Button>
      </div>
    </form>
  )
}
