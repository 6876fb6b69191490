// Data of a page: loaded when it is shown, again on demand or when the box says that something changed.
import { useEffect, useRef, useState } from 'preact/hooks'
import { ApiError } from './client'

export interface Loaded<T> {
  data: T | undefined
  error: ApiError | undefined
  loading: boolean
  /** Loads again; what is shown stays until then. */
  again: () => void
  /** Shows this, without asking. */
  set: (data: T) => void
}

/** Loads by `load` whenever `keys` change, and again each `every` seconds while the page is looked at. */
export function useLoad<T>(load: () => Promise<T>, keys: readonly unknown[] = [], every = 0): Loaded<T> {
  const [data, set] = useState<T>()
  const [error, setError] = useState<ApiError>()
  const [loading, setLoading] = useState(true)
  const [round, setRound] = useState(0)
  const shown = useRef<string>('')
  const key = JSON.stringify(keys)

  useEffect(() => {
    let wanted = true
    if (shown.current !== key) set(undefined)
    shown.current = key
    setLoading(true)
    load()
      .then((value) => {
        if (!wanted) return
        set(value)
        setError(undefined)
      })
      .catch((problem: unknown) => {
        if (wanted) setError(problem instanceof ApiError ? problem : new ApiError(0, null))
      })
      .finally(() => wanted && setLoading(false))
    return () => {
      wanted = false
    }
  }, [key, round])

  useEffect(() => {
    if (!every) return
    const timer = setInterval(() => document.visibilityState === 'visible' && setRound((n) => n + 1), every * 1000)
    return () => clearInterval(timer)
  }, [every])

  return { data, error, loading, again: () => setRound((n) => n + 1), set }
}
