// Words of the pages: one catalogue for each language. English is the form that others must fill; a key that one lacks
// does not compile.
import { signal } from '@preact/signals'
import type { Catalogue } from './en'

export type Language = 'en' | 'de'
export const languages: Record<Language, string> = { en: 'English', de: 'Deutsch' }

const catalogue = signal<Catalogue | null>(null)
export const language = signal<Language>('en')

/** The words in force. */
export function t(): Catalogue {
  if (!catalogue.value) throw new Error('no catalogue is loaded')
  return catalogue.value
}

const kept = (): string | null => {
  try {
    return localStorage.getItem('language')
  } catch {
    return null
  }
}

export function preferred(): Language {
  const wish = kept() ?? navigator.language
  return wish.startsWith('de') ? 'de' : 'en'
}

export async function use(wanted: Language): Promise<void> {
  catalogue.value = wanted === 'de' ? (await import('./de')).de : (await import('./en')).en
  language.value = wanted
  document.documentElement.lang = wanted
  try {
    localStorage.setItem('language', wanted)
  } catch {
    // Private windows may keep nothing; then the browser's language counts.
  }
}
