// The one assertion of cases.

/** Throws with `what` when it is not so. */
export function must(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(what)
}
