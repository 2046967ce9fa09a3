import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { parseServerConfig, type ServerConfigOutcome } from '../config/server-config.ts'
import { systemClock } from '../kernel/clock.ts'
import { nodeDisk } from '../kernel/node-disk.ts'
import { nodeProcesses } from '../kernel/node-processes.ts'
import { systemRandom } from '../kernel/random.ts'
import { throughConfigCache, type ConfigQuestion } from './config-cache.ts'
import type { CliContext } from './context.ts'

const DIRECTORIES = { state: '/s', cache: '/c', run: '/r', log: '/l' }
const GOOD = 'storage: {directory: /b}\nschedule: {at: "30 1 * * *"}\nhosts: {a: [/x, {disk: pg, application: command, properties: {COMMAND: dump}, dump-cycle: 2 d}]}\n'

interface Lab {
  /** File of the configuration. */
  readonly file: string
  /** Where outcomes are kept. */
  readonly directory: string
  /** How often the text was parsed. */
  parsed(): number
  ask(text: string, changed?: Partial<ConfigQuestion>): Promise<ServerConfigOutcome>
}

function labOf(test: TestContext): Lab {
  const root = mkdtempSync(path.join(tmpdir(), 'config-cache-'))
  test.after(() => rmSync(root, { recursive: true }))
  const machine = { hostname: 'test', isRoot: false, userName: 'u', home: root, cores: 1, environment: { XDG_CACHE_HOME: root } }
  const context: CliContext = { machine, clock: systemClock, disk: nodeDisk, processes: nodeProcesses, random: systemRandom, streams: { isTerminal: false, columns: 80, out: () => undefined, err: () => undefined }, signal: new AbortController().signal }
  const file = path.join(root, 'holdfast.yaml')
  writeFileSync(file, '')
  let count = 0
  return {
    file,
    directory: path.join(root, 'holdfast', 'config'),
    parsed: () => count,
    ask(text, changed = {}) {
      const question: ConfigQuestion = { what: 'server', file, text, directories: DIRECTORIES, ...changed }
      return throughConfigCache(context, question, () => {
        count++
        return Promise.resolve(parseServerConfig(text, file, DIRECTORIES))
      })
    },
  }
}

/** The only kept outcome. */
function keptFile(lab: Lab): string {
  const [name = '', ...others] = readdirSync(lab.directory)
  assert.deepEqual(others, [])
  return path.join(lab.directory, name)
}

test('a good configuration is parsed once, and the same comes back, frozen', async (t) => {
  const lab = labOf(t)
  const first = await lab.ask(GOOD)
  const second = await lab.ask(GOOD)
  assert.equal(lab.parsed(), 1)
  // As JSON: a key whose value is undefined is as good as none.
  assert.deepEqual(JSON.parse(JSON.stringify(second)), JSON.parse(JSON.stringify(first)))
  assert.throws(() => Object.assign((second as { readonly config: object }).config, { name: 'other' }), TypeError)
})

test('another text, other directories, another kind or name of file are another question', async (t) => {
  const lab = labOf(t)
  await lab.ask(GOOD)
  await lab.ask(`${GOOD}name: other\n`)
  await lab.ask(GOOD)
  await lab.ask(GOOD, { directories: { ...DIRECTORIES, run: '/r2' } })
  await lab.ask(GOOD, { what: 'agent' })
  await lab.ask(GOOD, { file: path.relative(process.cwd(), lab.file) })
  assert.equal(lab.parsed(), 6)
})

test('a configuration with an error is always read anew', async (t) => {
  const lab = labOf(t)
  const [first, second] = [await lab.ask('nmae: x\n'), await lab.ask('nmae: x\n')]
  assert.equal(first.kind, 'problems')
  assert.deepEqual(second, first)
  assert.equal(lab.parsed(), 2)
})

test('what another program made is not believed', async (t) => {
  const lab = labOf(t)
  await lab.ask(GOOD)
  const file = keptFile(lab)
  const kept = JSON.parse(readFileSync(file, 'utf8')) as { key: string }
  writeFileSync(file, JSON.stringify({ ...kept, key: kept.key.replace(process.version, 'v0.0.1') }))
  await lab.ask(GOOD)
  assert.equal(lab.parsed(), 2)
})

for (const [what, spoil] of [
  ['that others may read or write', (file: string) => chmodSync(file, 0o620)],
  ['behind a link', (file: string) => (renameSync(file, `${file}.elsewhere`), symlinkSync(`${file}.elsewhere`, file))],
  ['that is cut short', (file: string) => writeFileSync(file, readFileSync(file).subarray(0, -1))],
  ['in a directory of others', (file: string) => chmodSync(path.dirname(file), 0o770)],
] as const) {
  test(`a file ${what} counts as none`, async (t) => {
    const lab = labOf(t)
    await lab.ask(GOOD)
    spoil(keptFile(lab))
    const outcome = await lab.ask(GOOD)
    assert.equal(outcome.kind, 'config')
    assert.equal(lab.parsed(), 2)
  })
}

test('outcomes of configurations that are gone go with the next that is kept', async (t) => {
  const lab = labOf(t)
  await lab.ask(GOOD)
  const first = keptFile(lab)
  rmSync(lab.file)
  const other = `${lab.file}.other`
  writeFileSync(other, '')
  await lab.ask(GOOD, { file: other })
  assert.notEqual(keptFile(lab), first)
})

test('a name too long to keep anything under is parsed each time', async (t) => {
  const lab = labOf(t)
  const file = `/${'x'.repeat(250)}`
  await lab.ask(GOOD, { file })
  await lab.ask(GOOD, { file })
  assert.equal(lab.parsed(), 2)
})
