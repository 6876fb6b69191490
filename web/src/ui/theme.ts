// Light, dark, or as the device says.
import { signal } from '@preact/signals'

export type Theme = 'auto' | 'light' | 'dark'
export const theme = signal<Theme>('auto')

export function setTheme(wanted: Theme): void {
  theme.value = wanted
  if (wanted === 'auto') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = wanted
  try {
    localStorage.setItem('theme', wanted)
  } catch {
    // Nothing is kept in a private window; the choice then lasts as long as the page.
  }
}

export function loadTheme(): void {
  let kept: string | null = null
  try {
    kept = localStorage.getItem('theme')
  } catch {
    return
  }
  if (kept === 'light' || kept === 'dark') setTheme(kept)
}
