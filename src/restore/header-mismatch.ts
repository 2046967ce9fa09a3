// Holds the header of a dump against its row in the catalog.

import type { DumpRecord } from '../catalog/contract.ts'
import type { DumpFileHeader } from '../wire/amanda/dump-header.ts'

/** What in `header` is not as the catalog says. */
export function headerMismatch(record: DumpRecord, header: DumpFileHeader): string | undefined {
  if (header.host !== record.host) return `the header names the host ${header.host} and not ${record.host}`
  if (header.disk !== record.disk) return `the header names the disk ${header.disk} and not ${record.disk}`
  if (header.datestamp !== record.run) return `the header is of ${header.datestamp} and not of ${record.run}`
  if (header.level !== record.level) return `the header has level ${header.level} and not ${record.level}`
  return undefined
}
