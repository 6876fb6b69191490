// The wizard: steps that the box remembers, so that another browser can go on.
import type { ComponentType } from 'preact'
import { api, say, type Schemas } from '../../api/client'
import { useLoad } from '../../api/load'
import { t } from '../../i18n'
import { go } from '../../router'
import { Icon } from '../../ui/icons'
import { Button, Card, Data, Empty, Page } from '../../ui/parts'
import { steps, type StepProps } from './steps'

type Name = Schemas['SetupStepName']
const order: Name[] = ['administrator', 'name', 'network', 'reach', 'delivery', 'dns', 'logserver', 'colleague', 'test', 'recovery']

function List({ of, current }: { of: Schemas['Setup']; current: Name | undefined }) {
  const words = t().setup
  const stateOf = (name: Name) => of.steps.find((one) => one.name === name)?.state ?? 'todo'
  return (
    <nav aria-label={words.stepsLabel} class="wizard-steps">
      <ol class="steps">
        {order.map((name, index) => (
          <li key={name} class={stateOf(name)}>
            <a href={`/setup/${name}`} aria-current={name === current ? 'step' : undefined}>
              <span class="dot" aria-hidden="true">
                {stateOf(name) === 'done' ? <Icon name="check" size={14} /> : index + 1}
              </span>
              <span>
                {words.steps[name]} <span class="visually-hidden">({words.stepStates[stateOf(name)]})</span>
              </span>
            </a>
          </li>
        ))}
      </ol>
    </nav>
  )
}

export default function Setup({ step }: { step?: string }) {
  const words = t().setup
  const loaded = useLoad(() => say(() => api.GET('/setup')))
  const firstOpen = (of: Schemas['Setup']) => order.find((name) => (of.steps.find((one) => one.name === name)?.state ?? 'todo') === 'todo')

  return (
    <Data of={loaded}>
      {(known) => {
        const current = order.find((name) => name === step) ?? firstOpen(known)
        const done = known.steps.filter((one) => one.state !== 'todo').length
        const finish = async (name: Name, state: 'done' | 'skipped') => {
          const now = await say(() => api.PUT('/setup/steps/{step}', { params: { path: { step: name } }, body: { state } }))
          loaded.set(now)
          const next = order[order.indexOf(name) + 1]
          go(next ? `/setup/${next}` : '/setup')
        }
        if (!current) {
          return (
            <Page title={words.finished}>
              <Card>
                <Empty icon="check" title={words.finished} action={<a class="button primary" href="/overview">{words.toOverview}</a>}>
                  {words.finishedText}
                </Empty>
              </Card>
              <List of={known} current={undefined} />
            </Page>
          )
        }
        const Step: ComponentType<StepProps> = steps[current]
        return (
          <Page title={words.title} lead={words.progress(done, order.length)} actions={<Button kind="quiet" onClick={() => go('/overview')}>{words.later}</Button>}>
            <progress class="progress no-print" value={done} max={order.length} aria-label={words.progress(done, order.length)} />
            <div class="wizard">
              <List of={known} current={current} />
              <Step key={current} done={() => finish(current, 'done')} skip={() => finish(current, 'skipped')} />
            </div>
          </Page>
        )
      }}
    </Data>
  )
}
