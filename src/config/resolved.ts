// The one model that all configuration languages resolve to. It is frozen, complete (every default is filled in) and has no
// references left to look up. Sizes are bytes, times are milliseconds unless the name says otherwise.

export type CompressConfig =
  | { readonly kind: 'none' }
  | { readonly kind: 'zstd' | 'gzip'; readonly where: 'client' | 'server'; readonly level: number }
  /** A program that compresses stdin to stdout, and uncompresses with `-d`. */
  | { readonly kind: 'custom'; readonly where: 'client' | 'server'; readonly program: string }

/** A program that encrypts stdin to stdout, and decrypts with `decryptOption`. */
export type EncryptConfig =
  | { readonly kind: 'none' }
  | { readonly kind: 'custom'; readonly where: 'client' | 'server'; readonly program: string; readonly decryptOption: string }

export type DumpStrategy = 'standard' | 'nofull' | 'noinc' | 'skip' | 'incronly'

export interface ApplicationConfig {
  /** `archive`, `gnutar`, `command`, or the name of an application plug-in. */
  readonly name: string
  readonly properties: Readonly<Record<string, readonly string[]>>
}

export interface ScriptConfig {
  readonly name: string
  readonly plugin: string
  /** `pre-dle-backup`, … */
  readonly executeOn: readonly string[]
  readonly executeWhere: 'client' | 'server'
  readonly properties: Readonly<Record<string, readonly string[]>>
}

/** How an unchanged client of Amanda is spoken to. */
export type StockAuth = 'bsdtcp' | 'bsdudp' | 'bsd' | 'ssh' | 'local'

/** How amandad is started with ssh and local. */
export interface AmandadConfig {
  readonly path: string
  readonly login: string
  readonly keyFile: string | undefined
  /** Of sshd; undefined: that of ssh's own configuration. */
  readonly port: number | undefined
}

/** Both ends included. */
export interface PortRangeConfig {
  readonly first: number
  readonly last: number
}

export interface StockClientConfig {
  readonly host: string
  readonly auth: StockAuth
  readonly address: string
  readonly port: number
  readonly amandad: AmandadConfig
  /** Undefined: the one that runs the server. */
  readonly user: string | undefined
  readonly replyTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly connectTries: number
  readonly requestTries: number
  readonly keepaliveMs: number
  readonly reservedTcpPorts: PortRangeConfig
  readonly reservedUdpPorts: PortRangeConfig
  readonly unreservedTcpPorts: PortRangeConfig | undefined
}

export interface DiskListEntry {
  readonly host: string
  /** Left out: the host has an agent of Holdfast. */
  readonly auth?: StockAuth
  /** The name the dump is known by. */
  readonly disk: string
  /** The directory or device that is dumped; usually the same as `disk`. */
  readonly device: string
  readonly dumptype: string
  readonly application: ApplicationConfig
  readonly compress: CompressConfig
  readonly encrypt: EncryptConfig
  readonly excludeFiles: readonly string[]
  readonly excludeLists: readonly string[]
  readonly includeFiles: readonly string[]
  readonly includeLists: readonly string[]
  /** Missing exclude and include lists are not an error. */
  readonly listsOptional: boolean
  /** The same of include lists alone; left out: as `listsOptional`. */
  readonly includeListsOptional?: boolean
  readonly priority: 'low' | 'medium' | 'high'
  readonly strategy: DumpStrategy
  readonly dumpCycleDays: number
  /** When a level is raised; left out: as the configuration says. */
  readonly bump?: BumpConfig
  /** Stored size by native size that is expected of compressed dumps while nothing is known of the disk; left out: 1. */
  readonly expectedRatios?: { readonly full: number; readonly incremental: number }
  /** A full dump is not made more than so many days early; left out: no limit. */
  readonly promoteDays?: number
  /** Left out: false. When a full dump is due, nothing is dumped; it is made by other means. */
  readonly isFullSkipped?: boolean
  /** Left out: false. Only days with a full dump have a dump. */
  readonly isIncrementalSkipped?: boolean
  /** Disks of one host with the same number are not dumped at the same time; -1: no such limit. */
  readonly spindle: number
  readonly maxDumps: number
  readonly holding: 'never' | 'auto' | 'required'
  readonly index: boolean
  /** Whether a good dump becomes the base of the next incremental. */
  readonly record: boolean
  /** `calcsize`: the client sums up sizes of files instead of running the program of the dump. */
  readonly estimate: 'client' | 'calcsize' | 'server'
  readonly partBytes: number | undefined
  /** Of `interfaces`; left out: no limit of bandwidth. */
  readonly interface?: string
  /** Minutes after midnight, local time: no dump of it starts earlier on that day. */
  readonly startMinutes?: number
  /** Its own number of further attempts. */
  readonly retries?: number
  /** In the order in which they run. */
  readonly scripts: readonly ScriptConfig[]
}

export interface BumpConfig {
  /** An incremental level is raised when that saves at least this much … */
  readonly bytes: number
  /** … or, when not 0, this share of the full dump … */
  readonly percent: number
  /** … multiplied by this for each level … */
  readonly multiplier: number
  /** … and not before this many days at the current level. */
  readonly days: number
}

export interface HoldingDiskConfig {
  readonly name: string
  readonly directory: string
  /** What Holdfast may use; negative: leave this much free. */
  readonly useBytes: number
  readonly chunkBytes: number
}

/** What goes first when dumps wait for a volume; `…fit`: of those that fit on what is left of it. */
export type TapeOrder = 'first' | 'firstfit' | 'largest' | 'largestfit' | 'smallest' | 'last'

/** When dumps go from the holding disk to volumes. Percentages of what one volume holds. */
export interface FlushConfig {
  /** A volume is begun once more than this is held … */
  readonly dumpedPercent: number
  /** … and more than this is held or will be in this run. */
  readonly scheduledPercent: number
  /** At the end of the run, more than this is worth beginning a volume; what is not stays held. */
  readonly restPercent: number
  readonly order: TapeOrder
  /** Dumps of earlier runs: all are written by each run, or those of the disks that it dumps, or none. */
  readonly earlier: 'all' | 'selected' | 'none'
}

/** A line that several hosts share. */
export interface InterfaceConfig {
  readonly name: string
  /** What dumps over it may take together, KiB a second. */
  readonly useKib: number
}

export type StorageConfig = VtapeStorageConfig | VaultStorageConfig

/** Volumes in Amanda's form, written again when nothing on them must be kept. */
export interface VtapeStorageConfig {
  readonly name: string
  readonly kind: 'vtape'
  readonly directory: string
  readonly slotCount: number
  /** What one volume may hold. */
  readonly volumeBytes: number
  readonly partBytes: number
  /** `$o` org, `$c` config, `$s` storage, `$m` meta, `%…` digits: as Amanda's label templates, for example `DAILY-%%%`. */
  readonly labelTemplate: string
  /** Which volumes may be labelled without an operator. */
  readonly autolabel: { readonly empty: boolean; readonly foreign: boolean }
  readonly volumesPerRun: number
  /** Volumes that must be kept at least. */
  readonly retainVolumes: number
  readonly retainDays: number
  /** Full dumps of each disk that must stay restorable, with the incrementals after them. */
  readonly retainFulls: number
  /** Left out: at once, first come first. */
  readonly flush?: FlushConfig
}

/** What opens the vault. */
export type VaultKeySource =
  /** 32 bytes that nobody else may read. */
  | { readonly kind: 'key-file'; readonly file: string }
  /** The first line is the passphrase. */
  | { readonly kind: 'passphrase-file'; readonly file: string }
  /** A program that prints the passphrase. */
  | { readonly kind: 'passphrase-command'; readonly argv: readonly [string, ...string[]] }

/** Which dumps stay: those that any of the rules keeps, by host and disk. */
export interface VaultKeepConfig {
  readonly last?: number
  readonly days?: number
  readonly daily?: number
  readonly weekly?: number
  readonly monthly?: number
  readonly yearly?: number
  readonly tags?: readonly string[]
}

/** A deduplicating, encrypted store (docs/formats/vault.md). */
export interface VaultStorageConfig {
  readonly name: string
  readonly kind: 'vault'
  readonly directory: string
  readonly secret: VaultKeySource
  /** Among whose dumps a segment is stored once: all of the vault, or those of each host by itself. */
  readonly dedupDomain: 'vault' | 'host'
  /** zstd, 1 to 19. */
  readonly compressLevel: number
  /** Undefined: nothing is removed. */
  readonly keep: VaultKeepConfig | undefined
}

export interface ScheduleConfig {
  /** Cron expression of the runs; undefined: only by hand. */
  readonly cron: string | undefined
  readonly timezone: string | undefined
  /** A run that was missed (machine off or asleep) is made up for at the next start, if it is not older than this. */
  readonly catchUpMs: number
}

export interface LimitsConfig {
  readonly parallelDumps: number
  /** A letter for each dumper, as Amanda's `dumporder`; left out: in the order of the plan. */
  readonly dumpOrder?: string
  /** Share of the holding disks, in percent, that full dumps leave to incrementals when no volume can be written. Left out: none. */
  readonly reservePercent?: number
  readonly retries: number
  readonly estimateTimeoutMs: number
  readonly dataTimeoutMs: number
  readonly connectTimeoutMs: number
}

export interface TetherConfig {
  readonly address: string
  readonly port: number
  /** `host` or `host:port` where agents find the server; undefined: the name of this machine and `port`. Goes into tokens. */
  readonly publicAddress: string | undefined
  readonly heartbeatMs: number
  readonly deadAfterMs: number
  readonly sessionHoldMs: number
}

export type MailVia =
  /** Reads the message from stdin, and its recipients from its head. */
  | { readonly kind: 'program'; readonly argv: readonly [string, ...string[]] }
  | {
      readonly kind: 'smtp'
      readonly host: string
      readonly port: number
      /** `offered`: encrypted when the server can, to keep listeners out; who it is remains unproven. */
      readonly security: 'tls' | 'starttls' | 'offered' | 'none'
      readonly user: string | undefined
      readonly passwordFile: string | undefined
      readonly caFile: string | undefined
    }

export interface MailConfig {
  readonly to: readonly string[]
  /** Undefined: `holdfast` at the name of this machine. */
  readonly from: string | undefined
  readonly when: 'always' | 'strange' | 'failed'
  readonly via: MailVia
  readonly timeoutMs: number
}

export interface DirectoriesConfig {
  /** Keys, catalog, agent registry, indexes, tapelist. */
  readonly state: string
  readonly cache: string
  readonly run: string
  readonly log: string
}

export interface ResolvedConfig {
  readonly name: string
  readonly organisation: string
  readonly directories: DirectoriesConfig
  readonly tether: TetherConfig
  readonly schedule: ScheduleConfig
  readonly dumpCycleDays: number
  readonly runsPerCycle: number
  readonly bump: BumpConfig
  readonly limits: LimitsConfig
  readonly holdingDisks: readonly HoldingDiskConfig[]
  /** Left out: none is limited. */
  readonly interfaces?: readonly InterfaceConfig[]
  readonly storage: StorageConfig
  /** A full dump of each disk should have been read back and found whole within this time. */
  readonly verifyWithinMs: number
  readonly disklist: readonly DiskListEntry[]
  /** Hosts of the disklist without an agent of Holdfast. Left out: none. */
  readonly stockClients?: readonly StockClientConfig[]
  /** Scripts that may run on the server; left out: none. */
  readonly serverScripts?: { readonly dir: string; readonly timeoutMs: number }
  /** Undefined: reports are not mailed. */
  readonly mail: MailConfig | undefined
  /** Names of dumptypes of the file that no disk uses, be it through another that inherits from them. */
  readonly unusedDumptypes: readonly string[]
}

/** Where a problem of a configuration is. Lines and columns count from 1. */
export interface ConfigProblem {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly next?: string
}
