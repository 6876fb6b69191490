// Lists that come page by page.
import { useEffect, useRef, useState } from 'preact/hooks'
import { ApiError } from './client'

export interface Pages<T> {
  rows: T[] | undefined
  error: ApiError | undefined
  more: (() => Promise<void>) | null
  again: () => void
}

/** Loads the first page when `keys` change; `more` appends the following one. */
export function usePages<T>(load: (next?: string) => Promise<{ rows: T[]; next?: string | undefined }>, keys: readonly unknown[]): Pages<T> {
  const [rows, setRows] = useState<T[]>()
  const [next, setNext] = useState<string>()
  const [error, setError] = useState<ApiError>()
  const [round, setRound] = useState(0)
  const key = JSON.stringify([keys, round])
  const current = useRef(key)
  current.current = key

  const fetch = async (from?: string) => {
    try {
      const page = await load(from)
      if (current.current !== key) return
      setRows((before) => (from && before ? [...before, ...page.rows] : page.rows))
      setNext(page.next)
      setError(undefined)
    } catch (problem) {
      if (current.current === key) setError(problem instanceof ApiError ? problem : new ApiError(0, null))
    }
  }
  useEffect(() => void fetch(), [key])
  return { rows, error, more: next ? () => fetch(next) : null, again: () => setRound((n) => n + 1) }
}
