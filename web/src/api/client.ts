// One typed door to the box. What goes wrong is always an ApiError; what needs a fresh login asks for one and goes on.
import createClient from 'openapi-fetch'
import { planned } from './planned'
import type { components, paths } from './schema'

export type Schemas = components['schemas']
export type Problem = Schemas['Problem']

export const api = createClient<paths>({ baseUrl: '/api/v1', headers: { Accept: 'application/json' } })

// What this box does not serve yet is answered here, without a request that would have to fail.
api.use({
  onRequest: ({ schemaPath, request }) => {
    if (!planned.has(`${request.method} ${schemaPath}`)) return undefined
    const problem: Problem = { type: '/problems/planned', status: 501, title: 'Not there yet', detail: '' }
    return new Response(JSON.stringify(problem), { status: 501, headers: { 'Content-Type': 'application/problem+json' } })
  },
})

/** Whether this box serves an operation of the contract: "GET /mail". */
export const served = (operation: string): boolean => !planned.has(operation)

export class ApiError extends Error {
  /** Status 0: the box did not answer. */
  constructor(
    readonly status: number,
    readonly problem: Problem | null,
  ) {
    super(problem?.detail || problem?.title || '')
  }
  /** The last part of the problem's type: "throttled", "fresh-login-needed" ... */
  get kind(): string {
    return this.problem?.type.split('/').pop() ?? ''
  }
  /** What is said about the member of that path, if anything. */
  field(path: string): string | undefined {
    return this.problem?.errors?.find((error) => error.path === path)?.detail
  }
}

/** Set by the application: asks for the password again; true when that worked. */
export const hooks: { freshLogin: () => Promise<boolean>; signedOut: () => void } = {
  freshLogin: () => Promise.resolve(false),
  signedOut: () => undefined,
}

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

export interface Told<T> {
  data: T
  etag: string
}

function problemOf(error: unknown): Problem | null {
  return error && typeof error === 'object' && 'title' in error ? (error as Problem) : null
}

/** Sends a request and gives answer and ETag. `request` may run twice: with a fresh login in between. */
export async function ask<T>(request: () => Promise<Answer<T>>): Promise<Told<T>> {
  for (let tries = 0; ; tries++) {
    let answer: Answer<T>
    try {
      answer = await request()
    } catch {
      throw new ApiError(0, null)
    }
    if (answer.response.ok) return { data: answer.data as T, etag: answer.response.headers.get('ETag') ?? '' }
    const error = new ApiError(answer.response.status, problemOf(answer.error))
    if (error.kind === 'fresh-login-needed' && tries === 0) {
      if (await hooks.freshLogin()) continue
    } else if (error.kind === 'not-logged-in') hooks.signedOut()
    throw error
  }
}

/** The same, only the answer. */
export const say = async <T>(request: () => Promise<Answer<T>>): Promise<T> => (await ask(request)).data

/** For what must not happen twice when it is sent again. */
export const idempotency = () => ({ 'Idempotency-Key': crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('') })
