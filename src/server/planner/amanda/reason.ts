// Why a disk gets its level, in a sentence for people.

import { INFO_COMMANDS } from '../../../wire/amanda/curinfo.ts'
import { statsOf } from './disk-past.ts'
import { isForced, type DlePlan } from './dle-plan.ts'
import { counted } from './planner-words.ts'

function reasonOfFull({ dle, info, turn, isFullDue, lastLevel, ...plan }: DlePlan): string {
  if (turn.kind === 'promoted') return `full promoted from ${counted(turn.days, 'day')} ahead, to spread the fulls`
  if ((info.command & INFO_COMMANDS.forceFull) !== 0) return 'full as the operator asked'
  if (dle.strategy === 'noinc') return 'full because its incrementals are of no use or not wanted'
  if (!isFullDue) return `the client has no base for level ${plan.asked.find((level) => level > 0) ?? lastLevel + 1}`
  if (statsOf(info, 0) === undefined) return 'new disk: there is no full dump yet'
  return `full is due: the last one is ${counted(dle.dumpCycleDays - plan.daysToFull, 'day')} old, the dump cycle is ${dle.dumpCycleDays}`
}

function reasonOfIncremental(plan: DlePlan): string {
  const { dle, lastLevel, levelDays, chosen } = plan
  if (dle.strategy === 'nofull') return 'the strategy is nofull'
  if (isForced(plan, INFO_COMMANDS.forceLevel1) || isForced(plan, INFO_COMMANDS.forceBump)) return `level ${chosen.level} as the operator asked`
  if (lastLevel === 0) return 'first incremental after the full dump'
  if (chosen.level > lastLevel) return `bumped to level ${chosen.level}, which saves enough`
  return `stays at level ${chosen.level} after ${counted(levelDays, 'run')} at it: the next would save too little, or it is too early`
}

export function reasonOf(plan: DlePlan): string {
  if (plan.chosen.level === 0) return reasonOfFull(plan)
  const reason = reasonOfIncremental(plan)
  return plan.turn.kind === 'delayed' ? `full is due but does not fit into the volumes of this run; ${reason}` : reason
}
