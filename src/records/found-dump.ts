// A dump, or a part of one, that the state of a configuration tells of: a row of `amadmin find`.

export interface FoundDump {
  /** Timestamp of the run that made the dump. */
  readonly timestamp: string
  /** Timestamp of the run that wrote it to the volume; `00000000000000` for what is on no volume. */
  readonly writeTimestamp: string
  readonly host: string
  readonly disk: string
  readonly level: number
  /** `HOLDING` on a holding disk; empty where a dump failed before a volume was there. */
  readonly storage: string
  readonly pool: string
  /** Of the volume; on a holding disk the path of the first chunk; empty where there is nothing. */
  readonly label: string
  /** 0: none. */
  readonly fileNumber: number
  /** −1: not known, or no part. */
  readonly partNumber: number
  readonly partCount: number
  /** Of this part: `OK`, `PARTIAL`, or `FAILED (<program>) <why>` for a dump that was not made. */
  readonly status: string
  /** Of the dump as a whole: `OK`, `PARTIAL`, `FAIL`; empty where there is no dump. */
  readonly dumpStatus: string
  /** Why the dump as a whole is not well. */
  readonly message: string
  /** KiB of this part as stored. */
  readonly kib: number
  /** KiB of the whole dump before compression; 0: not known. */
  readonly originalKib: number
  readonly isOnHolding: boolean
}

export const NOT_WRITTEN = '00000000000000'

/** Keys of an order, in the order in which they count when nothing else is said; a capital letter is the same key backwards. */
export const FIND_ORDER = 'hkdlspbfw'

type Compare = (a: FoundDump, b: FoundDump) => number

const byText = (of: (dump: FoundDump) => string): Compare => (a, b) => Buffer.compare(Buffer.from(of(a)), Buffer.from(of(b)))
const byNumber = (of: (dump: FoundDump) => number): Compare => (a, b) => of(a) - of(b)

const KEYS: Readonly<Record<string, Compare>> = {
  h: byText(({ host }) => host),
  k: byText(({ disk }) => disk),
  d: byText(({ timestamp }) => timestamp),
  l: byNumber(({ level }) => level),
  s: byText(({ storage }) => storage),
  p: byNumber(({ partNumber }) => partNumber),
  b: byText(({ label }) => label),
  f: byNumber(({ fileNumber }) => fileNumber),
  w: byText(({ writeTimestamp }) => writeTimestamp),
}

/** Whether every letter is a key. */
export function isFindOrder(order: string): boolean {
  return order.split('').every((letter) => Object.hasOwn(KEYS, letter.toLowerCase()))
}

/** Those that are equal in every key stay in the order given. */
export function sortFound(dumps: readonly FoundDump[], order: string): FoundDump[] {
  const compares = order.split('').flatMap((letter) => {
    const compare = KEYS[letter.toLowerCase()]
    if (compare === undefined) return []
    return [letter === letter.toLowerCase() ? compare : (a: FoundDump, b: FoundDump): number => -compare(a, b)]
  })
  return dumps.toSorted((a, b) => {
    for (const compare of compares) {
      const result = compare(a, b)
      if (result !== 0) return result
    }
    return 0
  })
}
