import { encode } from 'uqr'
import { expect, test } from 'vitest'
import { qrPath } from '../src/ui/qr'

test('the path covers exactly the dark squares', () => {
  const text = '[Interface]\nPrivateKey = abc\n'
  const { data } = encode(text, { ecc: 'L', border: 2 })
  const { size, path } = qrPath(text)
  const drawn = Array.from({ length: size }, () => Array<boolean>(size).fill(false))
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) for (let i = 0; i < Number(run); i++) drawn[Number(y)]![Number(x) + i] = true
  expect(drawn).toEqual(data)
})
