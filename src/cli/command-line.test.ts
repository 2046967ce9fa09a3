import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../kernel/clock.ts'
import { nodeDisk } from '../kernel/node-disk.ts'
import { nodeProcesses } from '../kernel/node-processes.ts'
import { seededRandom } from '../kernel/random.ts'
import { FAULT_CODES } from '../kernel/fault-codes.ts'
import { COMMAND_GROUPS, COMMANDS } from './commands.ts'
import { completionScript } from './completion-script.ts'
import type { CliContext } from './context.ts'
import { exitCodeOfFault, exitCodePage } from './exit-codes.ts'
import { runCommandLine } from './command-line.ts'
import { placesOf } from './machine.ts'
import { manPages } from './man-page.ts'

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const context: CliContext = {
    machine: { hostname: 'test', isRoot: false, home: '/nowhere', environment: {} },
    clock: systemClock,
    disk: nodeDisk,
    processes: nodeProcesses,
    random: seededRandom(1),
    streams: { isTerminal: false, columns: 80, out: (text) => void (out += text), err: (text) => void (err += text) },
    signal: new AbortController().signal,
  }
  const code = await runCommandLine(COMMANDS, COMMAND_GROUPS, context, argv)
  return { code, out, err }
}

test('a wrong command line ends with 64 and says what was meant', async () => {
  const { code, err } = await run('stauts')
  assert.equal(code, 64)
  assert.match(err, /^holdfast: unknown command 'stauts'/)
  assert.match(err, /Did you mean status\?/)
  assert.equal((await run('restore', 'onlyhost')).code, 64)
  assert.equal((await run()).code, 64)
})

test('a fault is one sentence with a next step, or one JSON object', async () => {
  const plain = await run('ls')
  assert.deepEqual([plain.code, plain.out], [66, ''])
  assert.equal(plain.err, 'holdfast: there is no configuration at /nowhere/.config/holdfast/holdfast.yaml. Run `holdfast init` to make one, or name another with `--config FILE`. [file-missing]\n')
  const json = await run('--json', 'ls')
  assert.deepEqual(Object.keys((JSON.parse(json.err) as { error: object }).error), ['code', 'message', 'next', 'retry', 'context'])
})

test('every command has a summary, an example that names it, a help and a man page', async () => {
  const pages = new Map(manPages(COMMANDS).map((page) => [page.name, page.text]))
  for (const spec of COMMANDS) {
    assert.ok(spec.examples.length > 0 && spec.examples.every((example) => example.line.includes(`holdfast ${spec.name}`)), spec.name)
    const help = await run(...spec.name.split(' '), '--help')
    assert.equal(help.code, 0)
    assert.ok(help.out.includes('Examples:') && help.out.includes('--json'), spec.name)
    assert.match(pages.get(`holdfast-${spec.name.replaceAll(' ', '-')}.1`) ?? '', /^\.TH HOLDFAST/)
  }
})

test('completion knows every command and option, for each shell', () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const script = completionScript(shell, COMMANDS) ?? ''
    for (const spec of COMMANDS) assert.ok(script.includes(spec.name.split(' ').at(-1) ?? ''), `${shell} ${spec.name}`)
    assert.ok(script.includes('to-agent'))
  }
  assert.equal(completionScript('tcsh', COMMANDS), undefined)
})

test('every fault has an exit code, and the page names them', () => {
  for (const code of Object.keys(FAULT_CODES) as (keyof typeof FAULT_CODES)[]) assert.ok(exitCodeOfFault(code) > 0 && exitCodeOfFault(code) < 256)
  assert.match(exitCodePage(), /\| 78 \| config \|/)
})

test('root has the places of the system, others those of XDG', () => {
  const machine = { hostname: 'h', home: '/home/u', isRoot: false, environment: { XDG_STATE_HOME: '/x', XDG_CONFIG_HOME: 'relative' } }
  assert.deepEqual([placesOf(machine).serverConfig, placesOf(machine).server.state, placesOf(machine).server.run], ['/home/u/.config/holdfast/holdfast.yaml', '/x/holdfast', '/x/holdfast/run'])
  assert.equal(placesOf({ ...machine, isRoot: true }).server.state, '/var/lib/holdfast')
})
