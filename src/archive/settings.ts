// What a dump by our archiver is to be: all of it can be sent to a worker thread.

export interface ArchiveSettings {
  /** Absolute path of the directory that is dumped; links in it are followed. As a string of bytes (latin1). */
  readonly top: string
  readonly level: number
  /** Only count what the archive would hold. */
  readonly isEstimate: boolean
  readonly index: 'none' | 'names' | 'attributes'
  /** Stay on the file system and the mount of the top. */
  readonly isOneFileSystem: boolean
  /** Mount points that are entered all the same: paths below the top. */
  readonly crossed: readonly string[]
  /** Of directories with a CACHEDIR.TAG only the tag is dumped. */
  readonly isCacheSkipped: boolean
  /** Leave out what has the nodump flag. */
  readonly isNodumpHonoured: boolean
  readonly hasSparse: boolean
  readonly hasXattrs: boolean
  readonly hasAcls: boolean
  /** Patterns of GNU tar; what matches one is left out. Strings of bytes. */
  readonly excludes: readonly string[]
  /** Only these paths below the top and what is below them; undefined: all. */
  readonly includes: readonly string[] | undefined
  /** Seconds since 1970, before anything was looked at. */
  readonly startedSeconds: number
  /** The snapshot that a level above 0 builds on. */
  readonly basePath: string | undefined
  /** Make records for a snapshot. */
  readonly hasSnapshot: boolean
  /** Texts of /etc/passwd and /etc/group. */
  readonly passwd: string
  readonly group: string
}
