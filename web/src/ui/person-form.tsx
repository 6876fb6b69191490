import { useState } from 'preact/hooks'
import type { Schemas } from '../api/client'
import { may } from '../api/session'
import { t } from '../i18n'
import { suggestPassword } from '../keys'
import { Check, Form, Input, Select } from './forms'
import { Button } from './parts'

type Person = Schemas['Person']
type Role = Schemas['Role']

/** A new person (`of` missing: with name and first password), or the changes of one. */
export function PersonForm({ of, submit, send, onCancel, simple }: { of?: Person; submit: string; send: (body: Schemas['NewPerson']) => Promise<unknown>; onCancel?: () => void; simple?: boolean }) {
  const words = t().people
  const [name, setName] = useState('')
  const [fullName, setFullName] = useState(of?.full_name ?? '')
  const [addresses, setAddresses] = useState(of?.addresses.join('\n') ?? '')
  const [role, setRole] = useState<Role>(of?.role ?? 'person')
  const [expires, setExpires] = useState(of?.expires?.slice(0, 10) ?? '')
  const [wildcards, setWildcards] = useState(of?.wildcards ?? false)
  const [password, setPassword] = useState('')
  const [hour, setHour] = useState(String(of?.limits.messages_per_hour ?? 0))
  const [day, setDay] = useState(String(of?.limits.recipients_per_day ?? 0))

  const body = (): Schemas['NewPerson'] => ({
    name: of?.name ?? name.trim(),
    full_name: fullName.trim(),
    addresses: addresses.split(/[\s,]+/).filter(Boolean),
    ...(may('administrator') && role !== (of?.role ?? 'person') ? { role } : {}),
    ...(simple ? {} : { wildcards, expires: expires ? `${expires}T00:00:00Z` : null, limits: { messages_per_hour: Number(hour), recipients_per_day: Number(day) } }),
    ...(!of && password ? { password } : {}),
  })
  return (
    <Form send={() => send(body())} submit={submit} fields={['name', 'full_name', 'addresses', 'password', 'expires', 'role', 'limits.messages_per_hour', 'limits.recipients_per_day']} actions={onCancel && <Button onClick={onCancel}>{t().cancel}</Button>}>
      {(wrong) => (
        <>
          <Input label={words.fullName} value={fullName} onInput={setFullName} autocomplete="off" wrong={wrong('full_name')} />
          {!of && <Input label={words.name} hint={words.nameHint} value={name} onInput={setName} required autocomplete="off" wrong={wrong('name')} />}
          <Input label={words.addresses} hint={words.addressesHint} value={addresses} onInput={setAddresses} lines={2} wrong={wrong('addresses')} />
          {!of && (
            <>
              <Input label={words.password} hint={words.passwordHint} type="password" value={password} onInput={setPassword} autocomplete="new-password" wrong={wrong('password')} />
              <div class="row">
                <Button size="small" onClick={() => setPassword(suggestPassword())}>
                  {words.suggest}
                </Button>
                {password.includes('-') && <code>{password}</code>}
              </div>
            </>
          )}
          {!simple && (
            <details open={!!of}>
              <summary>{t().settings.advanced}</summary>
              <div class="stack">
                {may('administrator') && <Select<Role> label={words.role} hint={t().roleText[role]} value={role} onInput={setRole} of={(['person', 'auditor', 'helpdesk', 'administrator'] as const).map((one) => [one, t().roles[one]])} />}
                <Input label={words.expires} hint={words.expiresHint} type="date" value={expires} onInput={setExpires} wrong={wrong('expires')} />
                <div class="grid-2">
                  <Input label={words.perHour} hint={words.limitHint} type="number" min={0} value={hour} onInput={setHour} wrong={wrong('limits.messages_per_hour')} />
                  <Input label={words.perDay} hint={words.limitHint} type="number" min={0} value={day} onInput={setDay} wrong={wrong('limits.recipients_per_day')} />
                </div>
                <Check label={words.wildcards} checked={wildcards} onInput={setWildcards} />
              </div>
            </details>
          )}
        </>
      )}
    </Form>
  )
}
