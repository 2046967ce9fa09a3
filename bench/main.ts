// `npm run bench -- [NAME[:WORD,…]…]`: runs the named benches, lists them without a name. Each comparison is one JSON line on stdout; what is
// said meanwhile goes to stderr.

import { existsSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { BenchCase } from './case.ts'

const MEMORY_DIR = '/dev/shm'

const files = globSync('cases/*.ts', { cwd: import.meta.dirname }).toSorted()
const modules = (await Promise.all(files.map((file) => import(path.join(import.meta.dirname, file))))) as { benchCase?: BenchCase }[]
const cases = modules.flatMap((module) => (module.benchCase === undefined ? [] : [module.benchCase]))
const partsOf = new Map(process.argv.slice(2).map((word) => [word.split(':', 1)[0] ?? word, word.split(':')[1]?.split(',') ?? []]))
const words = [...partsOf.keys()]
for (const benchCase of cases) {
  if (words.length === 0) process.stdout.write(`${benchCase.name.padEnd(20)} ${benchCase.summary}\n`)
  if (!words.includes(benchCase.name)) continue
  const dir = mkdtempSync(path.join(existsSync(MEMORY_DIR) ? MEMORY_DIR : tmpdir(), 'holdfast-bench-'))
  try {
    await benchCase.run({
      dir,
      parts: partsOf.get(benchCase.name) ?? [],
      emit: (result) => process.stdout.write(`${JSON.stringify(result)}\n`),
      note: (text) => process.stderr.write(`  ${benchCase.name}: ${text}\n`),
    })
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
const unknown = words.filter((word) => !cases.some((benchCase) => benchCase.name === word))
if (unknown.length > 0) {
  process.stderr.write(`no bench ${unknown.join(', ')}; run without a name for the list\n`)
  process.exitCode = 64
}
