import { describe, expect, test } from 'vitest'
import { de } from '../src/i18n/de'
import { en } from '../src/i18n/en'

/** All texts of a catalogue with their paths; functions are called with plain arguments. */
function texts(of: object, path = ''): [string, string][] {
  return Object.entries(of).flatMap(([key, value]): [string, string][] => {
    const at = `${path}/${key}`
    if (typeof value === 'string') return [[at, value]]
    if (typeof value === 'function') return [[at, String((value as (...all: unknown[]) => unknown)(...Array<number>(value.length).fill(3)))]]
    return texts(value as object, at)
  })
}

describe('catalogues', () => {
  test('have the same keys, also where a key is not fixed by its type', () => {
    expect(texts(de).map(([at]) => at)).toEqual(texts(en).map(([at]) => at))
  })
  test('have no empty text and no value that was not filled in', () => {
    for (const [at, text] of [...texts(en), ...texts(de)]) {
      expect(text.trim(), at).not.toBe('')
      expect(text, at).not.toMatch(/undefined|NaN|\[object/)
    }
  })
})
