// The first decision: set-up, login, or the pages.
import { effect } from '@preact/signals'
import { useEffect, useState } from 'preact/hooks'
import { ApiError, hooks } from './api/client'
import { closeEvents, openEvents } from './api/events'
import { may, refresh, session, state } from './api/session'
import { t } from './i18n'
import { Login } from './pages/login'
import { go, match, place } from './router'
import { Shell } from './shell'
import { Questions } from './ui/dialogs'
import { FreshLogin, askFreshLogin } from './ui/fresh'
import { lazy } from './ui/lazy'
import { Button, Empty, describe } from './ui/parts'
import { Toasts } from './ui/toasts'

const Claim = lazy(() => import('./pages/claim'))
const Welcome = lazy(() => import('./pages/setup/welcome'))

hooks.freshLogin = askFreshLogin
hooks.signedOut = () => {
  if (state.value?.signed_in) state.value = { ...state.value, signed_in: false, needs: 'login', session: undefined }
}

// What comes by itself belongs to a session that may see it.
effect(() => {
  if (session.value && may('auditor')) openEvents()
  else closeEvents()
})

function Start() {
  const [error, setError] = useState<ApiError>()
  const load = () =>
    refresh().then(
      () => setError(undefined),
      (problem: ApiError) => setError(problem),
    )
  useEffect(() => void load(), [])
  if (place.value.path.startsWith('/claim')) return <Claim />
  if (error)
    return (
      <main class="centred">
        <Empty icon="offline" title={t().errors.offlineTitle} action={<Button icon="refresh" onClick={load}>{t().again}</Button>}>
          {describe(error)}
        </Empty>
      </main>
    )
  const known = state.value
  if (!known) return <div class="centred" aria-busy="true" />
  if (known.access === 'bootstrap') return <Claim />
  if (known.setup_needed) return <Welcome />
  if (!known.signed_in) return <Login />
  if (match('/login', place.value.path)) go('/', true)
  return <Shell />
}

export const App = () => (
  <>
    <Start />
    <Questions />
    <FreshLogin />
    <Toasts />
  </>
)
