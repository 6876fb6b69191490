import { api, say } from '../../api/client'
import { status } from '../../api/events'
import { useLoad } from '../../api/load'
import { session } from '../../api/session'
import { t } from '../../i18n'
import { date } from '../../i18n/format'
import { MakeBackup } from '../../ui/backup'
import { Button, Code, Data, Facts } from '../../ui/parts'
import { Step, type StepProps } from './steps'

const Blank = () => <span class="blank" />

export function Recovery(of: StepProps) {
  const words = t().setup.recovery
  const loaded = useLoad(() => say(() => api.GET('/certificate')))
  return (
    <Step of={of} title={words.title} lead={words.lead}>
      <section class="sheet stack">
        <h3>{words.sheet}</h3>
        <Data of={loaded}>
          {(certificate) => (
            <>
              <Facts
                of={[
                  [words.box, status.value?.name ?? location.hostname],
                  [words.addresses, [...certificate.dns, ...certificate.addresses].map((one) => `https://${one.includes(':') ? `[${one}]` : one}`).join(' ')],
                  [words.admin, session.value?.person],
                  [words.printed, date(new Date().toISOString())],
                  [words.passphrase, <Blank />],
                  [words.codes, <Blank />],
                  [words.where, <Blank />],
                ]}
              />
              <p class="small muted">{words.fingerprint}</p>
              <Code>{certificate.fingerprint}</Code>
            </>
          )}
        </Data>
        <p class="small">{words.restoreHow}</p>
      </section>
      <div class="row no-print">
        <Button onClick={() => print()}>{t().print}</Button>
      </div>
      <details class="no-print">
        <summary>{words.backupFirst}</summary>
        <MakeBackup />
      </details>
    </Step>
  )
}
