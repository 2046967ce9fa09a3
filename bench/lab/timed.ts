// One command from its start to its end: wall seconds, CPU seconds and bytes read by system calls, of it and all it started; and pairs of them, interleaved.

import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { median } from '../case.ts'

export interface Timed {
  readonly seconds: number
  readonly cpu: number
  /** By system calls: of files in memory too. */
  readonly bytesRead: number
  readonly output: string
}

/** `script` is run by bash in `dir`; `$1` and on are `args`. Rejects when it ends with another status than 0. */
export async function timed(dir: string, script: string, args: readonly string[] = [], environment: Readonly<Record<string, string>> = {}): Promise<Timed> {
  const file = path.join(dir, 'timed.io')
  const startedMs = performance.now()
  // The last words are of the shell itself, which has the counts of all its children by then.
  const child = spawn('bash', ['-c', `set -e -o pipefail\n( ${script}\n)\ncat /proc/$$/io > '${file}'\ncat /proc/$$/stat >> '${file}'`, 'bash', ...args], { stdio: ['ignore', 'pipe', 'pipe'], cwd: dir, env: { ...process.env, ...environment } })
  let output = ''
  let seconds = 0
  child.stdout.on('data', (text: Buffer) => (output += text.toString('latin1')))
  child.stderr.on('data', (text: Buffer) => (output += text.toString('latin1')))
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      seconds = (performance.now() - startedMs) / 1000
      resolve(code)
    })
  })
  if (status !== 0) throw new Error(`${script} ended with ${status}: ${output.slice(-1500)}`)
  const text = readFileSync(file, 'latin1')
  rmSync(file)
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  // proc(5): cutime and cstime are the 16th and 17th; the name in brackets was the second.
  return { seconds, cpu: (Number(fields[13]) + Number(fields[14])) / 100, bytesRead: Number(/^rchar: (\d+)/m.exec(text)?.[1] ?? 0), output }
}

export interface Contender {
  readonly name: string
  /** Before each run, not timed. */
  readonly prepare?: () => Promise<void> | void
  readonly run: () => Promise<Timed>
}

export interface Median {
  readonly seconds: number
  readonly cpu: number
  readonly bytesRead: number
  readonly runs: readonly number[]
}

/** Each contender once to warm up and then `runs` times, in turns. */
export async function interleaved(contenders: readonly Contender[], runs: number, note: (text: string) => void): Promise<ReadonlyMap<string, Median>> {
  const all = new Map(contenders.map(({ name }) => [name, [] as Timed[]]))
  for (let run = -1; run < runs; run++) {
    for (const { name, prepare, run: once } of contenders) {
      await prepare?.()
      const result = await once()
      if (run >= 0) all.get(name)?.push(result)
    }
    if (run >= 0) note(`run ${run + 1}: ${[...all].map(([name, results]) => `${name} ${results.at(-1)?.seconds.toFixed(2)} s (CPU ${results.at(-1)?.cpu.toFixed(1)})`).join(', ')}`)
  }
  return new Map([...all].map(([name, results]) => [name, { seconds: median(results.map(({ seconds }) => seconds)), cpu: median(results.map(({ cpu }) => cpu)), bytesRead: median(results.map(({ bytesRead }) => bytesRead)), runs: results.map(({ seconds }) => seconds) }]))
}
