// A new device: who makes its key decides what happens next.
import { useState } from 'preact/hooks'
import { api, idempotency, say, type Schemas } from '../api/client'
import { t } from '../i18n'
import { dateTime } from '../i18n/format'
import { makeKeys, withKey } from '../keys'
import { Configuration, HandOver } from './configuration'
import { Choices, Form, Input, Select } from './forms'
import { Button } from './parts'

type How = 'handOver' | 'here' | 'paste' | 'lan'
type Made = { kind: 'configuration'; name: string; text: string } | { kind: 'handOver'; made: Schemas['MadeEnrolment'] } | { kind: 'nothing' }

export function DeviceForm({ person, taken = [], onDone, onMade }: { person: string; taken?: string[]; onDone: () => void; onMade?: () => void }) {
  const words = t().devices
  const free = (kind: string) => (taken.includes(`${person}-${kind}`) ? '' : `${person}-${kind}`)
  const [name, setName] = useState(free('laptop') || free('phone'))
  const [how, setHow] = useState<How>('handOver')
  const [key, setKey] = useState('')
  const [addresses, setAddresses] = useState('')
  const [hours, setHours] = useState('24')
  const [made, setMade] = useState<Made>()

  const send = async () => {
    const device = name.trim()
    if (how === 'handOver') {
      const enrolment = await say(() => api.POST('/enrolments', { body: { person, device, hours: Number(hours) } }))
      setMade({ kind: 'handOver', made: enrolment })
    } else {
      const pair = how === 'here' ? await makeKeys() : null
      const headers = idempotency()
      const body: Schemas['NewDevice'] =
        how === 'lan' ? { name: device, person, network: 'lan', addresses: addresses.split(/[\s,]+/).filter(Boolean) } : { name: device, person, network: 'tunnel', public_key: pair?.publicKey ?? key.trim() }
      const answer = await say(() => api.POST('/devices', { params: { header: headers }, body }))
      if (pair && answer.configuration) setMade({ kind: 'configuration', name: device, text: withKey(answer.configuration, pair.privateKey) })
      else if (answer.configuration) setMade({ kind: 'configuration', name: device, text: answer.configuration })
      else setMade({ kind: 'nothing' })
    }
    onMade?.()
  }

  if (made) {
    return (
      <div class="stack" role="region" aria-live="polite">
        {made.kind === 'configuration' && <Configuration name={made.name} text={made.text} warn={how === 'here'} />}
        {made.kind === 'handOver' && <HandOver link={made.made.link} code={made.made.code} configuration={made.made.configuration} device={made.made.enrolment.device} expires={dateTime(made.made.enrolment.expires)} />}
        {made.kind === 'nothing' && <p>{t().people.saved}</p>}
        <div class="row end">
          <Button kind="primary" onClick={onDone}>
            {t().done}
          </Button>
        </div>
      </div>
    )
  }
  return (
    <Form send={send} submit={words.add} fields={['name', 'device', 'public_key', 'addresses', 'hours']} actions={<Button onClick={onDone}>{t().cancel}</Button>}>
      {(wrong) => (
        <>
          <Input label={words.name} hint={words.nameHint} value={name} onInput={setName} required wrong={wrong('name') ?? wrong('device')} />
          <Choices<How>
            label={words.how}
            value={how}
            onInput={setHow}
            of={[
              { key: 'handOver', title: words.handOver, text: words.handOverText },
              { key: 'here', title: words.here, text: words.hereText },
              { key: 'paste', title: words.paste, text: words.pasteText },
              { key: 'lan', title: words.lan, text: words.lanText },
            ]}
          />
          {how === 'handOver' && <Select label={words.hours} value={hours} onInput={setHours} of={['4', '24', '72', '168'].map((n) => [n, words.hoursOf(Number(n))])} />}
          {how === 'paste' && <Input label={words.publicKey} value={key} onInput={setKey} required mono wrong={wrong('public_key')} />}
          {how === 'lan' && <Input label={words.lanAddresses} value={addresses} onInput={setAddresses} required wrong={wrong('addresses')} />}
        </>
      )}
    </Form>
  )
}
