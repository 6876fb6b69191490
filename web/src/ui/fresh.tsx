// Asks for the password again before something that can't be undone.
import { signal } from '@preact/signals'
import { useState } from 'preact/hooks'
import { api, say } from '../api/client'
import { state } from '../api/session'
import { t } from '../i18n'
import { Dialog } from './dialogs'
import { Form, Input } from './forms'
import { Button } from './parts'

const waiting = signal<((fresh: boolean) => void) | null>(null)

export const askFreshLogin = (): Promise<boolean> => new Promise((answer) => (waiting.value = answer))

function Ask({ answer }: { answer: (fresh: boolean) => void }) {
  const words = t().login
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const close = (fresh: boolean) => {
    waiting.value = null
    answer(fresh)
  }
  const send = async () => {
    state.value = await say(() => api.POST('/session/fresh', { body: { password, ...(code ? { code } : {}) } }))
    close(true)
  }
  return (
    <Dialog title={words.freshTitle} onClose={() => close(false)}>
      <p>{words.freshText}</p>
      <Form send={send} submit={words.freshSubmit} actions={<Button onClick={() => close(false)}>{t().cancel}</Button>}>
        {() => (
          <>
            <Input label={words.password} type="password" autocomplete="current-password" required value={password} onInput={setPassword} />
            <Input label={words.freshCode} autocomplete="one-time-code" value={code} onInput={setCode} />
          </>
        )}
      </Form>
    </Dialog>
  )
}

export const FreshLogin = () => (waiting.value ? <Ask answer={waiting.value} /> : null)
