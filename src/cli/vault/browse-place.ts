// Where commands that look into dumps find indexes: the server's, and those of dumps in a vault, which are made when they are missing, with a line of progress.

import type { IndexPlace } from '../../restore/browse.ts'
import type { DumpStores } from '../../restore/fetch.ts'
import { VaultIndexes } from '../../restore/vault-indexes.ts'
import type { CliContext } from '../context.ts'
import { personalState } from '../machine.ts'
import { ProgressLine } from '../progress.ts'
import { printable } from '../text-table.ts'

/** `directory`: the usual place of indexes. */
export function browsePlace(context: CliContext, stores: DumpStores, directory: string): IndexPlace {
  const { isTerminal, columns, err } = context.streams
  const progress = new ProgressLine(context.clock, { isTerminal, columns, write: err })
  return new VaultIndexes({
    stores,
    processes: context.processes,
    random: context.random,
    index: { disk: context.disk, directory },
    ownDirectory: `${personalState(context.machine)}/index`,
    onProgress: (dump, bytes) => progress.show({ what: printable(`index of ${dump.host}:${dump.disk}`), bytes, totalBytes: dump.nativeBytes }),
    onEnd: () => progress.clear(),
  }).place
}
