// `amadmin delete`: forgets what is remembered of disks.

import { CurinfoStore } from '../../../records/curinfo-store.ts'
import { AmadminUsage, chosenDisks, type AmadminCall } from './call.ts'

export async function deleteDisks(call: AmadminCall): Promise<number> {
  if (call.words.length === 0) throw new AmadminUsage('expecting "delete [<hostname> [<disks>]* ]+"')
  const disks = chosenDisks(call)
  if (disks === undefined) return 0
  const { session, disk, out } = call
  const store = new CurinfoStore(disk, session.places.infoDir)
  let isAny = false
  for (const { host, name } of disks) {
    const isKnown = await store.remove(host, name)
    isAny ||= isKnown
    out(`amadmin: ${host}:${name} ${isKnown ? 'deleted from curinfo database.' : 'NOT currently in database.'}\n`)
  }
  if (isAny) out("amadmin: NOTE: you'll have to remove these from the disklist yourself.\n")
  return 0
}
