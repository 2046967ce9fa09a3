// What a room says while it works. `Log` is for people who look for the reason of something; `EventSink` (typed by its user) is for
// other parts of the program. Neither may be given a secret.

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A log that adds `fields` to every line. */
  child(fields: LogFields): Log
}

/** Receives values as they happen. Must return at once and never throw. */
export type EventSink<T> = (event: T) => void

export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
}
