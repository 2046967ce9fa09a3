// The holding disks that are used, in the order in which the configuration uses them.

import type { ServerInput } from '../../schema.ts'
import { isPlainName, plainName } from './amanda-text.ts'
import type { Ledger } from './ledger.ts'

type HoldingInput = Extract<NonNullable<ServerInput['holding']>, readonly unknown[]>[number]

const CHUNK_BYTES_MIN = 64 * 1024

export function holdingInputs(ledger: Ledger): HoldingInput[] {
  const taken = new Set<string>()
  return ledger.of().words('HOLDINGDISK').flatMap((given) => {
    const section = ledger.configuration.find('holdingdisk', given)
    if (section === undefined) return []
    const disk = ledger.of(section)
    const directory = disk.text('DIRECTORY')
    const use = disk.bytes('USE')
    const chunk = disk.bytes('CHUNKSIZE', CHUNK_BYTES_MIN)
    if (!directory.startsWith('/')) {
      disk.remark('DIRECTORY', 'unusable', directory === '' ? 'a holding disk needs a directory' : `\`${directory}\` must be a whole path, from \`/\` on`)
      return []
    }
    const name = isPlainName(given) && !taken.has(given) ? given : plainName(given, taken)
    taken.add(name)
    return [{ name, directory, ...(use > 0 ? { use } : { 'keep-free': Math.abs(use) }), 'chunk-size': chunk }]
  })
}
