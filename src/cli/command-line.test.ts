import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../kernel/clock.ts'
import { nodeDisk } from '../kernel/node-disk.ts'
import { nodeProcesses } from '../kernel/node-processes.ts'
import { seededRandom } from '../kernel/random.ts'
import { ALL_KINDS } from '../doctor/kinds.ts'
import { FAULT_CODES } from '../kernel/fault-codes.ts'
import { COMMAND_GROUPS, COMMANDS, loadCommands } from './commands.ts'
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
    machine: { hostname: 'test', isRoot: false, userName: 'tester', home: '/nowhere', cores: 1, environment: {} },
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
  assert.equal((await run('help', 'stauts')).code, 64)
})

test('a fault is one sentence with a next step, or one JSON object', async () => {
  const plain = await run('ls')
  assert.deepEqual([plain.code, plain.out], [66, ''])
  assert.equal(plain.err, 'holdfast: there is no configuration at /nowhere/.config/holdfast/holdfast.yaml. Run `holdfast init` to make one, or name another with `--config FILE`. [file-missing]\n')
  const json = await run('--json', 'ls')
  assert.deepEqual(Object.keys((JSON.parse(json.err) as { error: object }).error), ['code', 'message', 'next', 'retry', 'context'])
})

test('every command has a summary, an example that names it, a help and a man page', async () => {
  const pages = new Map(manPages(await loadCommands()).map((page) => [page.name, page.text]))
  const usages = new Map(COMMANDS.map(({ name, usage }) => [name, usage]))
  for (const spec of await loadCommands()) {
    assert.equal(usages.get(spec.name) ?? '', (spec.args ?? []).map(({ name }) => name).join(' '))
    assert.ok(spec.examples.length > 0 && spec.examples.every((example) => example.line.includes(`holdfast ${spec.name}`)), spec.name)
    const help = await run(...spec.name.split(' '), '--help')
    assert.equal(help.code, 0)
    assert.ok(help.out.includes('Examples:') && help.out.includes('--json'), spec.name)
    assert.equal((await run('help', ...spec.name.split(' '))).out, help.out)
    assert.match(pages.get(`holdfast-${spec.name.replaceAll(' ', '-')}.1`) ?? '', /^\.TH HOLDFAST/)
  }
})

test('completion knows every command and option, for each shell', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const script = completionScript(shell, await loadCommands()) ?? ''
    for (const spec of COMMANDS) assert.ok(script.includes(spec.name.split(' ').at(-1) ?? ''), `${shell} ${spec.name}`)
    assert.ok(script.includes('to-agent'))
    for (const { code } of ALL_KINDS) assert.ok(script.includes(code), `${shell} ${code}`)
  }
  assert.equal(completionScript('tcsh', await loadCommands()), undefined)
})

test('a group alone lists its commands; a word that is none of them is a mistake', async () => {
  const doctor = await run('doctor')
  assert.equal(doctor.code, 0)
  assert.ok(doctor.out.includes('explain [CODE]') && doctor.out.includes('logs'), doctor.out)
  assert.deepEqual(await run('doctor', 'explian'), { code: 64, out: '', err: "holdfast: unknown command 'doctor explian'\n(Did you mean explain?)\n" })
})

test('a code is explained by its page, also under the name of the fault that ended a dump', async () => {
  const page = await run('doctor', 'explain', 'agent-not-connected')
  assert.equal(page.code, 0)
  assert.match(page.out, /^# agent-not-connected\n\nThe agent of a host has no connection to the server\./)
  assert.ok(page.out.split('\n').every((line) => line.length <= 80 || line.startsWith('    ')), page.out)
  assert.equal((await run('doctor', 'explain', 'agent-unreachable')).out, page.out)
  const { code, faultCodes, cures } = JSON.parse((await run('doctor', 'explain', 'agent-not-connected', '--json')).out) as { code: string; faultCodes: string[]; cures: unknown[] }
  assert.deepEqual([code, faultCodes, cures.length > 0], ['agent-not-connected', ['agent-unreachable', 'agent-not-connected'], true])
  assert.equal((await run('doctor', 'explain')).out.split('\n').length, ALL_KINDS.length + 2)
})

test('a code that the doctor does not have is a mistake with the nearest one', async () => {
  const unknown = await run('doctor', 'explain', 'agent-not-conected')
  assert.deepEqual([unknown.code, unknown.out], [64, ''])
  assert.match(unknown.err, /Did you mean `agent-not-connected`\?/)
  assert.match((await run('doctor', 'explain', 'token-invalid')).err, /no run ends with/)
})

test('every fault has an exit code, and the page names them', () => {
  for (const code of Object.keys(FAULT_CODES) as (keyof typeof FAULT_CODES)[]) assert.ok(exitCodeOfFault(code) > 0 && exitCodeOfFault(code) < 256)
  assert.match(exitCodePage(), /\| 78 \| config \|/)
})

test('root has the places of the system, others those of XDG', () => {
  const machine = { hostname: 'h', home: '/home/u', isRoot: false, userName: 'u', cores: 1, environment: { XDG_STATE_HOME: '/x', XDG_CONFIG_HOME: 'relative' } }
  assert.deepEqual([placesOf(machine).serverConfig, placesOf(machine).server.state, placesOf(machine).server.run], ['/home/u/.config/holdfast/holdfast.yaml', '/x/holdfast', '/x/holdfast/run'])
  assert.equal(placesOf({ ...machine, isRoot: true }).server.state, '/var/lib/holdfast')
})
