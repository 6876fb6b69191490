import { afterEach, expect, test, vi } from 'vitest'
import { ApiError, ask, hooks, say } from '../src/api/client'

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) => {
  const response = new Response(null, { status: status === 204 ? 204 : status, headers })
  return Promise.resolve(status < 400 ? { data: body, response } : { error: body, response })
}
const problem = (type: string, more: object = {}) => ({ type: `/problems/${type}`, status: 403, title: 'No', detail: 'Because.', ...more })

afterEach(() => {
  hooks.freshLogin = () => Promise.resolve(false)
  hooks.signedOut = () => undefined
})

test('an answer comes with its ETag', async () => {
  expect(await ask(() => answer(200, { a: 1 }, { ETag: '"7"' }))).toEqual({ data: { a: 1 }, etag: '"7"' })
})
test('a problem is an error with its kind and what it says of each field', async () => {
  const error = await say(() => answer(422, problem('invalid', { errors: [{ path: 'vpn.port', detail: 'too big' }] }))).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(ApiError)
  expect((error as ApiError).kind).toBe('invalid')
  expect((error as ApiError).field('vpn.port')).toBe('too big')
  expect((error as ApiError).field('vpn')).toBeUndefined()
})
test('a box that does not answer is status 0', async () => {
  const error = (await say(() => Promise.reject(new TypeError('network'))).catch((e: unknown) => e)) as ApiError
  expect(error.status).toBe(0)
})
test('what needs a fresh login asks for it once and goes on', async () => {
  hooks.freshLogin = vi.fn(() => Promise.resolve(true))
  let calls = 0
  expect(await say(() => (++calls === 1 ? answer(403, problem('fresh-login-needed')) : answer(200, 'done')))).toBe('done')
  expect(hooks.freshLogin).toHaveBeenCalledTimes(1)
})
test('without it nothing is sent again', async () => {
  const request = vi.fn(() => answer(403, problem('fresh-login-needed')))
  await expect(say(request)).rejects.toMatchObject({ status: 403 })
  expect(request).toHaveBeenCalledTimes(1)
})
test('it is not asked for twice', async () => {
  hooks.freshLogin = vi.fn(() => Promise.resolve(true))
  await expect(say(() => answer(403, problem('fresh-login-needed')))).rejects.toMatchObject({ status: 403 })
  expect(hooks.freshLogin).toHaveBeenCalledTimes(1)
})
test('a session that ended is told to the application', async () => {
  hooks.signedOut = vi.fn()
  await expect(say(() => answer(401, problem('not-logged-in')))).rejects.toBeInstanceOf(ApiError)
  expect(hooks.signedOut).toHaveBeenCalled()
})
