import type { ComponentChildren } from 'preact'
import type { Pages } from '../api/pages'
import { t } from '../i18n'
import { Button, Data } from './parts'

/** A paged list: its states, its rows, and the way to more. */
export function Paged<T>({ of, empty, children }: { of: Pages<T>; empty: ComponentChildren; children: (rows: T[]) => ComponentChildren }) {
  return (
    <Data of={{ data: of.rows, error: of.error, loading: false, again: of.again, set: () => undefined }} empty={(rows) => rows.length === 0 && !of.more && empty}>
      {(rows) => (
        <>
          {children(rows)}
          {of.more && (
            <div class="row">
              <Button onClick={of.more}>{t().more}</Button>
            </div>
          )}
        </>
      )}
    </Data>
  )
}
