// All checks of a configuration. `holdfast doctor config` makes all of them, `holdfast check` those that matter to the next run.

import { agentsAway } from './agents-away.ts'
import { disksFailing } from './disks-failing.ts'
import { disksNeverDumped } from './disks-never-dumped.ts'
import { disksOverdue } from './disks-overdue.ts'
import { disksOverlap } from './disks-overlap.ts'
import { dumpsUnverified } from './dumps-unverified.ts'
import { dumptypesUnused } from './dumptypes-unused.ts'
import { estimatesOff } from './estimates-off.ts'
import type { ConfigCheck } from './facts.ts'
import { fullsCrowded } from './fulls-crowded.ts'
import { holdingSmall } from './holding-small.ts'
import { retentionShort, slotsFew } from './retention-short.ts'
import { scheduleMissing } from './schedule-missing.ts'
import { volumesNext } from './volumes-next.ts'

/** What the next run should not begin without. */
export const CHECKS_BEFORE_RUN: readonly ConfigCheck[] = [disksFailing, dumpsUnverified, holdingSmall, retentionShort, slotsFew]

export const CONFIG_CHECKS: readonly ConfigCheck[] = [...CHECKS_BEFORE_RUN, agentsAway, disksNeverDumped, disksOverdue, disksOverlap, dumptypesUnused, estimatesOff, fullsCrowded, scheduleMissing, volumesNext]
