// The contract between `sim/main.ts` and a world. A world plays one schedule from one seed, all by itself: the same seed gives the same run
// on every machine. Worlds live in `sim/worlds/` and are listed in `sim/worlds.ts`.

export interface SimRun {
  readonly seed: number
  /** What went wrong; undefined: every invariant held. */
  readonly failure: string | undefined
  /** How often each kind of fault was injected. */
  readonly faults: Readonly<Record<string, number>>
  /** How often each state or transition was taken. */
  readonly states: ReadonlyMap<string, number>
  readonly steps: number
  readonly virtualMs: number
  /** The last things that happened, for the report of a failure. */
  readonly trace?: readonly string[]
}

export interface Plant {
  readonly summary: string
  /** What the failure must say, so that a defect counts as found only by the check that is meant to see it. */
  readonly sign: RegExp
}

export interface SimWorld {
  readonly name: string
  readonly summary: string
  /** Every state or transition that enough seeds must show. */
  readonly states: readonly string[]
  /** Defects that `--plant` puts in. */
  readonly plants: Readonly<Record<string, Plant>>
  /** Faults that every seed must have had at least. */
  readonly faultsMin: number
  /** An enumerating world has this many schedules, numbered from 1; a seeded one has no end. */
  count?(): Promise<number>
  run(seed: number, plant?: string): SimRun | Promise<SimRun>
}

/** Thrown by a world's checks when an invariant does not hold. */
export class InvariantFailure extends Error {
  override readonly name = 'InvariantFailure'
}

export function fail(text: string): never {
  throw new InvariantFailure(text)
}
