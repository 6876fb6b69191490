import { api, say, type Schemas } from '../api/client'
import { useLoad } from '../api/load'
import { t } from '../i18n'
import { Badge, Button, Copy, Data, Empty, type Tone } from './parts'

type Record_ = Schemas['DnsRecords']['records'][number]
const tones: Record<Record_['state'], Tone> = { unchecked: 'plain', right: 'good', missing: 'warn', different: 'bad' }

/** Records to copy, each with what the world says. */
export function DnsRecords() {
  const words = t().delivery
  const loaded = useLoad(() => say(() => api.GET('/dns')), [], 60)
  return (
    <Data of={loaded} empty={(all) => all.records.length === 0 && <Empty icon="network" title={words.noRecords}>{words.noRecordsText}</Empty>}>
      {(all) => (
        <div class="stack">
          <ul class="plain records">
            {all.records.map((one) => (
              <li key={one.name + one.type + one.value} class="stack tight">
                <div class="row between">
                  <span>
                    <Badge tone="accent">{one.type}</Badge> <b class="mono">{one.name}</b>
                  </span>
                  <Badge tone={tones[one.state]}>{words.states[one.state]}</Badge>
                </div>
                <p class="small muted">{words.purposes[one.purpose]}</p>
                <div class="row">
                  <code class="grow">{one.value}</code>
                  <Copy text={one.value} label={`${one.type} ${one.name}`} />
                </div>
                {one.state === 'different' && (one.found?.length ?? 0) > 0 && (
                  <p class="small">
                    {words.found} <code>{one.found?.join(' ')}</code>
                  </p>
                )}
              </li>
            ))}
          </ul>
          <div class="row">
            <Button icon="refresh" onClick={loaded.again}>
              {words.check}
            </Button>
          </div>
        </div>
      )}
    </Data>
  )
}
