// Which dumps are archives of tar, by what their headers say.

import type { DumpFileHeader } from './dump-header.ts'

/** Our own dumps name no application, as stock Amanda's GNUTAR does; `archive` is named by a stock server that has our agent run it. */
const TAR_APPLICATIONS: readonly (string | undefined)[] = [undefined, 'gnutar', 'amgtar', 'archive']

export function isTarArchive({ application }: Pick<DumpFileHeader, 'application'>): boolean {
  return TAR_APPLICATIONS.includes(application)
}
