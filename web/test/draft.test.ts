import { expect, test } from 'vitest'
import { patchOf, valueAt } from '../src/api/draft'

test('flat keys become a merge patch', () => {
  expect(patchOf({ 'vpn.port': 1, 'vpn.dns': ['::1'], 'delivery.smart_host.host': 'a.b' })).toEqual({
    vpn: { port: 1, dns: ['::1'] },
    delivery: { smart_host: { host: 'a.b' } },
  })
})
test('a value is found by its key, and what is not there is undefined', () => {
  const settings = { vpn: { port: 1 } }
  expect(valueAt(settings, 'vpn.port')).toBe(1)
  expect(valueAt(settings, 'vpn.port.low')).toBeUndefined()
  expect(valueAt(settings, 'mail.port')).toBeUndefined()
  expect(valueAt(undefined, 'mail')).toBeUndefined()
})
