// Each step: what is asked, why, and the two ways on.
import type { ComponentChildren, ComponentType } from 'preact'
import { useState } from 'preact/hooks'
import { api, say, type Schemas } from '../../api/client'
import { draft } from '../../api/draft'
import { useLoad } from '../../api/load'
import { t } from '../../i18n'
import { DnsRecords } from '../../ui/dns'
import { LogServerState } from '../../ui/log-server'
import { Links, Reach } from '../../ui/network-parts'
import { Button, Card, Data, Note } from '../../ui/parts'
import { BeginFactor, RecoveryCodes } from '../../ui/second-factor'
import { Settings } from '../../ui/settings'
import { DeliveryTest, SmartHost } from '../../ui/smart-host'
import { Colleague } from './colleague'
import { Recovery } from './recovery'
import { TestMail } from './test-mail'

export interface StepProps {
  done: () => Promise<unknown>
  skip: () => Promise<unknown>
}

/** A step's frame: title, reason, content, and the ways on at its end. */
export function Step({ of, title, lead, children, ready = true, noSkip }: { of: StepProps; title: string; lead: string; children: ComponentChildren; ready?: boolean; noSkip?: boolean }) {
  const words = t().setup
  return (
    <Card title={title} lead={lead}>
      {children}
      <div class="row end wizard-foot no-print">
        {!noSkip && <Button onClick={of.skip}>{words.skip}</Button>}
        <Button kind="primary" disabled={!ready} onClick={of.done}>
          {words.markDone}
        </Button>
      </div>
    </Card>
  )
}

function Administrator(of: StepProps) {
  const words = t().setup.administrator
  const loaded = useLoad(() => say(() => api.GET('/account')))
  const [codes, setCodes] = useState<string[]>()
  return (
    <Card title={words.factorTitle} lead={words.factorText}>
      {codes ? (
        <RecoveryCodes codes={codes} onDone={of.done} />
      ) : (
        <Data of={loaded}>
          {(account) =>
            account.second_factor ? (
              <div class="stack">
                <Note tone="good">{`${t().account.factor}: ${t().account.factorOn}`}</Note>
                <div class="row end">
                  <Button kind="primary" onClick={of.done}>
                    {t().setup.markDone}
                  </Button>
                </div>
              </div>
            ) : (
              <BeginFactor onCodes={setCodes} onCancel={() => void of.skip()} />
            )
          }
        </Data>
      )}
    </Card>
  )
}

function Name(of: StepProps) {
  const words = t().setup.name
  return (
    <Step of={of} title={words.title} lead={words.lead} ready={!changed('gateway')}>
      <Settings of={[{ key: 'gateway.name', label: t().network.name, hint: t().network.nameHint }]} />
    </Step>
  )
}

/** Whether the draft still holds changes of a section: then the way on is to apply them first. */
const changed = (section: string): boolean => draft.value?.body.difference.some((one) => one.key.startsWith(`${section}.`)) ?? false

function Network(of: StepProps) {
  const words = t().setup.network
  return (
    <Step of={of} title={words.title} lead={words.lead}>
      <Links />
    </Step>
  )
}

function ReachStep(of: StepProps) {
  const words = t().setup.reach
  return (
    <Step of={of} title={words.title} lead={words.lead} ready={!changed('vpn')}>
      <Reach />
      <Settings
        of={[
          { key: 'vpn.endpoint', label: t().network.vpnEndpoint, hint: t().network.vpnEndpointHint },
          { key: 'vpn.port', label: t().network.vpnPort, kind: 'number' },
        ]}
      />
    </Step>
  )
}

function Delivery(of: StepProps) {
  const words = t().setup.delivery
  const waits = changed('delivery')
  return (
    <Step of={of} title={words.title} lead={words.lead} ready={!waits}>
      <SmartHost />
      <h3>{t().delivery.test}</h3>
      {waits ? <Note>{words.applyFirst}</Note> : <DeliveryTest />}
    </Step>
  )
}

function Dns(of: StepProps) {
  const words = t().setup.dns
  return (
    <Step of={of} title={words.title} lead={words.lead}>
      <DnsRecords />
    </Step>
  )
}

function LogServer(of: StepProps) {
  const words = t().setup.logserver
  return (
    <Step of={of} title={words.title} lead={words.lead}>
      <LogServerState />
    </Step>
  )
}

export const steps: Record<Schemas['SetupStepName'], ComponentType<StepProps>> = {
  administrator: Administrator,
  name: Name,
  network: Network,
  reach: ReachStep,
  delivery: Delivery,
  dns: Dns,
  logserver: LogServer,
  colleague: Colleague,
  test: TestMail,
  recovery: Recovery,
}
