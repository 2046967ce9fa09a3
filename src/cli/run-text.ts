// The timestamp of a run as people read it.

/** `20261123220906` → `2026-11-23 22:09:06`. */
export function formatRun(run: string): string {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(run)
  return match === null ? run : `${match[1]}-${match[2]}-${match[3]} ${match[4]}:${match[5]}:${match[6]}`
}
