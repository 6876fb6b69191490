import { useEffect, useRef, useState } from 'preact/hooks'
import { api, ApiError, say } from '../api/client'
import { state } from '../api/session'
import { t } from '../i18n'
import { Form, Input } from '../ui/forms'
import { Mark } from '../ui/icons'
import { LookAndLanguage } from '../ui/preferences'
import { Button, Card } from '../ui/parts'

export function Login() {
  const words = t().login
  const [account, setAccount] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [second, setSecond] = useState(false)
  const [recovery, setRecovery] = useState(false)
  const heading = useRef<HTMLHeadingElement>(null)
  document.title = `${words.title} · Postern`
  useEffect(() => heading.current?.focus(), [second])

  const send = async () => {
    try {
      const answer = await say(() => api.POST('/session', { body: { account: account.trim(), password, ...(second ? { code: code.trim() } : {}) } }))
      if (answer.needs === 'second-factor' && !answer.signed_in) setSecond(true)
      else state.value = answer
    } catch (error) {
      if (error instanceof ApiError && error.kind === 'second-factor-wrong') setCode('')
      throw error
    }
  }
  const restart = () => {
    setSecond(false)
    setCode('')
    setPassword('')
  }

  return (
    <main class="centred" id="main">
      <div class="stack">
        <div class="row">
          <Mark size={44} />
          <div class="grow">
            <h1 ref={heading} tabIndex={-1}>
              {second ? words.codeTitle : words.title}
            </h1>
            <p class="muted">{second ? (recovery ? words.recoveryLead : words.codeLead) : words.lead(location.hostname)}</p>
          </div>
        </div>
        <Card>
          {second ? (
            <Form key="code" send={send} submit={words.submit} size="wide">
              {() => <Input key={String(recovery)} label={recovery ? words.recoveryCode : words.code} value={code} onInput={setCode} required autofocus autocomplete="one-time-code" inputMode={recovery ? 'text' : 'numeric'} mono />}
            </Form>
          ) : (
            <Form key="password" send={send} submit={words.submit} size="wide">
              {() => (
                <>
                  <Input label={words.account} value={account} onInput={setAccount} required autocomplete="username" autofocus />
                  <Input label={words.password} type="password" value={password} onInput={setPassword} required autocomplete="current-password" />
                </>
              )}
            </Form>
          )}
          {second && (
            <div class="row between">
              <Button kind="quiet" size="small" onClick={() => setRecovery(!recovery)}>
                {recovery ? words.useApp : words.useRecovery}
              </Button>
              <Button kind="quiet" size="small" onClick={restart}>
                {words.other}
              </Button>
            </div>
          )}
        </Card>
        {!second && <p class="small muted">{words.help}</p>}
        <LookAndLanguage />
      </div>
    </main>
  )
}
