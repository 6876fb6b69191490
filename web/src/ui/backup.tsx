// Backup: made, tried, restored.
import { useState } from 'preact/hooks'
import { api, ApiError, say, served } from '../api/client'
import { useLoad } from '../api/load'
import { may } from '../api/session'
import { t } from '../i18n'
import { bytes } from '../i18n/format'
import { confirm } from './dialogs'
import { Form, Input } from './forms'
import { Data, Note, save, When } from './parts'
import { toast } from './toasts'

/** The bytes of a chosen file as base64. */
export function base64Of(file: File): Promise<string> {
  return new Promise((done, fail) => {
    const reader = new FileReader()
    reader.onload = () => done(String(reader.result).replace(/^[^,]*,/, ''))
    reader.onerror = () => fail(new ApiError(0, null))
    reader.readAsDataURL(file)
  })
}

export const FileInput = ({ label, onFile }: { label: string; onFile: (file: File | undefined) => void }) => (
  <label class="field">
    <span class="label">{label}</span>
    <input type="file" class="input" required onChange={(event) => onFile(event.currentTarget.files?.[0])} />
  </label>
)

export function MakeBackup({ onMade }: { onMade?: () => void }) {
  const words = t().system
  const loaded = useLoad(() => say(() => api.GET('/backup')))
  const [passphrase, setPassphrase] = useState('')
  const [repeat, setRepeat] = useState('')
  const differ = repeat !== '' && repeat !== passphrase
  const send = async () => {
    if (repeat !== passphrase) return setRepeat(repeat || ' ')
    const file = await say(() => api.POST('/backup', { body: { passphrase }, parseAs: 'blob' }))
    save(`postern-${new Date().toISOString().slice(0, 10)}.backup`, file as unknown as Blob, 'application/octet-stream')
    setPassphrase('')
    setRepeat('')
    loaded.again()
    onMade?.()
  }
  return (
    <div class="stack">
      <Data of={loaded}>
        {(last) =>
          last.made ? (
            <p>
              {words.last}: <When time={last.made} /> {last.size != null && <span class="muted">({bytes(last.size)})</span>}
            </p>
          ) : (
            <Note tone="warn">{words.noBackup}</Note>
          )
        }
      </Data>
      {may('administrator') && served('POST /backup') && (
        <Form send={send} submit={words.make} fields={['passphrase']}>
          {(wrong) => (
            <>
              <Input label={words.passphrase} hint={words.passphraseHint} type="password" value={passphrase} onInput={setPassphrase} required autocomplete="new-password" wrong={wrong('passphrase')} />
              <Input label={words.repeat} type="password" value={repeat} onInput={setRepeat} required autocomplete="new-password" wrong={differ ? t().account.differ : undefined} />
            </>
          )}
        </Form>
      )}
    </div>
  )
}

export function TryPassphrase() {
  const words = t().system
  const [passphrase, setPassphrase] = useState('')
  const [opens, setOpens] = useState<boolean>()
  const send = async () => {
    setOpens(undefined)
    setOpens((await say(() => api.POST('/backup/check', { body: { passphrase } }))).opens)
  }
  return (
    <Form send={send} submit={words.tryIt} fields={['passphrase']}>
      {(wrong) => (
        <>
          <Input label={words.passphrase} type="password" value={passphrase} onInput={setPassphrase} required autocomplete="off" wrong={wrong('passphrase')} />
          {opens !== undefined && (
            <Note tone={opens ? 'good' : 'bad'} live>
              {opens ? words.opens : words.opensNot}
            </Note>
          )}
        </>
      )}
    </Form>
  )
}

export function RestoreBackup() {
  const words = t().system
  const [passphrase, setPassphrase] = useState('')
  const [file, setFile] = useState<File>()
  const send = async () => {
    if (!file || !(await confirm(words.restoreTitle, words.restoreText, words.restore, true))) return
    const backup = await base64Of(file)
    const restored = await say(() => api.POST('/backup/restore', { body: { passphrase, backup } }))
    setPassphrase('')
    toast(words.restored(restored.people, restored.devices))
  }
  return (
    <Form send={send} submit={words.restore} kind="danger primary" fields={['passphrase', 'backup']}>
      {(wrong) => (
        <>
          <FileInput label={words.file} onFile={setFile} />
          <Input label={words.passphrase} type="password" value={passphrase} onInput={setPassphrase} required autocomplete="off" wrong={wrong('passphrase') ?? wrong('backup')} />
        </>
      )}
    </Form>
  )
}
