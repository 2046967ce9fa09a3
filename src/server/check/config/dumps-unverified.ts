// Disks of which no full dump was read back within `verify-within`. A fresh full need not be verified at once while an older one of the
// disk, still there, was: what a verification proves of disks and programs holds for both.

import { formatDuration } from '../../../config/units.ts'
import { fullsOf, wantedDisks, type ConfigCheck } from './facts.ts'

export const dumpsUnverified: ConfigCheck = (facts) =>
  wantedDisks(facts).flatMap(({ host, disk }) => {
    const fulls = fullsOf(facts, { host, disk })
    const [newest] = fulls
    if (newest === undefined) return []
    const verifiedMs = Math.max(...fulls.map((full) => full.verifiedMs ?? Number.NEGATIVE_INFINITY))
    const ageMs = facts.nowMs - verifiedMs
    if (ageMs <= facts.config.verifyWithinMs) return []
    const message = Number.isFinite(ageMs) ? `its full dumps were last read back ${formatDuration(ageMs)} ago, and verify-within is ${formatDuration(facts.config.verifyWithinMs)}` : `no full dump of it was ever read back; the newest is of run ${newest.run}`
    return [{ severity: 'warning', code: 'dump-unverified', host, disk, message, next: `Run \`holdfast verify ${host} ${disk}\`.` }]
  })
