// No false alarm: two hundred runs of stock Amanda that are well, each given to the doctor, and nothing above a notice. `doctor-healthy:0,17` plays
// some of them, with the runs of their series that came before.

import type { IntegrationCase } from '../case.ts'
import { playHealthy } from '../lab/healthy-play.ts'
import { noMounts } from '../lab/namespaces.ts'
import { STOCK_PROGRAMS } from '../lab/stock-amanda.ts'

const RUNS = 200
export const integrationCase: IntegrationCase = {
  name: 'doctor-healthy',
  summary: 'The doctor on the logs of 200 different runs of stock Amanda that are well: no false alarm',
  needs: STOCK_PROGRAMS,
  needsRoot: true,
  probe: noMounts,
  timeoutMs: 5_400_000,
  isInTest: false,
  run: (context) => playHealthy(context, context.parts.length === 0 ? RUNS : Math.max(...context.parts.map(Number)) + 1),
}
