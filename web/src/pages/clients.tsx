// Everything that a colleague needs to set up a mail program, in plain words.
import { api, say, type Schemas } from '../api/client'
import { useLoad } from '../api/load'
import { t } from '../i18n'
import { lazy } from '../ui/lazy'
import { Card, Code, Copy, Data, Facts, Note, Page } from '../ui/parts'

const Qr = lazy(() => import('../ui/qr'))
type Client = Schemas['ClientSetup']

const Steps = ({ of }: { of: string[] }) => (
  <ol class="list stack tight">
    {of.map((step) => (
      <li>{step}</li>
    ))}
  </ol>
)

function Settings({ of }: { of: Client }) {
  const words = t().clients
  const [best, ...others] = of.outgoing
  return (
    <Card title={words.server}>
      {best && (
        <Facts
          of={[
            [words.server, <CopyFact text={best.host} />],
            [words.port, <b>{best.port}</b>],
            [words.security, <b>{words.securities[best.security]}</b>],
            [words.account, <CopyFact text={of.account} />],
            [words.passwordName, <span class="muted">{words.passwordText}</span>],
            [words.addresses, of.addresses.join(', ') || '–'],
          ]}
        />
      )}
      {of.addresses.length === 0 && <Note tone="warn">{words.noAddress}</Note>}
      {others.length > 0 && (
        <p class="small muted">
          {words.second}: {others.map((one) => `${one.host}, ${words.port} ${one.port}, ${words.securities[one.security]}`).join('; ')}
        </p>
      )}
    </Card>
  )
}

const CopyFact = ({ text }: { text: string }) => (
  <span class="row">
    <b>{text}</b> <Copy text={text} label={text} />
  </span>
)

/** An address of the box's, wherever the browser came from; only addresses of this very place are links to follow. */
const ownPath = (address: string): string => {
  const url = new URL(address, location.origin)
  return url.host === location.host ? url.pathname + url.search : url.href
}

function Programs({ of, own }: { of: Client; own: boolean }) {
  const words = t().clients
  return (
    <Card title={words.programs}>
      <div class="stack">
        <details>
          <summary>{words.thunderbird}</summary>
          <Steps of={words.thunderbirdSteps} />
        </details>
        <details>
          <summary>{words.outlook}</summary>
          <Steps of={words.outlookSteps} />
        </details>
        <details>
          <summary>{words.apple}</summary>
          <div class="stack">
            <Steps of={words.appleSteps} />
            {of.profile && own && (
              <a class="button" href={ownPath(of.profile)} download>
                {words.profile}
              </a>
            )}
          </div>
        </details>
        <details>
          <summary>{words.other}</summary>
          <p>{words.otherText}</p>
        </details>
        <details>
          <summary>{words.trust}</summary>
          <div class="stack">
            <p>{words.trustText}</p>
            {of.authority && (
              <div class="row">
                <a class="button" href={ownPath(of.authority)} download>
                  {words.authority}
                </a>
              </div>
            )}
            <p>{words.fingerprint}:</p>
            <Code>{of.fingerprint}</Code>
          </div>
        </details>
        {of.srv.length > 0 && (
          <details>
            <summary>{words.srv}</summary>
            <Code>{of.srv.join('\n')}</Code>
          </details>
        )}
      </div>
    </Card>
  )
}

export default function Clients({ name }: { name?: string }) {
  const words = t().clients
  const loaded = useLoad(() => (name ? say(() => api.GET('/people/{name}/client', { params: { path: { name } } })) : say(() => api.GET('/account/client'))), [name])
  const address = `${location.origin}/clients`
  return (
    <Page narrow title={name ? words.titleFor(loaded.data?.full_name || name) : words.title} lead={words.lead}>
      <Data of={loaded}>
        {(client) => (
          <>
            <Note title={words.before}>{words.beforeText}</Note>
            <Settings of={client} />
            <Programs of={client} own={!name} />
            <Card title={words.phone}>
              <p>{words.phoneText}</p>
              <Qr text={address} label={address} />
              <p class="small muted">{address}</p>
            </Card>
          </>
        )}
      </Data>
    </Page>
  )
}
