import { useState } from 'preact/hooks'
import { api, idempotency, say } from '../../api/client'
import { useLoad } from '../../api/load'
import { session } from '../../api/session'
import { t } from '../../i18n'
import { DeviceForm } from '../../ui/device-form'
import { Button, Data, Note } from '../../ui/parts'
import { PersonForm } from '../../ui/person-form'
import { Step, type StepProps } from './steps'

export function Colleague(of: StepProps) {
  const words = t().setup.colleague
  const loaded = useLoad(() => say(() => api.GET('/people', { params: { query: { limit: 50 } } })))
  const [chosen, setChosen] = useState<string>()
  const [adding, setAdding] = useState(false)
  return (
    <Step of={of} title={words.title} lead={words.lead}>
      <Data of={loaded}>
        {(all) => {
          const others = all.people.filter((one) => one.name !== session.value?.person)
          const person = chosen ?? (others.length === 1 && !adding ? others[0]?.name : undefined)
          if (person) {
            const known = all.people.find((one) => one.name === person)
            return (
              <div class="stack">
                <Note tone="good" title={known?.full_name || person}>
                  {words.chooseLead}
                </Note>
                <DeviceForm key={person} person={person} taken={known?.devices ?? []} onDone={() => void of.done()} />
                <div class="row">
                  <Button kind="quiet" size="small" onClick={() => (setAdding(true), setChosen(undefined))}>
                    {words.another}
                  </Button>
                </div>
              </div>
            )
          }
          return (
            <PersonForm
              simple
              submit={t().add}
              send={async (body) => {
                const headers = idempotency()
                const made = await say(() => api.POST('/people', { params: { header: headers }, body }))
                setChosen(made.name)
                loaded.again()
              }}
            />
          )
        }}
      </Data>
    </Step>
  )
}
