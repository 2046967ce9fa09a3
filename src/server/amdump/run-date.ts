// Timestamps of runs and the moments they name, in local time as Amanda counts. A timestamp without a time of day is midnight.

/** Seconds since 1970. */
export function dateOfRun(run: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?$/.exec(run) ?? []
  if (year === undefined) return 0
  return new Date(Number(year), Number(month) - 1, Number(day), Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0)).getTime() / 1000
}

/** `YYYYMMDDhhmmss` of a moment in seconds since 1970. */
export function runOfDate(seconds: number): string {
  const at = new Date(seconds * 1000)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${at.getFullYear()}${two(at.getMonth() + 1)}${two(at.getDate())}${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`
}
