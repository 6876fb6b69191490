// The address bar as a signal. Paths are plain; a click on a link of ours changes the page without loading it anew.
import { signal } from '@preact/signals'

const read = () => ({ path: location.pathname, query: new URLSearchParams(location.search), hash: location.hash.slice(1) })

export const place = signal(read())

/** Goes to a path of ours; `replace` leaves no step to come back to. */
export function go(to: string, replace = false): void {
  if (to === location.pathname + location.search + location.hash) return
  history[replace ? 'replaceState' : 'pushState'](null, '', to)
  const before = place.value.path
  place.value = read()
  if (before !== place.value.path) scrollTo(0, 0)
}

/** The values of `:names` in a pattern such as "/people/:name", or null where the path is another one. */
export function match(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/').filter(Boolean)
  const given = path.split('/').filter(Boolean)
  if (wanted.length !== given.length) return null
  const values: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? ''
    if (part.startsWith(':')) {
      try {
        values[part.slice(1)] = decodeURIComponent(value)
      } catch {
        return null
      }
    } else if (part !== value) return null
  }
  return values
}

/** Listens to the browser's back and forward, and to clicks on links. */
export function startRouter(): void {
  addEventListener('popstate', () => (place.value = read()))
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const link = (event.target as Element | null)?.closest?.('a')
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return
    if (link.pathname.startsWith('/api/') || (link.hash && link.pathname === location.pathname)) return
    event.preventDefault()
    go(link.pathname + link.search + link.hash)
  })
}
