// `amadmin bumpsize`: how much smaller an incremental dump must be for the next level.

import type { AmadminCall } from './call.ts'
import { numberOf, realOf, shortest } from './settings.ts'

const LEVEL_LAST = 9
const PERCENT_MAX = 100

export async function bumpsize({ session: { configuration }, out }: AmadminCall): Promise<number> {
  const { globals } = configuration
  const [percent, size, days, factor] = [numberOf(globals, 'BUMPPERCENT'), numberOf(globals, 'BUMPSIZE'), numberOf(globals, 'BUMPDAYS'), realOf(globals, 'BUMPMULT')]
  const isPercent = percent > 0
  const first = isPercent ? `bumppercent ${String(percent).padStart(3)} %` : `bumpsize ${String(size).padStart(5)} KB`
  out(`Current bump parameters:\n  ${first}\t- minimum savings (threshold) to bump level 1 -> 2\n`)
  out(`  bumpdays ${String(days).padStart(5)}\t- minimum days at each level\n`)
  out(`  bumpmult ${shortest(factor, 5).padStart(5)}\t- threshold = ${isPercent ? 'disk_size * bumppercent' : 'bumpsize'} * bumpmult**(level-1)\n\n      Bump -> To  Threshold\n`)
  let threshold = isPercent ? percent : size
  for (let level = 1; level < LEVEL_LAST; level++) {
    out(`\t${level}  ->  ${level + 1}  ${isPercent ? `${threshold.toFixed(2).padStart(7)} %` : `${String(threshold).padStart(9)} KB`}\n`)
    threshold = isPercent ? Math.min(PERCENT_MAX, threshold * factor) : Math.trunc(threshold * factor)
  }
  out('\n')
  return Promise.resolve(0)
}
