// The points of Amanda's script API at which an agent runs the scripts of a disk, and what is done at each with what a script prints.
// A server runs those of its own side (src/server/scripts/). Format: man amanda-scripts(7).

import type { DleScript } from '../../wire/amanda/dle.ts'

/** Where in a service a script runs. */
export type ScriptPoint =
  | 'PRE-HOST-AMCHECK'
  | 'PRE-DLE-AMCHECK'
  | 'POST-DLE-AMCHECK'
  | 'POST-HOST-AMCHECK'
  | 'PRE-HOST-ESTIMATE'
  | 'PRE-DLE-ESTIMATE'
  | 'POST-DLE-ESTIMATE'
  | 'POST-HOST-ESTIMATE'
  | 'PRE-DLE-BACKUP'
  | 'POST-DLE-BACKUP'
  | 'PRE-RECOVER'
  | 'PRE-LEVEL-RECOVER'
  | 'POST-LEVEL-RECOVER'
  | 'INTER-LEVEL-RECOVER'
  | 'POST-RECOVER'

/** Here a script may set properties of the application with lines `PROPERTY name value`. */
const PROPERTY_POINTS: ReadonlySet<ScriptPoint> = new Set<ScriptPoint>(['PRE-DLE-AMCHECK', 'PRE-DLE-ESTIMATE', 'PRE-DLE-BACKUP'])

export function takesProperties(point: ScriptPoint): boolean {
  return PROPERTY_POINTS.has(point)
}

/** The scripts that a dle wants run here at `point`, in their order, which is that of the request. */
export function scriptsAt(scripts: readonly DleScript[], point: ScriptPoint): DleScript[] {
  return scripts.filter(({ executeWhere, executeOn }) => {
    if (executeWhere.toUpperCase() !== 'CLIENT') return false
    return executeOn.toUpperCase().split(/[,\s]+/).includes(point)
  })
}
