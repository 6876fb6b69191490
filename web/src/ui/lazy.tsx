// Parts that come when they are needed.
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { t } from '../i18n'
import { Button, Empty } from './parts'

type Loader<P> = () => Promise<{ default: ComponentType<P> }>

export function lazy<P extends object>(load: Loader<P>): ComponentType<P> {
  let known: ComponentType<P> | null = null
  return function Lazy(props: P) {
    const [, again] = useState(0)
    const [failed, setFailed] = useState(false)
    useEffect(() => {
      if (known) return
      load().then(
        (module) => {
          known = module.default
          again((n) => n + 1)
        },
        () => setFailed(true),
      )
    }, [])
    if (known) {
      const Known = known
      return <Known {...props} />
    }
    if (failed)
      return (
        <Empty icon="offline" title={t().errors.offlineTitle} action={<Button onClick={() => location.reload()}>{t().again}</Button>}>
          {t().errors.unreachable}
        </Empty>
      )
    return <div class="skeleton" aria-busy="true" />
  }
}
