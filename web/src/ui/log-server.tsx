import { api, say } from '../api/client'
import { useLoad } from '../api/load'
import { t } from '../i18n'
import { number } from '../i18n/format'
import { Badge, Data, Empty, Facts, Note } from './parts'

export function LogServerState() {
  const words = t().logserver
  const loaded = useLoad(() => say(() => api.GET('/logserver')), [], 15)
  return (
    <Data of={loaded} empty={(one) => !one.paired && <Empty icon="log" title={words.notPaired}>{words.notPairedText}</Empty>}>
      {(one) => (
        <>
          <Facts
            of={[
              [words.server, one.server ?? '–'],
              ['', <Badge tone={one.connected ? 'good' : 'bad'}>{one.connected ? words.connected : words.notConnected}</Badge>],
              [words.shipped, number(one.shipped ?? 0)],
              [words.waiting, number(one.waiting ?? 0)],
            ]}
          />
          {one.problem && <Note tone="warn">{one.problem}</Note>}
        </>
      )}
    </Data>
  )
}
