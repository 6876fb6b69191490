import { useState } from 'preact/hooks'
import { api, ask, say, type Schemas } from '../api/client'
import { useLoad } from '../api/load'
import { may } from '../api/session'
import { t } from '../i18n'
import { bytes, date } from '../i18n/format'
import { makeKeys, suggestPassword, withKey } from '../keys'
import { go } from '../router'
import { Configuration } from '../ui/configuration'
import { DeviceForm } from '../ui/device-form'
import { confirm, Dialog } from '../ui/dialogs'
import { Form, Input } from '../ui/forms'
import { Badge, Button, Card, Data, Empty, Facts, Note, Page, Table } from '../ui/parts'
import { PersonForm } from '../ui/person-form'
import { PersonState, Presence, type Device, type Person } from '../ui/people-parts'
import { toast } from '../ui/toasts'

interface Shown {
  person: Person
  etag: string
  devices: Device[]
}
async function load(name: string): Promise<Shown> {
  const path = { name }
  const { data: person, etag } = await ask(() => api.GET('/people/{name}', { params: { path } }))
  const devices: Device[] = []
  for (const device of person.devices) devices.push(await say(() => api.GET('/devices/{name}', { params: { path: { name: device } } })))
  return { person, etag, devices: devices.sort((a, b) => Number(a.state === 'revoked') - Number(b.state === 'revoked')) }
}

function NewPassword({ name, onDone }: { name: string; onDone: () => void }) {
  const words = t().people
  const [password, setPassword] = useState(suggestPassword)
  const send = async () => {
    await say(() => api.POST('/people/{name}/password', { params: { path: { name } }, body: { password } }))
    toast(words.passwordSet)
    onDone()
  }
  return (
    <Dialog title={words.newPassword} onClose={onDone}>
      <Form send={send} submit={t().save} fields={['password']} actions={<Button onClick={onDone}>{t().cancel}</Button>}>
        {(wrong) => <Input label={words.newPassword} hint={words.passwordHint} value={password} onInput={setPassword} required mono autocomplete="off" wrong={wrong('password')} />}
      </Form>
    </Dialog>
  )
}

function Devices({ shown, again }: { shown: Shown; again: () => void }) {
  const words = t().devices
  const [adding, setAdding] = useState(false)
  const [issued, setIssued] = useState<{ name: string; text: string }>()
  const { person, devices } = shown
  const helpdesk = may('helpdesk')

  const setState = async (device: Device, state: 'active' | 'suspended') => {
    const { etag } = await ask(() => api.GET('/devices/{name}', { params: { path: { name: device.name } } }))
    await say(() => api.PATCH('/devices/{name}', { params: { path: { name: device.name }, header: { 'If-Match': etag } }, body: { state } }))
    again()
  }
  const revoke = async (device: Device) => {
    if (!(await confirm(words.revokeTitle(device.name), words.revokeText, words.revoke, true))) return
    await say(() => api.DELETE('/devices/{name}', { params: { path: { name: device.name } } }))
    again()
  }
  const reissue = async (device: Device) => {
    if (!(await confirm(words.reissueTitle(device.name), words.reissueText, words.reissue, true))) return
    const pair = await makeKeys()
    const made = await say(() => api.POST('/devices/{name}/reissue', { params: { path: { name: device.name } }, body: { public_key: pair.publicKey } }))
    setIssued({ name: device.name, text: withKey(made.configuration ?? '', pair.privateKey) })
    again()
  }
  const add = helpdesk && (
    <Button icon="plus" onClick={() => setAdding(true)}>
      {words.add}
    </Button>
  )
  return (
    <Card title={t().people.devices} aside={devices.length > 0 && add}>
      {devices.length === 0 ? (
        <Empty icon="device" title={t().people.noDevices} action={add}>
          {t().people.noDevicesText}
        </Empty>
      ) : (
        <>
          <Table
            caption={t().people.devices}
            rows={devices}
            id={(one) => one.name}
            columns={[
              { title: words.name, kind: 'head', cell: (one) => <b>{one.name}</b> },
              { title: t().people.state, cell: (one) => <Presence of={one} /> },
              { title: words.addresses, cell: (one) => <span class="mono">{one.addresses.join(' ')}</span> },
              {
                title: words.endpoint,
                cell: (one) =>
                  one.live?.endpoint ? (
                    <>
                      <span class="mono">{one.live.endpoint}</span>
                      <div class="small muted">{words.trafficOf(bytes(one.live.received ?? 0), bytes(one.live.sent ?? 0))}</div>
                    </>
                  ) : (
                    '–'
                  ),
              },
              {
                title: t().actions,
                kind: 'actions',
                cell: (one) =>
                  helpdesk && one.state !== 'revoked' ? (
                    <span class="row end">
                      <Button size="small" onClick={() => setState(one, one.state === 'active' ? 'suspended' : 'active')}>
                        {one.state === 'active' ? t().people.suspend : t().people.resume}
                      </Button>
                      {one.network === 'tunnel' && (
                        <Button size="small" onClick={() => reissue(one)}>
                          {words.reissue}
                        </Button>
                      )}
                      <Button size="small" kind="danger" onClick={() => revoke(one)}>
                        {words.revoke}
                      </Button>
                    </span>
                  ) : null,
              },
            ]}
          />
          <p class="small muted">{words.routesNote}</p>
        </>
      )}
      {adding && (
        <Dialog title={words.addFor(person.full_name || person.name)} onClose={() => (setAdding(false), again())}>
          <DeviceForm person={person.name} taken={devices.map((one) => one.name)} onDone={() => (setAdding(false), again())} />
        </Dialog>
      )}
      {issued && (
        <Dialog title={issued.name} onClose={() => setIssued(undefined)}>
          <Configuration name={issued.name} text={issued.text} />
          <div class="row end">
            <Button kind="primary" onClick={() => setIssued(undefined)}>
              {t().done}
            </Button>
          </div>
        </Dialog>
      )}
    </Card>
  )
}

function Ending({ shown, again }: { shown: Shown; again: () => void }) {
  const words = t().people
  const { person, etag } = shown
  const path = { name: person.name }
  const toggle = async () => {
    const suspend = person.state === 'active'
    if (suspend && !(await confirm(words.suspend, words.suspendText, words.suspend, true))) return
    await say(() => api.PATCH('/people/{name}', { params: { path, header: { 'If-Match': etag } }, body: { state: suspend ? 'suspended' : 'active' } }))
    again()
  }
  const resetFactor = async () => {
    if (!(await confirm(words.resetTotp, words.resetTotpText, words.resetTotp, true))) return
    await say(() => api.DELETE('/people/{name}/totp', { params: { path } }))
    toast(words.saved)
  }
  const remove = async () => {
    if (!(await confirm(words.removeTitle(person.full_name || person.name), words.removeText, words.removePerson, true))) return
    await say(() => api.DELETE('/people/{name}', { params: { path, header: { 'If-Match': etag } } }))
    go('/people')
  }
  return (
    <Card title={words.danger}>
      <div class="row">
        <Button onClick={toggle}>{person.state === 'active' ? words.suspend : words.resume}</Button>
        {may('administrator') && <Button onClick={resetFactor}>{words.resetTotp}</Button>}
        {may('administrator') && (
          <Button kind="danger" onClick={remove}>
            {words.removePerson}
          </Button>
        )}
      </div>
    </Card>
  )
}

function Details({ shown, again }: { shown: Shown; again: () => void }) {
  const words = t().people
  const { person, etag } = shown
  const [dialog, setDialog] = useState<'edit' | 'password'>()
  const done = () => {
    setDialog(undefined)
    again()
  }
  const send = async ({ name: _name, password: _password, ...body }: Schemas['NewPerson']) => {
    await say(() => api.PATCH('/people/{name}', { params: { path: { name: person.name }, header: { 'If-Match': etag } }, body }))
    toast(words.saved)
    done()
  }
  return (
    <Card
      title={person.name}
      aside={
        may('helpdesk') && (
          <span class="row">
            <Button size="small" onClick={() => setDialog('edit')}>
              {t().edit}
            </Button>
            <Button size="small" onClick={() => setDialog('password')}>
              {words.newPassword}
            </Button>
          </span>
        )
      }
    >
      <Facts
        of={[
          [words.state, <PersonState of={person} />],
          [words.role, <Badge tone={person.role === 'person' ? 'plain' : 'accent'}>{t().roles[person.role]}</Badge>],
          [words.addresses, person.addresses.join(', ') || '–'],
          [words.expires, person.expires ? date(person.expires) : t().never],
        ]}
      />
      {person.addresses.length === 0 && <Note tone="warn">{t().clients.noAddress}</Note>}
      <a href={`/people/${encodeURIComponent(person.name)}/clients`}>{words.clientLink}</a>
      {dialog === 'edit' && (
        <Dialog title={person.full_name || person.name} onClose={done}>
          <PersonForm of={person} submit={t().save} send={send} onCancel={done} />
        </Dialog>
      )}
      {dialog === 'password' && <NewPassword name={person.name} onDone={done} />}
    </Card>
  )
}

export default function PersonPage({ name = '' }: { name?: string }) {
  const loaded = useLoad(() => load(name), [name], 20)
  const person = loaded.data?.person
  return (
    <Page title={person?.full_name || name} lead={<a href="/people">{t().people.title}</a>}>
      <Data of={loaded}>
        {(shown) => (
          <>
            <Details shown={shown} again={loaded.again} />
            <Devices shown={shown} again={loaded.again} />
            {may('helpdesk') && <Ending shown={shown} again={loaded.again} />}
          </>
        )}
      </Data>
    </Page>
  )
}
