// The `<dle>` element of requests: which disk, at which levels, made by which program, filtered how. Holds the model; the reader is in
// dle-reader.ts, the writer in dle-writer.ts.

/** A property of an application, a script or a dumptype: names are lower case with `-`. */
export interface DleProperty {
  readonly name: string
  readonly values: readonly string[]
  /** The server's value stands against the client's own. */
  readonly hasPriority?: boolean
}

export interface DleApplication {
  readonly plugin: string
  readonly properties: readonly DleProperty[]
}

export interface DleLevel {
  readonly level: number
  /** The server makes this estimate itself. */
  readonly isServers: boolean
}

export type DleCompress =
  | { readonly kind: 'none' | 'fast' | 'best' | 'server-fast' | 'server-best' }
  /**
   * The bare words `gzip` and `zstd` mean the agent's own filters (level in the dumptype property `compress-level`); a program has
   * a slash.
   */
  | { readonly kind: 'custom' | 'server-custom'; readonly program: string }

export type DleEncrypt =
  | { readonly kind: 'none' }
  | { readonly kind: 'custom' | 'server-custom'; readonly program: string; readonly decryptOption: string }

export interface DleSelection {
  readonly files: readonly string[]
  readonly lists: readonly string[]
  /** Missing lists are not an error. */
  readonly isOptional: boolean
}

export interface DleScript {
  readonly plugin: string
  readonly executeWhere: string
  readonly executeOn: string
  readonly properties: readonly DleProperty[]
}

export interface Dle {
  /** `GNUTAR`, `DUMP`, or `APPLICATION`, which needs `application`. */
  readonly program: string
  readonly application?: DleApplication
  /** Ways the server takes an estimate from, in its order of preference; empty: `CLIENT`. */
  readonly estimates: readonly string[]
  readonly disk: string
  /** The directory or device; `disk` when it is left out. */
  readonly device?: string
  readonly levels: readonly DleLevel[]
  /**
   * Run (`YYYYMMDDhhmmss`) of the dump that an incremental builds on. Written in `<dumpdate>`, which stock Amanda's reader takes
   * and passes over; a stock server does not send it.
   */
  readonly baseRun?: string
  readonly spindle?: number
  readonly auth?: string
  readonly compress: DleCompress
  readonly encrypt: DleEncrypt
  /** Whether a good dump becomes the base of later ones. */
  readonly record: boolean
  readonly index: boolean
  readonly isDataPathDirect?: boolean
  /** DATA carries talk of a vault in both directions (docs/protocol/vault.md); only our server asks for it, and only of the application `archive`. */
  readonly isDataPathVault?: boolean
  readonly exclude: DleSelection
  readonly include: DleSelection
  /** Properties of the dumptype. */
  readonly properties: readonly DleProperty[]
  readonly scripts: readonly DleScript[]
}

export const EMPTY_SELECTION: DleSelection = { files: [], lists: [], isOptional: false }
