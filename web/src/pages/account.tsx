import { useState } from 'preact/hooks'
import { api, say } from '../api/client'
import { useLoad } from '../api/load'
import { t } from '../i18n'
import { Form, Input } from '../ui/forms'
import { Badge, Card, Data, Empty, Page, Table } from '../ui/parts'
import { Presence } from '../ui/people-parts'
import { SecondFactor } from '../ui/second-factor'
import { Sessions } from '../ui/sessions'
import { toast } from '../ui/toasts'

function Password({ factor }: { factor: boolean }) {
  const words = t().account
  const [current, setCurrent] = useState('')
  const [password, setPassword] = useState('')
  const [repeat, setRepeat] = useState('')
  const [code, setCode] = useState('')
  const differ = repeat !== '' && repeat !== password
  const send = async () => {
    if (repeat !== password) return setRepeat(repeat || ' ')
    await say(() => api.POST('/account/password', { body: { current, password, ...(code ? { code } : {}) } }))
    setCurrent('')
    setPassword('')
    setRepeat('')
    setCode('')
    toast(words.changed)
  }
  return (
    <Form send={send} submit={words.change} fields={['current', 'password', 'code']}>
      {(wrong) => (
        <>
          <Input label={words.current} type="password" value={current} onInput={setCurrent} required autocomplete="current-password" wrong={wrong('current')} />
          <Input label={words.new} type="password" value={password} onInput={setPassword} required autocomplete="new-password" wrong={wrong('password')} />
          <Input label={words.repeat} type="password" value={repeat} onInput={setRepeat} required autocomplete="new-password" wrong={differ ? words.differ : undefined} />
          {factor && <Input label={words.codeIfAny} value={code} onInput={setCode} required inputMode="numeric" autocomplete="one-time-code" wrong={wrong('code')} />}
        </>
      )}
    </Form>
  )
}

export default function Account() {
  const words = t().account
  const loaded = useLoad(() => say(() => api.GET('/account')))
  return (
    <Page title={words.title} lead={loaded.data && (loaded.data.person.full_name || loaded.data.person.name)}>
      <Data of={loaded}>
        {(account) => (
          <>
            <div class="grid-2">
              <Card title={words.factor} lead={words.factorLead} aside={!account.second_factor && <Badge tone="warn">{words.factorOff}</Badge>}>
                <SecondFactor on={account.second_factor} left={account.recovery_codes_left} changed={loaded.again} />
              </Card>
              <Card title={words.password}>
                <Password factor={account.second_factor} />
              </Card>
            </div>
            <Card title={words.devices}>
              {account.devices.length === 0 ? (
                <Empty icon="device" title={t().people.noDevices} />
              ) : (
                <Table
                  caption={words.devices}
                  rows={account.devices}
                  id={(one) => one.name}
                  columns={[
                    { title: t().devices.name, kind: 'head', cell: (one) => <b>{one.name}</b> },
                    { title: t().people.state, cell: (one) => <Presence of={one} /> },
                    { title: t().devices.addresses, cell: (one) => <span class="mono">{one.addresses.join(' ')}</span> },
                  ]}
                />
              )}
            </Card>
            <Card title={words.sessions}>
              <Sessions own={account.person.name} />
            </Card>
          </>
        )}
      </Data>
    </Page>
  )
}
