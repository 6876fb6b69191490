// Who is logged in, and what they may do.
import { computed, signal } from '@preact/signals'
import { api, say, type Schemas } from './client'

export type State = Schemas['SessionState']
export type Role = Schemas['Role']

export const state = signal<State | null>(null)
export const session = computed(() => (state.value?.signed_in ? (state.value.session ?? null) : null))

const order: Role[] = ['person', 'auditor', 'helpdesk', 'administrator']

/** Whether the one who is logged in has this role or one above it. */
export const may = (role: Role): boolean => !!session.value && order.indexOf(session.value.role) >= order.indexOf(role)

export async function refresh(): Promise<void> {
  state.value = await say(() => api.GET('/session'))
}

export async function logout(): Promise<void> {
  try {
    await say(() => api.DELETE('/session'))
  } finally {
    await refresh()
  }
}
