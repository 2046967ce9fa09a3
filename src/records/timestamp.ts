// Timestamps of runs: `YYYYMMDDHHMMSS` in local time, or the day alone.

/** Seconds since 1970; NaN when it is none. */
export function timestampSeconds(timestamp: string): number {
  const [, year, month, day, hour = '0', minute = '0', second = '0'] = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?$/.exec(timestamp) ?? []
  return new Date(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)).getTime() / 1000
}

/** The timestamp of a date, 14 digits. */
export function timestampOf(dateS: number): string {
  const date = new Date(dateS * 1000)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${String(date.getFullYear()).padStart(4, '0')}${[date.getMonth() + 1, date.getDate(), date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join('')}`
}
