import { useState } from 'preact/hooks'
import { api, say, type Schemas } from '../../api/client'
import { t } from '../../i18n'
import { Form, Input } from '../../ui/forms'

export function FirstAdministrator({ code, onDone }: { code: string; onDone: (state: Schemas['SessionState']) => void }) {
  const words = t().setup.administrator
  const [name, setName] = useState('')
  const [fullName, setFullName] = useState('')
  const [address, setAddress] = useState('')
  const [password, setPassword] = useState('')
  const [repeat, setRepeat] = useState('')
  const differ = repeat !== '' && repeat !== password
  const send = async () => {
    if (repeat !== password) return setRepeat(repeat || ' ')
    const addresses = address.trim() ? [address.trim()] : []
    onDone(await say(() => api.POST('/setup/administrator', { body: { code, name: name.trim(), full_name: fullName.trim(), password, addresses } })))
  }
  return (
    <Form send={send} submit={words.create} fields={['name', 'full_name', 'addresses', 'password']}>
      {(wrong) => (
        <>
          <Input label={words.name} hint={t().people.nameHint} value={name} onInput={setName} required autofocus autocomplete="username" wrong={wrong('name')} />
          <Input label={words.fullName} value={fullName} onInput={setFullName} autocomplete="name" wrong={wrong('full_name')} />
          <Input label={words.address} value={address} onInput={setAddress} type="email" autocomplete="email" wrong={wrong('addresses')} />
          <Input label={words.password} hint={words.passwordHint} type="password" value={password} onInput={setPassword} required autocomplete="new-password" wrong={wrong('password')} />
          <Input label={words.repeat} type="password" value={repeat} onInput={setRepeat} required autocomplete="new-password" wrong={differ ? t().account.differ : undefined} />
        </>
      )}
    </Form>
  )
}
