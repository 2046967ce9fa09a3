// The directories of a server: there, writable, with room and inodes, closed to others; and its key file.

import { serverLayout } from '../../../config/layout.ts'
import type { ResolvedConfig } from '../../../config/resolved.ts'
import type { Disk } from '../../../kernel/disk.ts'
import { directoryFindings, keyFileFindings } from '../../../kernel/machine/directory-health.ts'
import type { CheckFinding } from '../../control/contract.ts'

const MIB = 1024 * 1024
/** Below this the catalog, indexes and logs of a run may not fit. */
const STATE_BYTES_MIN = 256 * MIB
/** Sockets take none, but a file system without any room is full of something else. */
const RUN_BYTES_MIN = MIB
/** A header, a part and a directory entry; how much a run writes nobody knows here. */
const VOLUME_BYTES_MIN = 64 * MIB

/** A missing one ends the start of the server, and needs no finding. */
function vaultKeyFiles({ storage }: ResolvedConfig): readonly string[] {
  return storage.kind === 'vault' && storage.secret.kind !== 'passphrase-command' ? [storage.secret.file] : []
}

export async function serverDirectories(disk: Disk, config: ResolvedConfig): Promise<readonly CheckFinding[]> {
  const { state, log, cache, run } = config.directories
  const needs = [
    { directory: state, freeBytesMin: STATE_BYTES_MIN, use: 'the catalog and indexes', isPrivate: true },
    { directory: log, freeBytesMin: STATE_BYTES_MIN, use: 'logs' },
    { directory: cache, freeBytesMin: config.storage.kind === 'vtape' ? Math.min(config.storage.partBytes, STATE_BYTES_MIN) : 0, use: 'parts of direct dumps' },
    { directory: run, freeBytesMin: RUN_BYTES_MIN, use: 'the control socket', isPrivate: true },
    ...config.holdingDisks.map(({ directory }) => ({ directory, freeBytesMin: 0, use: 'the holding disk' })),
    { directory: config.storage.directory, freeBytesMin: VOLUME_BYTES_MIN, use: config.storage.kind === 'vtape' ? 'volumes' : 'the vault' },
  ]
  const unlike = needs.filter(({ directory }, index) => needs.findIndex((other) => other.directory === directory) === index)
  const found = await Promise.all([...unlike.map((each) => directoryFindings(disk, each)), keyFileFindings(disk, serverLayout(config).identityFile), ...vaultKeyFiles(config).map((file) => keyFileFindings(disk, file))])
  return found.flat()
}
