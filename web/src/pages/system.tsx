import { api, say, served } from '../api/client'
import { status } from '../api/events'
import { useLoad } from '../api/load'
import { may } from '../api/session'
import { t } from '../i18n'
import { ago, date } from '../i18n/format'
import { MakeBackup, RestoreBackup, TryPassphrase } from '../ui/backup'
import { Badge, Card, Code, Data, Facts, Page, save, Button } from '../ui/parts'

const month = 30 * 86400_000

function Certificate() {
  const words = t().system
  const loaded = useLoad(() => say(() => api.GET('/certificate')))
  return (
    <Card title={words.certificate} lead={words.certificateLead}>
      <Data of={loaded}>
        {(one) => (
          <>
            <Facts
              of={[
                [words.names, [...one.dns, ...one.addresses].join(', ')],
                [words.issuer, one.authority ? words.ownAuthority : one.issuer],
                [
                  words.valid,
                  <span class="row">
                    {date(one.not_after)} <Badge tone={Date.parse(one.not_after) - Date.now() < month ? 'warn' : 'good'}>{ago(one.not_after)}</Badge>
                  </span>,
                ],
              ]}
            />
            <p class="small muted">{words.fingerprint}</p>
            <Code>{one.fingerprint}</Code>
            {one.authority && (
              <div class="row">
                <Button icon="download" onClick={() => save('postern-authority.pem', one.authority ?? '', 'application/x-pem-file')}>
                  {t().clients.authority}
                </Button>
              </div>
            )}
          </>
        )}
      </Data>
    </Card>
  )
}

export default function System() {
  const words = t().system
  return (
    <Page title={words.title} lead={status.value ? `${words.version} ${status.value.version}` : words.lead}>
      <div class="grid-2">
        <Card title={words.backup} lead={words.backupLead}>
          <MakeBackup />
        </Card>
        <Certificate />
        {may('administrator') && served('POST /backup/check') && (
          <Card title={words.check}>
            <TryPassphrase />
          </Card>
        )}
        {may('administrator') && served('POST /backup/restore') && (
          <Card title={words.restore} lead={words.restoreLead}>
            <RestoreBackup />
          </Card>
        )}
      </div>
    </Page>
  )
}
