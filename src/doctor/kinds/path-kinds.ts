// What `holdfast doctor path` finds by measuring. Not among the kinds of logs: no line of a log says it.

import type { PathKind } from '../path/path-kind.ts'
import { pathClocksApart } from './path/path-clocks-apart.ts'
import { pathFiltered } from './path/path-filtered.ts'
import { pathIdleLimit } from './path/path-idle-limit.ts'
import { pathMtuBlackHole } from './path/path-mtu-black-hole.ts'
import { pathNamesDiffer } from './path/path-names-differ.ts'
import { pathNat } from './path/path-nat.ts'
import { pathProxy } from './path/path-proxy.ts'
import { pathUnsteady } from './path/path-unsteady.ts'

export const PATH_KINDS: readonly PathKind[] = [pathIdleLimit, pathUnsteady, pathMtuBlackHole, pathProxy, pathFiltered, pathNat, pathNamesDiffer, pathClocksApart]
