// The dump of a disk into a vault of the server, over the DATA stream of its sendbackup.

import { onAbort } from '../../stream/programs.ts'
import { faultOf } from '../../kernel/fault.ts'
import type { VaultRun } from '../application.ts'
import { classifyTarLine } from '../gnutar/tar-messages.ts'
import { TalkClient } from './talk-client.ts'
import { dumpToVault, type VaultDumpOrder, type VaultDumpParts } from './vault-dump.ts'

export async function runVaultDump(parts: Omit<VaultDumpParts, 'uplink'>, order: VaultDumpOrder, run: VaultRun): Promise<void> {
  const uplink = new TalkClient(run.data)
  const unwatch = onAbort(run.signal, () => uplink.fail(faultOf(run.signal.reason)))
  try {
    await dumpToVault(
      { ...parts, uplink },
      order,
      {
        async say(text) {
          const line = classifyTarLine(text)
          if (line !== undefined) await run.say(line)
        },
        sent: (facts) => run.sent(facts),
      },
      run.signal,
    )
  } finally {
    unwatch()
  }
}
