import { served } from '../api/client'
import { may } from '../api/session'
import { t } from '../i18n'
import { DnsRecords } from '../ui/dns'
import { Card, Page } from '../ui/parts'
import { DeliveryTest, SmartHost } from '../ui/smart-host'

export default function Delivery() {
  const words = t().delivery
  return (
    <Page title={words.title} lead={words.lead}>
      <div class="grid-2">
        <Card title={words.smartHost} lead={words.smartHostLead}>
          <SmartHost />
        </Card>
        {may('administrator') && served('POST /delivery/test') && (
          <Card title={words.test} lead={words.testLead}>
            <DeliveryTest />
          </Card>
        )}
      </div>
      <Card title={words.dns} lead={words.dnsLead}>
        <DnsRecords />
      </Card>
    </Page>
  )
}
