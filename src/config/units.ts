// Sizes and durations as people write them: `10 GiB`, `500 MB`, `5 min`, `1.5 h`, `7 d`. Pure text ⇄ numbers.

/** Powers of 1024 with an i (and for a bare letter, as Amanda and tar read it), powers of 1000 without. */
const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  byte: 1,
  bytes: 1,
  k: 1024,
  kib: 1024,
  kb: 1000,
  m: 1024 ** 2,
  mib: 1024 ** 2,
  mb: 1000 ** 2,
  g: 1024 ** 3,
  gib: 1024 ** 3,
  gb: 1000 ** 3,
  t: 1024 ** 4,
  tib: 1024 ** 4,
  tb: 1000 ** 4,
  p: 1024 ** 5,
  pib: 1024 ** 5,
  pb: 1000 ** 5,
}

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: SECOND_MS,
  sec: SECOND_MS,
  second: SECOND_MS,
  seconds: SECOND_MS,
  min: MINUTE_MS,
  minute: MINUTE_MS,
  minutes: MINUTE_MS,
  h: HOUR_MS,
  hour: HOUR_MS,
  hours: HOUR_MS,
  d: DAY_MS,
  day: DAY_MS,
  days: DAY_MS,
  w: 7 * DAY_MS,
  week: 7 * DAY_MS,
  weeks: 7 * DAY_MS,
}

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^\s*(\d{1,15}(?:\.\d{1,9})?)\s*([A-Za-z]*)\s*$/.exec(text)
  if (match === null) return undefined
  const unit = (match[2] ?? '').toLowerCase()
  if (!Object.hasOwn(units, unit)) return undefined
  const value = Math.round(Number(match[1]) * (units[unit] ?? 0))
  return Number.isSafeInteger(value) ? value : undefined
}

/** Bytes; undefined when `text` is no size. A number without a unit is bytes. */
export function parseSize(text: string): number | undefined {
  return parseQuantity(text, SIZE_UNITS)
}

/** Milliseconds; undefined when `text` is no duration. The unit must be there: a bare number has been misread too often. */
export function parseDuration(text: string): number | undefined {
  return parseQuantity(text, DURATION_UNITS)
}

/** `10 GiB`, `1.5 MiB`, `17 B`: at most one decimal, for people. */
export function formatSize(bytes: number): string {
  const sign = bytes < 0 ? '-' : ''
  let value = Math.abs(bytes)
  let unit = 'B'
  for (const larger of ['KiB', 'MiB', 'GiB', 'TiB', 'PiB']) {
    if (value < 1024) break
    value /= 1024
    unit = larger
  }
  return `${sign}${Number.isInteger(value) || value >= 100 ? Math.round(value) : value.toFixed(1)} ${unit}`
}

/** `350 ms`, `12 s`, `5 min 3 s`, `2 h 5 min`, `3 d 4 h`: the two largest units, for people. */
export function formatDuration(ms: number): string {
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`
  const units: readonly (readonly [string, number])[] = [['d', DAY_MS], ['h', HOUR_MS], ['min', MINUTE_MS], ['s', SECOND_MS]]
  const first = units.findIndex(([, size]) => ms >= size)
  const words: string[] = []
  let left = ms
  for (const [name, size] of units.slice(first, first + 2)) {
    const count = Math.floor(left / size)
    left -= count * size
    if (count > 0) words.push(`${count} ${name}`)
  }
  return words.join(' ')
}

/** The same size as `parseSize` reads it: in the largest unit of which it is a whole number. */
export function exactSize(bytes: number): string | number {
  const [unit] = ['PiB', 'TiB', 'GiB', 'MiB', 'KiB'].filter((name) => bytes % (SIZE_UNITS[name.toLowerCase()] ?? 1) === 0)
  return bytes === 0 || unit === undefined ? bytes : `${bytes / (SIZE_UNITS[unit.toLowerCase()] ?? 1)} ${unit}`
}

/** The same duration as `parseDuration` reads it: in the largest unit of which it is a whole number. */
export function exactDuration(ms: number): string {
  const [unit = 'ms'] = ['d', 'h', 'min', 's'].filter((name) => ms > 0 && ms % (DURATION_UNITS[name] ?? 1) === 0)
  return `${ms / (DURATION_UNITS[unit] ?? 1)} ${unit}`
}
