// Whether what was read of a dump is what was written: the checksums in its header, those in the log of the run that taped it, and those of the bytes that came.

import type { DumpFileHeader } from '../../wire/amanda/dump-header.ts'

/** Checksums `%08x:%d` of a dump as the log has them; what it does not know is left out. */
export interface LoggedSums {
  readonly native?: string
  readonly client?: string
  readonly server?: string
}

export interface ReadSums {
  readonly header: Pick<DumpFileHeader, 'nativeCrc' | 'clientCrc' | 'serverCrc'>
  readonly logged: LoggedSums
  /** Of all that was read. */
  readonly source: string
  /** Of what came out of the filters; undefined when they were not undone. */
  readonly native: string | undefined
}

/** What a dump that ended badly has in place of a checksum. */
const UNKNOWN = '00000000:0'

/** What is not the same, a line each, in the words of stock Amanda; empty: all is well. */
export function compareSums({ header: { nativeCrc, clientCrc, serverCrc }, logged, source, native }: ReadSums): string[] {
  const known = (crc: string | undefined): string | undefined => (crc === UNKNOWN ? undefined : crc)
  const header = { nativeCrc: known(nativeCrc), clientCrc: known(clientCrc), serverCrc: known(serverCrc) }
  const lines: string[] = []
  for (const [name, ofHeader, ofLog] of [['native', header.nativeCrc, logged.native], ['client', header.clientCrc, logged.client], ['server', header.serverCrc, logged.server]] as const) {
    if (ofHeader !== undefined && ofLog !== undefined && ofHeader !== ofLog) lines.push(`${name}-crc in header (${ofHeader}) and ${name}-crc in log (${ofLog}) differ`)
  }
  const server = logged.server ?? header.serverCrc
  if (server !== undefined && server !== source) lines.push(`server-crc (${server}) and source_crc (${source}) differ`)
  const expected = logged.native ?? header.nativeCrc
  if (native !== undefined && expected !== undefined && expected !== native) lines.push(`native-crc (${expected}) and restore-native-crc (${native}) differ`)
  return lines.map((line) => `recovery failed: ${line}`)
}
