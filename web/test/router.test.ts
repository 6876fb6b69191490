import { expect, test } from 'vitest'
import { tokenOf } from '../src/pages/claim'
import { match } from '../src/router'

test('a pattern gives the values of its names', () => {
  expect(match('/people/:name', '/people/ada')).toEqual({ name: 'ada' })
  expect(match('/people/:name', '/people/a%2Fb/')).toEqual({ name: 'a/b' })
  expect(match('/people/:name/clients', '/people/ada/clients')).toEqual({ name: 'ada' })
  expect(match('/', '/')).toEqual({})
})
test('another path is no match, nor is a broken escape', () => {
  expect(match('/people/:name', '/people')).toBeNull()
  expect(match('/people/:name', '/people/ada/clients')).toBeNull()
  expect(match('/people/:name', '/persons/ada')).toBeNull()
  expect(match('/people/:name', '/people/%E0%A4%A')).toBeNull()
})
test('the token of a link is found behind #, in the query or as the last part', () => {
  const at = (path: string, query = '', hash = '') => tokenOf({ path, query: new URLSearchParams(query), hash })
  expect(at('/claim', '', 'abc')).toBe('abc')
  expect(at('/claim', '', 'token=abc')).toBe('abc')
  expect(at('/claim', 'token=abc')).toBe('abc')
  expect(at('/claim/abc')).toBe('abc')
  expect(at('/claim')).toBe('')
})
