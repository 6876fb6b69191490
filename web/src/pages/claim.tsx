// What a new device sees through its bootstrap tunnel: it makes its own key and gets its configuration.
import { useState } from 'preact/hooks'
import { api, say } from '../api/client'
import { state } from '../api/session'
import { t } from '../i18n'
import { makeKeys, withKey } from '../keys'
import { place } from '../router'
import { Configuration } from '../ui/configuration'
import { Form, Input } from '../ui/forms'
import { Mark } from '../ui/icons'
import { Card, Note } from '../ui/parts'
import { LookAndLanguage } from '../ui/preferences'

/** The token of the link: behind #, so that it is in no log, or as ?token= or the path's last part. */
export function tokenOf(at: { path: string; query: URLSearchParams; hash: string }): string {
  const fromPath = at.path.split('/').filter(Boolean)[1] ?? ''
  return at.hash.replace(/^token=/, '') || at.query.get('token') || fromPath
}

export default function Claim() {
  const words = t().claim
  const token = tokenOf(place.value)
  const [code, setCode] = useState('')
  const [made, setMade] = useState<{ name: string; text: string }>()
  document.title = `${words.title} · Postern`
  const send = async () => {
    const pair = await makeKeys()
    const claimed = await say(() => api.POST('/claim', { body: { token, code: code.trim(), public_key: pair.publicKey } }))
    setMade({ name: claimed.device, text: withKey(claimed.configuration, pair.privateKey) })
  }
  return (
    <main class="centred wide" id="main">
      <div class="stack">
        <div class="row">
          <Mark size={44} />
          <div class="grow">
            <h1>{made ? words.doneTitle : words.title}</h1>
            {!made && <p class="muted">{words.lead}</p>}
          </div>
        </div>
        {made ? (
          <Card>
            <ol class="stack list" aria-live="polite">
              <li>
                <div class="stack">
                  <p>{words.step1}</p>
                  <Configuration name={made.name} text={made.text} />
                </div>
              </li>
              <li>
                <p>{words.step2}</p>
              </li>
              <li>
                <p>
                  {words.step3} {state.value?.access !== 'bootstrap' && <a href="/clients">{words.mail}</a>}
                </p>
              </li>
            </ol>
          </Card>
        ) : token ? (
          <Card>
            <Form send={send} submit={words.submit} fields={['code']} size="wide">
              {(wrong) => <Input label={words.code} hint={words.codeHint} value={code} onInput={setCode} required autofocus autocomplete="off" mono wrong={wrong('code')} />}
            </Form>
          </Card>
        ) : (
          <Note tone="warn">{words.noToken}</Note>
        )}
        <LookAndLanguage />
      </div>
    </main>
  )
}
