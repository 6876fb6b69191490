import { useState } from 'preact/hooks'
import { api, say, type Schemas } from '../api/client'
import { t } from '../i18n'
import { number } from '../i18n/format'
import { LogServerState } from '../ui/log-server'
import { Button, Card, Note, Page } from '../ui/parts'

export default function LogServer() {
  const words = t().logserver
  const [proof, setProof] = useState<Schemas['LedgerProof']>()
  return (
    <Page title={words.title} lead={words.lead}>
      <Card>
        <LogServerState />
      </Card>
      <Card title={words.verify} lead={words.verifyLead}>
        <div class="row">
          <Button onClick={async () => setProof(await say(() => api.POST('/ledger/verify')))}>{words.verifyNow}</Button>
        </div>
        {proof && (
          <Note tone={proof.intact ? 'good' : 'bad'} title={proof.intact ? words.intact(number(proof.entries)) : words.broken} live>
            {proof.defect && (
              <p>
                {proof.defect.file}:{proof.defect.line} – {proof.defect.what}
              </p>
            )}
            {proof.unproven.length > 0 && (
              <details>
                <summary>{words.unproven}</summary>
                <ul class="list">
                  {proof.unproven.map((one) => (
                    <li>{one}</li>
                  ))}
                </ul>
              </details>
            )}
          </Note>
        )}
      </Card>
    </Page>
  )
}
