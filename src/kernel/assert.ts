// Assertions about our own code. They stay on in production and stop the process: input from a peer, a disk or a person must
// never reach one (that is what Fault is for).

/** Stops the process when `condition` is false. `message` says which invariant of ours is broken. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message)
}

/** Marks a branch that the types rule out. */
export function unreachable(value: never): never {
  throw new AssertionFailure(`unreachable value ${JSON.stringify(value)}`)
}

export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure'
}
