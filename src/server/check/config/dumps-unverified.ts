// Disks of which no full dump was read back within `verify-within`. A fresh full need not be verified at once while an older one of the
// disk, still there, was: what a verification proves of disks and programs holds for both.

import { formatDuration } from '../../../config/units.ts'
import type { CheckFinding } from '../../control/contract.ts'
import { fullsOf, wantedDisks, type ConfigCheck } from './facts.ts'

/** More are told in one finding: where nobody verifies anything, that is one fault and not one a disk. */
const SINGLE_MAX = 5
const NAMES_MAX = 20

function inOne(findings: readonly CheckFinding[]): CheckFinding {
  return {
    severity: 'warning', code: 'dump-unverified', message: `of ${findings.length} disks no full dump was read back within verify-within`, next: 'Run `holdfast verify`, and let cron do it from now on.',
    details: [...findings.slice(0, NAMES_MAX).map(({ host, disk, message }) => `${host} ${disk}: ${message}`), ...(findings.length > NAMES_MAX ? [`and ${findings.length - NAMES_MAX} more`] : [])],
  }
}

export const dumpsUnverified: ConfigCheck = (facts) => {
  const findings = wantedDisks(facts).flatMap(({ host, disk }): CheckFinding[] => {
    const fulls = fullsOf(facts, { host, disk })
    const [newest] = fulls
    if (newest === undefined) return []
    const verifiedMs = Math.max(...fulls.map((full) => full.verifiedMs ?? Number.NEGATIVE_INFINITY))
    const ageMs = facts.nowMs - verifiedMs
    if (ageMs <= facts.config.verifyWithinMs) return []
    const message = Number.isFinite(ageMs) ? `its full dumps were last read back ${formatDuration(ageMs)} ago, and verify-within is ${formatDuration(facts.config.verifyWithinMs)}` : `no full dump of it was ever read back; the newest is of run ${newest.run}`
    return [{ severity: 'warning', code: 'dump-unverified', host, disk, message, next: `Run \`holdfast verify ${host} ${disk}\`.` }]
  })
  return findings.length > SINGLE_MAX ? [inOne(findings)] : findings
}
