// The Promela model of the tether's handshake, resume and acknowledgement (docs/protocol/tether.pml), checked by spin over every
// interleaving, and once more with a planted defect that the check must find.

import path from 'node:path'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { command, runCommand } from '../lab/commands.ts'

const MODEL = path.resolve(import.meta.dirname, '../../docs/protocol/tether.pml')
const DEPTH_MAX = 200_000

/** What the checker says about the model with these definitions. */
async function check(dir: string, definitions: readonly string[]): Promise<string> {
  const options = { workingDir: dir }
  await command(['spin', ...definitions, '-a', MODEL], options)
  await command(['gcc', '-O2', '-DSAFETY', '-DCOLLAPSE', '-DMEMLIM=1500', '-o', 'pan', 'pan.c'], options)
  return (await runCommand(['./pan', `-m${DEPTH_MAX}`], options)).stdout
}

async function run({ dir, note }: CaseContext): Promise<string> {
  const planted = await check(dir, ['-DC=2', '-DB=2', '-DCUTS=2', '-DSKIPPED=1'])
  if (!planted.includes('assertion violated')) throw new Error('the checker does not see a resume that skips a frame')
  note('the planted defect was found')
  const whole = await check(dir, ['-DC=3', '-DB=3', '-DCUTS=3'])
  const states = /(\d+) states, stored/.exec(whole)?.[1] ?? '0'
  if (!/errors: 0/.test(whole) || /Search not completed|max search depth too small|reached bound/.test(whole)) throw new Error(`spin found an error or did not finish:\n${whole.slice(0, 2000)}`)
  return `3 control and 3 bulk frames, 3 cuts on up to 4 links: ${states} states, no loss, no duplicate, no deadlock; a planted skip was found`
}

export const integrationCase: IntegrationCase = {
  name: 'tether-model',
  summary: 'spin checks the model of the tether handshake, resume and acknowledgement exhaustively',
  needs: ['spin', 'gcc'],
  timeoutMs: 60_000,
  run,
}
