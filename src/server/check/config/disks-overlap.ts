// Disks that lie one inside another: what is in both is dumped twice, unless it is a file system of its own or left out.

import { DIRECTORY_APPLICATIONS } from '../../../config/directory-applications.ts'
import type { DiskListEntry } from '../../../config/resolved.ts'
import { wantedDisks, type ConfigCheck } from './facts.ts'

function isInside(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith('/') ? outer : `${outer}/`)
}

/** Whether the outer disk leaves the inner one out by a plain pattern (`./home/ann`). Patterns with wildcards are not followed. */
function isLeftOut(inner: string, outer: DiskListEntry): boolean {
  return outer.excludeFiles.some((pattern) => pattern.startsWith('./') && isInside(inner, `${outer.device.replace(/\/+$/, '')}/${pattern.slice(2).replace(/\/+$/, '')}`))
}

export const disksOverlap: ConfigCheck = (facts) => {
  const disks = wantedDisks(facts).filter(({ application }) => DIRECTORY_APPLICATIONS.has(application.name))
  return disks.flatMap((inner, index) =>
    disks.flatMap((outer, otherIndex) => {
      const isSame = inner.device === outer.device
      if (inner.host !== outer.host || index === otherIndex || (isSame && index < otherIndex) || !isInside(inner.device, outer.device)) return []
      if (outer.includeFiles.length + outer.includeLists.length + inner.includeFiles.length + inner.includeLists.length > 0 || isLeftOut(inner.device, outer)) return []
      const message = isSame ? `the disks ${inner.disk} and ${outer.disk} dump the same directory ${inner.device}` : `${inner.device} lies inside the disk ${outer.disk}, so it is dumped twice unless it is a file system of its own`
      return [{ severity: isSame ? 'warning' : 'note', code: 'disks-overlap', host: inner.host, disk: inner.disk, message, next: isSame ? 'Remove one of the two.' : `Leave it out of the outer disk with \`exclude-append: ["./${inner.device.slice(outer.device.replace(/\/+$/, '').length + 1)}"]\`.` } as const]
    }),
  )
}
