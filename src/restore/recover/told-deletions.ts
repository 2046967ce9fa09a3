// Whether the index of an incremental dump says what was deleted and renamed since its base. Our archiver tells; GNU tar's dumps say it only in the data, where
// whoever restores the level finds it (docs/formats/index-file.md).

import type { DumpRecord } from '../../catalog/contract.ts'
import { Fault } from '../../kernel/fault.ts'
import { parseDles } from '../../wire/amanda/dle-reader.ts'
import { openDump, type DumpStores } from '../fetch.ts'

const TELLING_APPLICATION = 'archive'

/** Reads the header of `dump`. False when the header does not say what made it. Rejects as openDump does. */
export async function tellsDeletions(stores: DumpStores, dump: DumpRecord): Promise<boolean> {
  if (dump.level === 0) return true
  const { header, stored } = await openDump(stores, dump)
  stored.cancel(new Fault('cancelled', 'only the header is wanted'))
  if (header.dleXml === undefined) return false
  try {
    return parseDles(header.dleXml).some(({ application }) => application?.plugin === TELLING_APPLICATION)
  } catch {
    return false
  }
}
