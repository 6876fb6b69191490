// The mail provider: presets, login, and a test that shows the whole conversation.
import { useState } from 'preact/hooks'
import { api, say, served, type Schemas } from '../api/client'
import { change, draft, loadDraft, valueAt, type Value } from '../api/draft'
import { useLoad } from '../api/load'
import { may, session } from '../api/session'
import { t } from '../i18n'
import { Form, Input, Select } from './forms'
import { Code, Data, Note } from './parts'
import { toast } from './toasts'

/** What providers publish; anything else is entered by hand. */
const presets: Record<string, { host: string; port: number; tls: 'starttls' | 'implicit' }> = {
  'Microsoft 365': { host: 'smtp.office365.com', port: 587, tls: 'starttls' },
  'Google Workspace': { host: 'smtp.gmail.com', port: 465, tls: 'implicit' },
  'IONOS': { host: 'smtp.ionos.de', port: 465, tls: 'implicit' },
  'Strato': { host: 'smtp.strato.de', port: 465, tls: 'implicit' },
  'mailbox.org': { host: 'smtp.mailbox.org', port: 465, tls: 'implicit' },
  'Fastmail': { host: 'smtp.fastmail.com', port: 465, tls: 'implicit' },
  'Amazon SES (Frankfurt)': { host: 'email-smtp.eu-central-1.amazonaws.com', port: 465, tls: 'implicit' },
  'Mailgun (EU)': { host: 'smtp.eu.mailgun.org', port: 465, tls: 'implicit' },
  'Postmark': { host: 'smtp.postmarkapp.com', port: 587, tls: 'starttls' },
  'SendGrid': { host: 'smtp.sendgrid.net', port: 465, tls: 'implicit' },
}
const base = 'delivery.smart_host'

export function SmartHost({ after }: { after?: () => unknown }) {
  const words = t().delivery
  const loaded = useLoad(loadDraft)
  const [values, setValues] = useState<Record<string, Value>>({})
  const [secret, setSecret] = useState('')
  const admin = may('administrator')
  const get = (key: string): string => String(values[`${base}.${key}`] ?? valueAt(draft.value?.body.settings, `${base}.${key}`) ?? '')
  const set = (key: string, value: Value) => setValues((now) => ({ ...now, [`${base}.${key}`]: value }))
  const preset = Object.entries(presets).find(([, one]) => one.host === get('host'))?.[0] ?? ''
  const choose = (name: string) => {
    const one = presets[name]
    if (!one) return set('host', '')
    setValues((now) => ({ ...now, [`${base}.host`]: one.host, [`${base}.port`]: one.port, [`${base}.tls`]: one.tls }))
  }
  const send = async () => {
    if (secret) {
      await say(() => api.PUT('/delivery/secret', { body: { password: secret } }))
      setSecret('')
      toast(words.secretSaved)
    }
    const changes = Object.fromEntries(Object.entries(values).filter(([key, value]) => value !== valueAt(draft.value?.body.settings, key)))
    if (Object.keys(changes).length > 0) {
      await change(changes)
      toast(t().settings.saved)
    }
    setValues({})
    await after?.()
  }
  return (
    <Data of={loaded}>
      {() => (
        <Form send={send} submit={t().settings.save} fields={['host', 'port', 'tls', 'user'].map((key) => `${base}.${key}`)}>
          {(wrong) => (
            <>
              <Select label={words.preset} value={preset} onInput={choose} disabled={!admin} of={[['', words.presetOther], ...Object.keys(presets).map((name): [string, string] => [name, name])]} />
              <Input label={words.host} value={get('host')} onInput={(value) => set('host', value.trim())} disabled={!admin} inputMode="url" wrong={wrong(`${base}.host`)} />
              <div class="grid-2">
                <Input label={words.port} type="number" value={get('port')} onInput={(value) => set('port', Number(value))} disabled={!admin} wrong={wrong(`${base}.port`)} />
                <Select label={words.tls} value={get('tls') || 'starttls'} onInput={(value) => set('tls', value)} disabled={!admin} of={Object.entries(words.tlsOf)} wrong={wrong(`${base}.tls`)} />
              </div>
              <Input label={words.user} value={get('user')} onInput={(value) => set('user', value.trim())} disabled={!admin} autocomplete="off" wrong={wrong(`${base}.user`)} />
              <Input label={words.secretLabel} hint={words.secretHint} type="password" value={secret} onInput={setSecret} disabled={!admin} autocomplete="off" />
            </>
          )}
        </Form>
      )}
    </Data>
  )
}

export function DeliveryTest({ onGood }: { onGood?: () => void }) {
  const words = t().delivery
  const [recipient, setRecipient] = useState('')
  const [result, setResult] = useState<Schemas['DeliveryTestResult']>()
  if (!may('administrator') || !session.value || !served('POST /delivery/test')) return null
  const send = async () => {
    setResult(undefined)
    const answer = await say(() => api.POST('/delivery/test', { body: { recipient: recipient.trim() } }))
    setResult(answer)
    if (answer.delivered) onGood?.()
  }
  return (
    <div class="stack">
      <Form send={send} submit={words.testNow} fields={['recipient']}>
        {(wrong) => <Input label={words.recipient} type="email" value={recipient} onInput={setRecipient} required wrong={wrong('recipient')} />}
      </Form>
      {result && (
        <>
          <Note tone={result.delivered ? 'good' : 'bad'} title={result.delivered ? words.testGood : words.testBad} live>
            {result.detail}
          </Note>
          {result.transcript.length > 0 && (
            <details open={!result.delivered}>
              <summary>{words.transcript}</summary>
              <Code>{result.transcript.join('\n')}</Code>
            </details>
          )}
        </>
      )}
    </div>
  )
}
