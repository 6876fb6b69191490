// Settings: what is in force, the draft that isn't yet, and a change that waits for its confirmation.
import { signal } from '@preact/signals'
import { api, ask, say, type Schemas } from './client'

export interface Draft {
  etag: string
  body: Schemas['Draft']
}
export const draft = signal<Draft | null>(null)
export const pending = signal<Schemas['Applied'] | null>(null)

export type Value = string | number | boolean | null | Value[] | { [key: string]: Value }

/** The value of "section.key.below" in a document. */
export function valueAt(document: unknown, key: string): Value | undefined {
  let value: unknown = document
  for (const part of key.split('.')) {
    if (!value || typeof value !== 'object') return undefined
    value = (value as Record<string, unknown>)[part]
  }
  return value as Value | undefined
}

/** A merge patch from flat keys: {"vpn.port": 1} becomes {vpn: {port: 1}}. */
export function patchOf(changes: Record<string, Value>): Record<string, Record<string, Value>> {
  const patch: Record<string, Value> = {}
  for (const [key, value] of Object.entries(changes)) {
    const parts = key.split('.')
    const last = parts.pop() ?? ''
    let place = patch
    for (const part of parts) place = (place[part] ??= {}) as Record<string, Value>
    place[last] = value
  }
  return patch as Record<string, Record<string, Value>>
}

export async function loadDraft(): Promise<Draft> {
  const { data, etag } = await ask(() => api.GET('/configuration/draft'))
  return (draft.value = { body: data, etag })
}

export async function change(changes: Record<string, Value>): Promise<void> {
  const { data, etag } = await ask(() =>
    api.PATCH('/configuration/draft', { params: { header: { 'If-Match': draft.value?.etag ?? '' } }, body: patchOf(changes) as never }),
  )
  draft.value = { body: data, etag }
}

export async function drop(): Promise<void> {
  await say(() => api.DELETE('/configuration/draft'))
  await loadDraft()
}

export async function apply(): Promise<void> {
  const applied = await say(() => api.POST('/configuration/apply', { params: { header: { 'If-Match': draft.value?.etag ?? '' } } }))
  pending.value = applied.confirm ? applied : null
  await loadDraft()
}

export async function loadPending(): Promise<void> {
  const configuration = await say(() => api.GET('/configuration'))
  pending.value = configuration.pending ?? null
}

export async function keep(): Promise<void> {
  await say(() => api.POST('/configuration/confirm', { body: { token: pending.value?.token ?? '' } }))
  pending.value = null
}

export async function revert(): Promise<void> {
  await say(() => api.POST('/configuration/revert'))
  pending.value = null
  await loadDraft()
}
