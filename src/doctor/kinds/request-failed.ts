// How planner, dumper and amcheck say that a request to a client came to nothing: the same reason behind three beginnings. Reasons that stand
// elsewhere (a stream of a dump that runs) mean something else, so patterns of requests begin with this.

/** `reason` is the source of an expression, matched right after the beginning. */
export function requestFailed(reason: string): RegExp {
  return new RegExp(String.raw`(?:Request to (?<host>\S+) failed|request failed): ${reason}`)
}
