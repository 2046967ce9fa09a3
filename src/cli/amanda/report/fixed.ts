// Numbers as C prints them with `%.Nf`: a value that lies exactly between two is rounded to the even one, where JavaScript takes the larger.

/** More digits than a double has behind its point where a tie is possible in a report. */
const EXACT_DIGITS = 60

export function fixed(value: number, digits: number): string {
  const near = value.toFixed(digits)
  if (!Number.isFinite(value) || Math.abs(value) >= 1e15) return near
  const exact = Math.abs(value).toFixed(digits + EXACT_DIGITS)
  const tail = exact.slice(exact.length - EXACT_DIGITS)
  if (!/^50*$/.test(tail)) return near
  const cut = exact.slice(0, exact.length - EXACT_DIGITS).replace(/\.$/, '')
  const isEven = Number(cut.at(-1)) % 2 === 0
  if (!isEven) return near
  return value < 0 ? `-${cut}` : cut
}
