// The second factor: set up with an app, recovery codes, switched off.
import { useState } from 'preact/hooks'
import { api, say, type Schemas } from '../api/client'
import { t } from '../i18n'
import { confirm } from './dialogs'
import { Form, Input } from './forms'
import { lazy } from './lazy'
import { Badge, Button, Code, Copy, Note, save } from './parts'

const Qr = lazy(() => import('./qr'))

/** What one begins with; `onCodes` when it is in force. */
export function BeginFactor({ onCodes, onCancel }: { onCodes: (codes: string[]) => void; onCancel?: () => void }) {
  const words = t().account
  const [secret, setSecret] = useState<Schemas['TotpSecret']>()
  const [code, setCode] = useState('')
  if (!secret) {
    return (
      <div class="row">
        <Button kind="primary" onClick={async () => setSecret(await say(() => api.POST('/account/totp')))}>
          {words.begin}
        </Button>
        {onCancel && <Button onClick={onCancel}>{t().setup.skip}</Button>}
      </div>
    )
  }
  const send = async () => onCodes((await say(() => api.POST('/account/totp/confirm', { body: { code: code.trim() } }))).codes)
  return (
    <Form send={send} submit={words.confirm} fields={['code']}>
      {(wrong) => (
        <>
          <p>{words.scan}</p>
          <Qr text={secret.uri} label={words.scan} />
          <div class="stack tight">
            <p class="small muted">{words.byHand}</p>
            <div class="row">
              <code>{secret.secret}</code> <Copy text={secret.secret} />
            </div>
          </div>
          <Input label={words.code} value={code} onInput={setCode} required inputMode="numeric" autocomplete="one-time-code" mono wrong={wrong('code')} />
        </>
      )}
    </Form>
  )
}

export function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const words = t().account
  return (
    <div class="stack" role="region" aria-label={words.codes}>
      <Note tone="warn" title={words.codes}>
        {words.codesText}
      </Note>
      <Code>{codes.join('\n')}</Code>
      <div class="row no-print">
        <Button onClick={() => print()}>{t().print}</Button>
        <Button icon="download" onClick={() => save('postern-recovery-codes.txt', `${codes.join('\n')}\n`)}>
          {t().download}
        </Button>
        <Button kind="primary" onClick={onDone}>
          {words.codesDone}
        </Button>
      </div>
    </div>
  )
}

export function SecondFactor({ on, left, changed }: { on: boolean; left: number; changed: () => void }) {
  const words = t().account
  const [codes, setCodes] = useState<string[]>()
  if (codes)
    return (
      <RecoveryCodes
        codes={codes}
        onDone={() => {
          setCodes(undefined)
          changed()
        }}
      />
    )
  if (!on) return <BeginFactor onCodes={setCodes} />
  const off = async () => {
    if (!(await confirm(words.off, words.offText, words.off, true))) return
    await say(() => api.DELETE('/account/totp'))
    changed()
  }
  return (
    <div class="stack">
      <div class="row">
        <Badge tone="good">{words.factorOn}</Badge>
        <span class={left < 3 ? '' : 'muted'}>{words.left(left)}</span>
      </div>
      <div class="row">
        <Button onClick={async () => setCodes((await say(() => api.POST('/account/recovery-codes'))).codes)}>{words.newCodes}</Button>
        <Button kind="danger" onClick={off}>
          {words.off}
        </Button>
      </div>
    </div>
  )
}
