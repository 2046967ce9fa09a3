/** What nobody needs and is younger may belong to a first backup that was interrupted and goes on: it stays. */
export const YOUNG_MS = 2 * 86_400_000
