// What a trace log says about a run, gathered by program and by disk: the input of every form of amreport's report. Plain values without a word about how they are shown.
// A dump that was tried more than once has several tries; within a try each of dumper, chunker and taper has had its say once.

export const LOG_PROGRAMS = ['amdump', 'planner', 'amflush', 'amvault', 'driver', 'dumper', 'chunker', 'taper', 'amreport', 'amtrmidx', 'amtrmlog'] as const
export type LogProgram = (typeof LOG_PROGRAMS)[number]

/** `[sec S kb K kps R orig-kb O]` of a line. What is missing there is missing here. */
export interface LoggedStats {
  readonly seconds?: number
  /** As it was written. */
  readonly secondsText?: string
  readonly rateText?: string
  readonly kib?: number
  readonly kibPerSecond?: number
  readonly originalKib?: number
}

export interface DumperFacts extends LoggedStats {
  readonly status: 'success' | 'strange' | 'fail' | 'retry'
  readonly level: number
  readonly error?: string
  /** Lines of the client that stand below the entry. */
  readonly lines: string[]
}

export interface ChunkerFacts extends LoggedStats {
  readonly status: 'success' | 'partial' | 'fail'
  readonly level: number
  readonly error?: string
}

export interface PartFacts extends LoggedStats {
  readonly label: string
}

export interface TaperFacts {
  readonly parts: PartFacts[]
  storage: string
  /** Undefined while only parts were written. */
  status?: 'done' | 'partial' | 'fail'
  level?: number
  stats: LoggedStats
  error?: string
  /** Of a failure: `error`, or `config` when the configuration allows no more volumes. */
  failureFrom?: string
}

export interface RetryFacts {
  readonly level: number
  readonly message: string
}

export interface TryFacts {
  dumper?: DumperFacts
  chunker?: ChunkerFacts
  taper?: TaperFacts
  retry?: RetryFacts
}

export interface DumpFacts {
  readonly datestamp: string
  readonly tries: TryFacts[]
}

/** What planner or driver said of a disk without a dump. */
export interface DiskFailure {
  readonly level: number
  readonly error: string
}

export interface DiskFacts {
  readonly host: string
  readonly disk: string
  readonly dumps: DumpFacts[]
  /** The program that announced the disk in a DISK line. */
  announcedBy?: LogProgram
  isSkipped: boolean
  /** What driver thought the dump would come to. */
  estimate?: { readonly level: number; readonly kib: number }
  plannerFailure?: DiskFailure
  driverFailure?: DiskFailure
}

export interface ProgramFacts {
  readonly fatal: string[]
  readonly errors: string[]
  readonly notes: string[]
  start?: string
  /** `FINISH … time S`. */
  seconds?: number
  isFinished: boolean
}

export interface TapeFacts {
  readonly label: string
  storage: string
  /** Undefined when the log does not say that the volume was begun. */
  datestamp?: string
  seconds: number
  kib: number
  /** Dumps whose first part lies there. */
  dumpCount: number
  partCount: number
}

export interface LogFacts {
  readonly programs: ReadonlyMap<LogProgram, ProgramFacts>
  /** In the order in which the log names them. */
  readonly disks: readonly DiskFacts[]
  readonly tapes: readonly TapeFacts[]
  readonly hostname: string | undefined
  /** Of the process that ran it all: whether it came to its end; undefined when the log does not name it. */
  readonly runnerState: 'done' | 'aborted' | undefined
  /** Datestamp of the run; empty when no program has said it. */
  readonly datestamp: string
  /** Why taping ended before its time, and what the reason is: `error` or `config`. */
  readonly tapeError: { readonly from: string; readonly message: string } | undefined
  /** Whether driver lost its taper. */
  readonly hasTaperBroken: boolean
  /** Whether planner or driver said of any disk that it is not dumped. */
  readonly hasUnplanned: boolean
  /** Lines that say nothing that is known. */
  readonly strangerCount: number
  /** A log that another program than a run wrote: `checkdump` and the like. */
  readonly otherKind: string | undefined
}
