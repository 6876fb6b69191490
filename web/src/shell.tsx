// The frame of all pages after the login: menu, page, and what must be seen wherever one is.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ComponentType } from 'preact'
import { online, status } from './api/events'
import { logout, may, session, type Role } from './api/session'
import { t } from './i18n'
import { match, place } from './router'
import { DraftBar, PendingChange } from './ui/draft-bar'
import { Icon, Mark, type IconName } from './ui/icons'
import { lazy } from './ui/lazy'
import { Badge, Button, Empty, Note, Page } from './ui/parts'
import { LookAndLanguage } from './ui/preferences'

type Key = keyof ReturnType<typeof t>['nav']
interface Item {
  path: string
  key: Key
  icon: IconName
  role: Role
}
const menu: Item[] = [
  { path: '/overview', key: 'overview', icon: 'overview', role: 'auditor' },
  { path: '/people', key: 'people', icon: 'people', role: 'auditor' },
  { path: '/mail', key: 'mail', icon: 'mail', role: 'auditor' },
  { path: '/delivery', key: 'delivery', icon: 'send', role: 'auditor' },
  { path: '/logserver', key: 'logserver', icon: 'log', role: 'auditor' },
  { path: '/network', key: 'network', icon: 'network', role: 'auditor' },
  { path: '/security', key: 'security', icon: 'shield', role: 'auditor' },
  { path: '/system', key: 'system', icon: 'system', role: 'auditor' },
  { path: '/audit', key: 'audit', icon: 'audit', role: 'auditor' },
  { path: '/setup', key: 'setup', icon: 'check', role: 'administrator' },
]
const own: Item[] = [
  { path: '/my-mail', key: 'ownMail', icon: 'mail', role: 'person' },
  { path: '/clients', key: 'clients', icon: 'send', role: 'person' },
  { path: '/account', key: 'account', icon: 'account', role: 'person' },
]

interface Route {
  pattern: string
  role: Role
  page: ComponentType<Record<string, string>>
}
const page = (load: () => Promise<unknown>) => lazy(load as () => Promise<{ default: ComponentType<Record<string, string>> }>)
const people = page(() => import('./pages/people'))
const person = page(() => import('./pages/person'))
const mail = page(() => import('./pages/mail'))
const clients = page(() => import('./pages/clients'))
const setup = page(() => import('./pages/setup'))
const routes: Route[] = [
  { pattern: '/overview', role: 'auditor', page: page(() => import('./pages/overview')) },
  { pattern: '/people', role: 'auditor', page: people },
  { pattern: '/people/:name', role: 'auditor', page: person },
  { pattern: '/people/:name/clients', role: 'auditor', page: clients },
  { pattern: '/mail', role: 'auditor', page: mail },
  { pattern: '/mail/:view', role: 'auditor', page: mail },
  { pattern: '/message/:id', role: 'auditor', page: page(() => import('./pages/message')) },
  { pattern: '/delivery', role: 'auditor', page: page(() => import('./pages/delivery')) },
  { pattern: '/logserver', role: 'auditor', page: page(() => import('./pages/logserver')) },
  { pattern: '/network', role: 'auditor', page: page(() => import('./pages/network')) },
  { pattern: '/security', role: 'auditor', page: page(() => import('./pages/security')) },
  { pattern: '/system', role: 'auditor', page: page(() => import('./pages/system')) },
  { pattern: '/audit', role: 'auditor', page: page(() => import('./pages/audit')) },
  { pattern: '/setup', role: 'administrator', page: setup },
  { pattern: '/setup/:step', role: 'administrator', page: setup },
  { pattern: '/my-mail', role: 'person', page: page(() => import('./pages/own-mail')) },
  { pattern: '/clients', role: 'person', page: clients },
  { pattern: '/account', role: 'person', page: page(() => import('./pages/account')) },
]

function Current() {
  const path = place.value.path === '/' || place.value.path === '/login' ? (may('auditor') ? '/overview' : '/clients') : place.value.path
  for (const route of routes) {
    const values = match(route.pattern, path)
    if (!values) continue
    if (!may(route.role)) break
    const Known = route.page
    return <Known key={route.pattern + JSON.stringify(values)} {...values} />
  }
  return (
    <Page title={t().errors.notFoundTitle}>
      <Empty icon="info" title={t().errors.notFoundTitle} action={<a class="button" href="/">{t().errors.home}</a>}>
        {t().errors.notFoundText}
      </Empty>
    </Page>
  )
}

function Items({ of }: { of: Item[] }) {
  const path = place.value.path === '/' ? (may('auditor') ? '/overview' : '/clients') : place.value.path
  const here = (item: Item) => path === item.path || path.startsWith(`${item.path}/`) || (item.path === '/mail' && path.startsWith('/message/'))
  const urgent = status.value?.alerts.filter((alert) => alert.severity !== 'notice').length ?? 0
  return (
    <ul class="nav">
      {of
        .filter((item) => may(item.role))
        .map((item) => (
          <li key={item.path}>
            <a href={item.path} aria-current={here(item) ? 'page' : undefined}>
              <Icon name={item.icon} />
              {t().nav[item.key]}
              {item.key === 'overview' && urgent > 0 && (
                <span class="count">
                  <Badge tone="warn">{urgent}</Badge>
                </span>
              )}
            </a>
          </li>
        ))}
    </ul>
  )
}

export function Shell() {
  const [open, setOpen] = useState(false)
  const main = useRef<HTMLElement>(null)
  const first = useRef(true)
  const path = place.value.path
  // A new page is announced by moving to it, as a browser does when it loads one.
  useEffect(() => {
    setOpen(false)
    if (first.current) first.current = false
    else main.current?.focus({ preventScroll: true })
  }, [path])
  useEffect(() => {
    if (!open) return
    const close = (event: KeyboardEvent) => event.key === 'Escape' && setOpen(false)
    addEventListener('keydown', close)
    return () => removeEventListener('keydown', close)
  }, [open])
  const words = t().nav
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        {t().skip}
      </a>
      <header class="top no-print">
        <a class="brand" href="/">
          <Mark size={28} /> Postern
        </a>
        <Button icon="menu" size="small" onClick={() => setOpen(true)}>
          {t().menu}
        </Button>
      </header>
      <div class="side no-print" data-open={open ? '' : undefined}>
        <div class="row between">
          <a class="brand" href="/">
            <Mark />
            <span>
              Postern
              <small>{status.value?.name ?? location.hostname}</small>
            </span>
          </a>
          {open && (
            <Button icon="close" size="small" autofocus onClick={() => setOpen(false)}>
              {t().close}
            </Button>
          )}
        </div>
        <nav aria-label={words.label}>
          <Items of={menu} />
        </nav>
        <div class="side-foot">
          <nav aria-label={words.account}>
            <Items of={own} />
          </nav>
          <p class="small muted">
            {session.value?.full_name || session.value?.person} · {session.value && t().roles[session.value.role]}
          </p>
          <Button icon="out" size="small" onClick={logout}>
            {words.logout}
          </Button>
          <LookAndLanguage />
        </div>
      </div>
      <main class="main" id="main" ref={main} tabIndex={-1}>
        {!online.value && (
          <div class="page">
            <Note tone="warn" live>
              {t().lost}
            </Note>
          </div>
        )}
        {may('administrator') && <PendingChange />}
        <Current />
        {may('administrator') && <DraftBar />}
      </main>
    </div>
  )
}
