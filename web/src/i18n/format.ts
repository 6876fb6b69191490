// Numbers, sizes and times as the reader's language writes them.
import { language } from '.'

export const number = (value: number): string => new Intl.NumberFormat(language.value).format(value)

export function bytes(value: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']
  let step = 0
  while (value >= 1000 && step < units.length - 1) {
    value /= 1000
    step++
  }
  return new Intl.NumberFormat(language.value, {
    style: 'unit',
    unit: units[step] ?? 'byte',
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: value < 10 && step > 0 ? 1 : 0,
  }).format(value)
}

const steps: [number, Intl.RelativeTimeFormatUnit][] = [
  [60, 'second'],
  [3600, 'minute'],
  [86400, 'hour'],
  [86400 * 60, 'day'],
  [86400 * 730, 'month'],
  [Infinity, 'year'],
]

/** "3 minutes ago", "in 2 hours"; seconds from now, negative for the past. */
export function relative(seconds: number): string {
  const size = Math.abs(seconds)
  const index = steps.findIndex(([limit]) => size < limit)
  const [, unit] = steps[index] ?? [0, 'second' as const]
  const divisor = { second: 1, minute: 60, hour: 3600, day: 86400, month: 86400 * 30.44, year: 86400 * 365.25 }[unit as 'second'] ?? 1
  return new Intl.RelativeTimeFormat(language.value, { numeric: 'auto' }).format(Math.round(seconds / divisor), unit)
}

export const ago = (time: string): string => relative((Date.parse(time) - Date.now()) / 1000)

export const dateTime = (time: string): string =>
  new Intl.DateTimeFormat(language.value, { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(time))

export const date = (time: string): string => new Intl.DateTimeFormat(language.value, { dateStyle: 'long' }).format(new Date(time))

/** "8 min", "2 h": how long, coarsely. */
export function duration(seconds: number): string {
  const [value, unit] = seconds < 90 ? [seconds, 'second'] : seconds < 5400 ? [seconds / 60, 'minute'] : seconds < 172800 ? [seconds / 3600, 'hour'] : [seconds / 86400, 'day']
  return new Intl.NumberFormat(language.value, { style: 'unit', unit: unit as string, unitDisplay: 'short', maximumFractionDigits: 0 }).format(value as number)
}
