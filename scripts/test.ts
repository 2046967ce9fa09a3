// `npm test`: every gate, then every test. A step that fails does not hide the ones after it; the exit code says whether all
// passed. `npm test -- STEP…` runs only the named steps.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync } from 'node:fs'
import path from 'node:path'

const ROOT = path.resolve(import.meta.dirname, '..')
const bin = (name: string): string => path.join(ROOT, 'node_modules', name)
/** How long the simulator looks for new schedules in one `npm test`, on top of the pinned seeds. */
const SIM_SECONDS = '120'
/** A target, on top of the pinned inputs. */
const FUZZ_MINUTES = '0.05'
/** Compiled modules, so that each of the test files' processes need not compile them again. */
const COMPILED = path.join(ROOT, 'node_modules', '.cache', 'node-compile')

interface Step {
  readonly name: string
  readonly argv: readonly string[]
  /** Keeps one core busy and shares nothing: it runs at the same time as the step before it, and is printed after it. */
  readonly isBeside?: true
}

const unitTests = (): string[] => globSync(['src/**/*.test.ts', 'scripts/**/*.test.ts', 'testkit/**/*.test.ts', 'sim/**/*.test.ts', 'bench/**/*.test.ts', 'integration/**/*.test.ts'], { cwd: ROOT }).toSorted()

const GATES: readonly Step[] = [
  { name: 'types', argv: [bin('typescript/bin/tsc'), '-p', '.'] },
  { name: 'lint', argv: [bin('oxlint/bin/oxlint'), '--type-aware', '--deny-warnings'] },
  { name: 'tidy', argv: ['scripts/tidy.ts'] },
  { name: 'unused', argv: [bin('knip/bin/knip.js'), '--no-progress'] },
]

const STEPS: readonly Step[] = [
  ...GATES,
  { name: 'unit', argv: ['--test', '--test-reporter=dot', ...unitTests()] },
  { name: 'sim-plants', argv: ['sim/main.ts', '--plants'] },
  { name: 'fuzz', argv: ['testkit/fuzz/main.ts', 'all', '--minutes', FUZZ_MINUTES, '--seed', '1'] },
  { name: 'sim', argv: ['sim/main.ts', '--pinned', '--seconds', SIM_SECONDS], isBeside: true },
  { name: 'integration', argv: ['integration/main.ts', '--all'] },
]

function chosen(names: readonly string[]): readonly Step[] {
  if (names.length === 0) return STEPS
  return names.flatMap((name) => {
    if (name === 'gates') return GATES
    const step = STEPS.find((candidate) => candidate.name === name)
    if (step === undefined) throw new Error(`no step ${name}; there are gates, ${STEPS.map((known) => known.name).join(', ')}`)
    return [step]
  })
}

/** Runs a step and says how it went. What it prints is shown at once, or given back as `printed` if something else runs beside it. */
async function run(step: Step, isAlone: boolean): Promise<{ readonly isGood: boolean; readonly printed: string }> {
  const startedMs = Date.now()
  const title = `\n== ${step.name}\n`
  const verdict = (isGood: boolean): string => `== ${step.name}: ${isGood ? 'passed' : 'FAILED'} in ${((Date.now() - startedMs) / 1000).toFixed(1)} s\n`
  const missing = step.argv.find((word) => word.endsWith('main.ts') && !existsSync(path.join(ROOT, word)))
  if (missing !== undefined) return { isGood: false, printed: `${title}${missing} does not exist\n${verdict(false)}` }
  if (isAlone) process.stdout.write(title)
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...step.argv], { cwd: ROOT, stdio: ['inherit', isAlone ? 'inherit' : 'pipe', isAlone ? 'inherit' : 'pipe'], env: { ...process.env, NODE_COMPILE_CACHE: COMPILED } })
  let printed = isAlone ? '' : title
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { isGood: code === 0, printed: printed + verdict(code === 0) }
}

const failed: string[] = []
const steps = chosen(process.argv.slice(2))
for (let at = 0; at < steps.length; ) {
  const group = steps.slice(at, at + 1)
  for (let next = steps[at + 1]; next?.isBeside === true; next = steps[at + group.length]) group.push(next)
  const results = await Promise.all(group.map((step) => run(step, group.length === 1)))
  for (const [index, { isGood, printed }] of results.entries()) {
    process.stdout.write(printed)
    if (!isGood) failed.push(group[index]?.name ?? '')
  }
  at += group.length
}
process.stdout.write(`\n${steps.length - failed.length} passed, ${failed.length} failed${failed.length === 0 ? '' : ` (${failed.join(', ')})`}\n`)
process.exitCode = failed.length === 0 ? 0 : 1
