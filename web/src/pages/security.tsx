import { useState } from 'preact/hooks'
import { api, say, served, type Schemas } from '../api/client'
import { useLoad } from '../api/load'
import { may } from '../api/session'
import { t } from '../i18n'
import { duration } from '../i18n/format'
import { confirm, Dialog } from '../ui/dialogs'
import { Check, Form, Input } from '../ui/forms'
import { Button, Card, Code, Copy, Data, Empty, Note, Page, Table, When } from '../ui/parts'
import { Sessions } from '../ui/sessions'

function Bans() {
  const words = t().security
  const loaded = useLoad(() => say(() => api.GET('/bans')), [], 15)
  const clear = async (account: string, source: string) => {
    await say(() => api.POST('/bans/clear', { body: { ...(account ? { account } : {}), ...(source ? { source } : {}) } }))
    loaded.again()
  }
  return (
    <Card title={words.bans} lead={words.bansLead}>
      <Data of={loaded} empty={(all) => all.waiting.length === 0 && <Empty icon="shield" title={words.noBans}>{words.noBansText}</Empty>}>
        {(all) => (
          <Table
            caption={words.bans}
            rows={all.waiting}
            id={(one) => `${one.account} ${one.source}`}
            columns={[
              { title: words.account, kind: 'head', cell: (one) => <b>{one.account || words.anyAccount}</b> },
              { title: words.source, cell: (one) => <span class="mono">{one.source || words.anywhere}</span> },
              { title: words.wait, cell: (one) => duration(one.seconds) },
              { title: words.refusals, cell: (one) => one.refusals },
              { title: t().actions, kind: 'actions', cell: (one) => may('helpdesk') && <Button size="small" onClick={() => clear(one.account, one.source)}>{words.clear}</Button> },
            ]}
          />
        )}
      </Data>
    </Card>
  )
}

function MailSessions() {
  const words = t().security
  const loaded = useLoad(() => say(() => api.GET('/mail-sessions')), [], 10)
  const end = async (person: string) => {
    if (!(await confirm(words.endTitle, words.endText(person), words.end, true))) return
    await say(() => api.POST('/mail-sessions/end', { body: { person } }))
    loaded.again()
  }
  return (
    <Card title={words.mail}>
      <Data of={loaded} empty={(all) => all.sessions.length === 0 && <Empty icon="mail" title={words.noMail}>{words.noMailText}</Empty>}>
        {(all) => (
          <Table
            caption={words.mail}
            rows={all.sessions}
            id={(one) => one.session}
            columns={[
              { title: t().mail.person, kind: 'head', cell: (one) => <b>{one.person || '–'}</b> },
              { title: t().mail.device, cell: (one) => one.device || '–' },
              { title: words.source, cell: (one) => <span class="mono">{one.client}</span> },
              { title: 'TLS', cell: (one) => one.tls || '–' },
              { title: words.messages, cell: (one) => one.messages },
              { title: words.duration, cell: (one) => duration(one.seconds) },
              { title: t().actions, kind: 'actions', cell: (one) => may('helpdesk') && one.person && <Button size="small" onClick={() => end(one.person)}>{words.end}</Button> },
            ]}
          />
        )}
      </Data>
    </Card>
  )
}

const scopes = ['read', 'people', 'mail', 'system'] as const

function Tokens() {
  const words = t().security
  const loaded = useLoad(() => say(() => api.GET('/tokens')))
  const [dialog, setDialog] = useState(false)
  const [name, setName] = useState('')
  const [chosen, setChosen] = useState<Schemas['Scope'][]>(['read'])
  const [made, setMade] = useState<Schemas['MadeToken']>()
  const close = () => {
    setDialog(false)
    setMade(undefined)
    setName('')
    loaded.again()
  }
  const send = async () => setMade(await say(() => api.POST('/tokens', { body: { name: name.trim(), scopes: chosen } })))
  const revoke = async (id: string) => {
    if (!(await confirm(words.revokeTitle, words.revokeText, t().remove, true))) return
    await say(() => api.DELETE('/tokens/{id}', { params: { path: { id } } }))
    loaded.again()
  }
  return (
    <Card title={words.tokens} lead={words.tokensLead} aside={<Button size="small" icon="plus" onClick={() => setDialog(true)}>{words.newToken}</Button>}>
      <Data of={loaded} empty={(all) => all.tokens.length === 0 && <p class="muted">{words.noTokens}</p>}>
        {(all) => (
          <Table
            caption={words.tokens}
            rows={all.tokens}
            id={(one) => one.id}
            columns={[
              { title: words.tokenName, kind: 'head', cell: (one) => <b>{one.name}</b> },
              { title: words.scopes, cell: (one) => one.scopes.map((scope) => words.scopeOf[scope]).join(', ') },
              { title: t().audit.by, cell: (one) => one.by },
              { title: words.lastUsed, cell: (one) => <When time={one.last_used} /> },
              { title: t().actions, kind: 'actions', cell: (one) => <Button size="small" onClick={() => revoke(one.id)}>{t().remove}</Button> },
            ]}
          />
        )}
      </Data>
      {dialog && (
        <Dialog title={words.newToken} onClose={close}>
          {made ? (
            <div class="stack">
              <Note tone="warn" title={words.made} />
              <Code>{made.secret}</Code>
              <div class="row between">
                <Copy text={made.secret} />
                <Button kind="primary" onClick={close}>
                  {t().done}
                </Button>
              </div>
            </div>
          ) : (
            <Form send={send} submit={words.newToken} fields={['name', 'scopes']} actions={<Button onClick={close}>{t().cancel}</Button>}>
              {(wrong) => (
                <>
                  <Input label={words.tokenName} value={name} onInput={setName} required wrong={wrong('name')} />
                  <fieldset class="stack tight">
                    <legend class="label">{words.scopes}</legend>
                    {scopes.map((scope) => (
                      <Check label={words.scopeOf[scope]} checked={chosen.includes(scope)} onInput={(on) => setChosen(on ? [...chosen, scope] : chosen.filter((one) => one !== scope))} />
                    ))}
                  </fieldset>
                </>
              )}
            </Form>
          )}
        </Dialog>
      )}
    </Card>
  )
}

export default function Security() {
  const words = t().security
  return (
    <Page title={words.title} lead={words.lead}>
      <Bans />
      <MailSessions />
      <Card title={words.panel}>
        <Sessions />
      </Card>
      {may('administrator') && served('GET /tokens') && <Tokens />}
    </Page>
  )
}
