// A real run on a vault, recorded, and a power cut at every step of it: each time the vault opens, every listed dump restores, a prune removes only garbage. `npm test` plays a part of the same
// (sim/vault-trace.test.ts).

import path from 'node:path'
import { mkdirSync } from 'node:fs'
import { VaultTrace } from '../../sim/vault-trace.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { must } from '../lab/must.ts'

const TOLD_EVERY = 100

async function run({ dir, note, signal }: CaseContext): Promise<string> {
  const place = path.join(dir, 'run')
  mkdirSync(place)
  const trace = await VaultTrace.record(place, 3)
  note(`${trace.dumps} dumps in ${trace.steps} steps`)
  for (let step = trace.first; step <= trace.steps; step++) {
    must(!signal.aborted, `given up at step ${step}`)
    await trace.judge(step)
    if ((step - trace.first) % TOLD_EVERY === TOLD_EVERY - 1) note(`${step - trace.first + 1} steps`)
  }
  return `${trace.steps - trace.first + 1} beginnings of a run of ${trace.dumps} dumps, each with four things that may be left, restore all they list`
}

export const integrationCase: IntegrationCase = { name: 'vault-trace', summary: 'a real run on a vault, and a power cut at every step of it', needs: [], timeoutMs: 3_600_000, isInTest: false, run }
