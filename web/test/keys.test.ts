// @vitest-environment node
import { createPublicKey, diffieHellman, generateKeyPairSync, createPrivateKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { makeKeys, suggestPassword, withKey } from '../src/keys'

const pkcs8 = Buffer.from('302e020100300506032b656e04220420', 'hex')
const spki = Buffer.from('302a300506032b656e032100', 'hex')

describe.each([
  ['by WebCrypto', globalThis.crypto.subtle],
  ['by the library', undefined],
])('keys made %s', (_how, subtle) => {
  test('are a pair: another implementation agrees with both halves', async () => {
    // The default would fall back to the platform's own; null says that there is none.
    const pair = await makeKeys(subtle ?? (null as unknown as undefined))
    const secret = createPrivateKey({ key: Buffer.concat([pkcs8, Buffer.from(pair.privateKey, 'base64')]), format: 'der', type: 'pkcs8' })
    const open = createPublicKey({ key: Buffer.concat([spki, Buffer.from(pair.publicKey, 'base64')]), format: 'der', type: 'spki' })
    const other = generateKeyPairSync('x25519')
    const one = diffieHellman({ privateKey: secret, publicKey: other.publicKey })
    expect(diffieHellman({ privateKey: other.privateKey, publicKey: open }).equals(one)).toBe(true)
  })
  test('are 32 bytes each, and new each time', async () => {
    const [a, b] = [await makeKeys(subtle), await makeKeys(subtle)]
    for (const key of [a.privateKey, a.publicKey]) expect(Buffer.from(key, 'base64')).toHaveLength(32)
    expect(a.privateKey).not.toBe(b.privateKey)
  })
})

describe('a configuration gets its key', () => {
  const rest = 'Address = 10.9.0.2/32\n\n[Peer]\nPublicKey = abc\n'
  test.each([
    ['an empty line', `[Interface]\nPrivateKey = \n${rest}`],
    ['a line without a space', `[Interface]\nPrivateKey=\n${rest}`],
    ['a comment', `[Interface]\n# PrivateKey = (stays on the device)\n${rest}`],
    ['no line at all', `[Interface]\n${rest}`],
  ])('in place of %s', (_what, text) => {
    expect(withKey(text, 'KEY=')).toBe(`[Interface]\nPrivateKey = KEY=\n${rest}`)
  })
})

test('a suggested password can be read aloud and does not repeat', () => {
  const all = new Set(Array.from({ length: 200 }, suggestPassword))
  expect(all.size).toBe(200)
  for (const one of all) expect(one).toMatch(/^[a-hjkmnp-z2-9]{4}(-[a-hjkmnp-z2-9]{4}){3}$/)
})
