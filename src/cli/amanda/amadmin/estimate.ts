// `amadmin estimate`: sizes of the next dumps as the server guesses them from the past, for the levels that the planner would ask for.

import { CurinfoStore } from '../../../records/curinfo-store.ts'
import { estimateOnServer } from '../../../server/planner/amanda/server-estimate.ts'
import { quoteString } from '../../../wire/amanda/quote.ts'
import { chosenDisks, type AmadminCall } from './call.ts'
import { numberOf } from './settings.ts'

export async function estimate(call: AmadminCall): Promise<number> {
  const disks = chosenDisks(call)
  if (disks === undefined) return 0
  const { configuration, places } = call.session
  const tapetype = configuration.globals.get('TAPETYPE')?.value
  const section = configuration.find('tapetype', tapetype?.kind === 'text' ? tapetype.text : '')
  const tapeKib = section === undefined ? Infinity : numberOf(section.settings, 'LENGTH')
  const store = new CurinfoStore(call.disk, places.infoDir)
  for (const { host, name } of disks) {
    const info = await store.read(host, name)
    if (info === undefined) continue
    const last = info.last?.level ?? -1
    for (const level of new Set([0, last, last + 1])) {
      if (level < 0) continue
      const { kib, isGuess } = estimateOnServer(info, level, tapeKib)
      if (!isGuess) call.out(`${host} ${quoteString(name)} ${level} ${kib}\n`)
    }
  }
  return 0
}
