// A form over keys of the configuration: what it shows is the draft, what it saves goes into the draft.
import { useEffect, useState } from 'preact/hooks'
import { change, draft, loadDraft, valueAt, type Value } from '../api/draft'
import { useLoad } from '../api/load'
import { may } from '../api/session'
import { t } from '../i18n'
import { Check, Form, Input, Select } from './forms'
import { Data } from './parts'
import { toast } from './toasts'

export interface Setting {
  key: string
  label: string
  hint?: string
  kind?: 'text' | 'number' | 'check' | 'list' | 'choice'
  choices?: [string, string][]
}

const text = (value: Value | undefined): string => (Array.isArray(value) ? value.join('\n') : value === undefined || value === null ? '' : String(value))

function parsed(setting: Setting, value: string): Value {
  if (setting.kind === 'number') return value.trim() === '' ? null : Number(value)
  if (setting.kind === 'check') return value === 'true'
  if (setting.kind === 'list') return value.split(/[\s,]+/).filter(Boolean)
  return value.trim()
}

/** `before` runs ahead of saving and may add keys; `after` when all is kept. */
export function Settings({ of, submit, after, values: preset }: { of: Setting[]; submit?: string; after?: () => unknown; values?: Record<string, string> }) {
  const loaded = useLoad(loadDraft)
  const [values, setValues] = useState<Record<string, string>>({})
  useEffect(() => {
    if (preset) setValues((now) => ({ ...now, ...preset }))
  }, [preset])
  const words = t().settings
  const admin = may('administrator')
  const send = async () => {
    const changes: Record<string, Value> = {}
    for (const setting of of) {
      const value = values[setting.key]
      if (value !== undefined && value !== text(valueAt(draft.value?.body.settings, setting.key))) changes[setting.key] = parsed(setting, value)
    }
    if (Object.keys(changes).length > 0) {
      await change(changes)
      setValues({})
      toast(words.saved)
    }
    await after?.()
  }
  return (
    <Data of={loaded}>
      {() => (
        <Form send={send} submit={submit ?? words.save} fields={of.map((one) => one.key)}>
          {(wrong) => (
            <>
              {of.map((setting) => {
                const value = values[setting.key] ?? text(valueAt(draft.value?.body.settings, setting.key))
                const set = (next: string) => setValues({ ...values, [setting.key]: next })
                const common = { key: setting.key, label: setting.label, wrong: wrong(setting.key), disabled: !admin }
                if (setting.kind === 'check') return <Check {...common} hint={setting.hint} checked={value === 'true'} onInput={(on) => set(String(on))} />
                if (setting.kind === 'choice') return <Select {...common} hint={setting.hint} value={value} onInput={set} of={setting.choices ?? []} />
                return <Input {...common} hint={setting.hint} value={value} onInput={set} lines={setting.kind === 'list' ? 2 : undefined} inputMode={setting.kind === 'number' ? 'numeric' : undefined} />
              })}
              {!admin && <p class="small muted">{words.onlyAdmin}</p>}
            </>
          )}
        </Form>
      )}
    </Data>
  )
}
