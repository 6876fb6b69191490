// A new box: the claim code, then the first administrator, or a backup.
import { useState } from 'preact/hooks'
import { api, say, served } from '../../api/client'
import { refresh, state } from '../../api/session'
import { t } from '../../i18n'
import { go, place } from '../../router'
import { base64Of, FileInput } from '../../ui/backup'
import { Form, Input } from '../../ui/forms'
import { Mark } from '../../ui/icons'
import { LookAndLanguage } from '../../ui/preferences'
import { Button, Card, Note } from '../../ui/parts'
import { FirstAdministrator } from './administrator'

type View = 'code' | 'administrator' | 'restore' | 'restored'

export default function Welcome() {
  const words = t().setup
  const [code, setCode] = useState(place.value.query.get('code') ?? '')
  const [view, setView] = useState<View>('code')
  const [aim, setAim] = useState<'administrator' | 'restore'>('administrator')
  const [passphrase, setPassphrase] = useState('')
  const [file, setFile] = useState<File>()
  document.title = `${words.title} · Postern`

  const claim = async () => {
    await say(() => api.POST('/setup/claim', { body: { code: code.trim() } }))
    setView(aim)
  }
  const restore = async () => {
    if (!file) return
    const backup = await base64Of(file)
    await say(() => api.POST('/setup/restore', { body: { code: code.trim(), passphrase, backup } }))
    setView('restored')
  }
  const titles: Record<View, string> = { code: words.welcome, administrator: words.administrator.title, restore: words.restoreTitle, restored: words.restored }
  const leads: Record<View, string> = { code: words.welcomeText, administrator: words.administrator.lead, restore: words.restoreText, restored: words.restoredText }
  return (
    <main class="centred wide" id="main">
      <div class="stack">
        <div class="row">
          <Mark size={44} />
          <div class="grow">
            <h1>{titles[view]}</h1>
          </div>
        </div>
        <p class="muted">{leads[view]}</p>
        <Card>
          {view === 'code' && (
            <Form
              send={claim}
              submit={aim === 'restore' ? words.restoreTitle : words.claim}
              fields={['code']}
              actions={
                served('POST /setup/restore') && <Button kind="quiet" onClick={() => setAim(aim === 'restore' ? 'administrator' : 'restore')}>
                  {aim === 'restore' ? words.freshInstead : words.restoreInstead}
                </Button>
              }
            >
              {(wrong) => <Input label={words.code} hint={words.codeHint} value={code} onInput={setCode} required autofocus autocomplete="off" mono wrong={wrong('code')} />}
            </Form>
          )}
          {view === 'administrator' && (
            <FirstAdministrator
              code={code.trim()}
              onDone={(made) => {
                state.value = made
                go('/setup', true)
              }}
            />
          )}
          {view === 'restore' && (
            <Form send={restore} submit={words.restore} fields={['passphrase', 'backup', 'code']}>
              {(wrong) => (
                <>
                  <FileInput label={t().system.file} onFile={setFile} />
                  <Input label={t().system.passphrase} type="password" value={passphrase} onInput={setPassphrase} required autocomplete="off" wrong={wrong('passphrase') ?? wrong('backup') ?? wrong('code')} />
                </>
              )}
            </Form>
          )}
          {view === 'restored' && (
            <Note tone="good">
              <Button kind="primary" onClick={refresh}>
                {words.toLogin}
              </Button>
            </Note>
          )}
        </Card>
        <LookAndLanguage />
      </div>
    </main>
  )
}
