// `npm run integration -- [NAME[:PART,…] …]`: runs the named cases (of some only parts), lists them without a name, all of npm test's with `--all`. Each case ends
// with one line: PASS, FAIL or SKIP. A skipped case does not fail the run, but the count is printed.

import { accessSync, constants, globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { IntegrationCase } from './case.ts'

type Verdict = 'PASS' | 'FAIL' | 'SKIP'

const SEARCH_PATH = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin']

function isInstalled(program: string): boolean {
  return SEARCH_PATH.some((dir) => {
    try {
      accessSync(path.resolve(dir, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Each ends a case that runs. */
const interrupts = new Set<() => void>()

/** Why the case cannot run here, if so. */
async function missing(testCase: IntegrationCase): Promise<string | undefined> {
  const programs = testCase.needs.filter((program) => !isInstalled(program))
  if (programs.length > 0) return `${programs.join(', ')} not installed`
  if (testCase.needsRoot === true && process.getuid?.() !== 0) return 'needs root'
  return await testCase.probe?.()
}

async function loadCases(): Promise<IntegrationCase[]> {
  const files = globSync('cases/*.ts', { cwd: import.meta.dirname }).filter((file) => !file.endsWith('.test.ts')).toSorted()
  const modules = (await Promise.all(files.map((file) => import(path.join(import.meta.dirname, file))))) as { integrationCase?: IntegrationCase }[]
  return modules.flatMap((module) => (module.integrationCase === undefined ? [] : [module.integrationCase]))
}

/** Milliseconds for the clean-up of a case that was given up or interrupted. */
const CLEAN_UP_MS_MAX = 20_000

async function runCase(testCase: IntegrationCase, parts: readonly string[]): Promise<Verdict> {
  const lacking = await missing(testCase)
  if (lacking !== undefined) {
    process.stdout.write(`SKIP ${testCase.name}: ${lacking}\n`)
    return 'SKIP'
  }
  const dir = mkdtempSync(path.join(tmpdir(), `holdfast-${testCase.name}-`))
  const controller = new AbortController()
  let interrupt = (): void => undefined
  const limit = new Promise<never>((_resolve, reject) => {
    const giveUp = (why: string): void => {
      controller.abort()
      reject(new Error(why))
    }
    setTimeout(() => giveUp(`took longer than ${testCase.timeoutMs / 1000} s`), testCase.timeoutMs).unref()
    interrupt = () => giveUp('interrupted')
  })
  interrupts.add(interrupt)
  const startedMs = Date.now()
  const work = testCase.run({ dir, parts, signal: controller.signal, note: (text) => process.stdout.write(`  ${testCase.name}: ${text}\n`) })
  try {
    const seen = await Promise.race([work, limit])
    process.stdout.write(`PASS ${testCase.name}: ${seen} (${((Date.now() - startedMs) / 1000).toFixed(1)} s)\n`)
    rmSync(dir, { recursive: true, force: true })
    return 'PASS'
  } catch (error) {
    process.stdout.write(`FAIL ${testCase.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n  its files are in ${dir}\n`)
    return 'FAIL'
  } finally {
    interrupts.delete(interrupt)
    controller.abort()
    // A case that was given up still cleans up after itself, if it can.
    await Promise.race([work.catch(() => undefined), sleep(CLEAN_UP_MS_MAX, undefined, { ref: false })])
  }
}

const cases = await loadCases()
const partsOf = new Map(process.argv.slice(2).map((word) => [word.split(':', 1)[0] ?? word, word.split(':')[1]?.split(',') ?? []]))
const words = [...partsOf.keys()]
if (words.length === 0) {
  for (const testCase of cases) process.stdout.write(`${testCase.name.padEnd(20)} ${testCase.summary}${testCase.isInTest === false ? ' (by name only)' : ''}\n`)
} else {
  const unknown = words.filter((word) => word !== '--all' && !cases.some((testCase) => testCase.name === word))
  if (unknown.length > 0) {
    process.stderr.write(`no case ${unknown.join(', ')}; run without a name for the list\n`)
    process.exit(64)
  }
  const chosen = words.includes('--all') ? cases.filter((testCase) => testCase.isInTest !== false) : cases.filter((testCase) => words.includes(testCase.name))
  let isInterrupted = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      isInterrupted = true
      for (const interrupt of interrupts) interrupt()
    })
  }
  const verdicts: Verdict[] = []
  const runAll = async (lane: readonly IntegrationCase[]): Promise<void> => {
    for (const testCase of lane) if (!isInterrupted) verdicts.push(await runCase(testCase, partsOf.get(testCase.name) ?? []))
  }
  await Promise.all([runAll(chosen.filter(({ isPatient }) => isPatient === true)), runAll(chosen.filter(({ isPatient }) => isPatient !== true))])
  const count = (verdict: Verdict): number => verdicts.filter((seen) => seen === verdict).length
  process.stdout.write(`integration: ${count('PASS')} passed, ${count('FAIL')} failed, ${count('SKIP')} SKIPPED\n`)
  // A case that was given up may have left handles open; the verdicts are final.
  process.exit(count('FAIL') === 0 && verdicts.length > 0 ? 0 : 1)
}
