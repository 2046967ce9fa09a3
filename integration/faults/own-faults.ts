// Ways to make dumps of ours fail for real, each with the codes that the doctor must give: what is played by integration/cases/own-faults.ts.

import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { BackgroundProcess } from '../lab/commands.ts'
import { waitUntil } from '../lab/commands.ts'
import type { HoldfastLab } from '../lab/holdfast.ts'

export interface OwnFault {
  readonly name: string
  readonly how: string
  /** Codes that the last report must have. */
  readonly codes: readonly string[]
  /** Codes that only the run log shows. */
  readonly logged?: readonly string[]
  readonly serverYaml: (dir: string) => string
  readonly agentYaml?: (dir: string) => string
  /** Below a file system of its own of so many MiB lies the holding disk. */
  readonly holdingMib?: number
  readonly prepare?: (dir: string) => void
  /** Default: one run. */
  readonly play?: (lab: HoldfastLab, processes: { readonly server: BackgroundProcess; readonly agent: BackgroundProcess }) => Promise<void>
}

const MIB = 1024 ** 2
const WAIT_MS = 30_000
const NO_RETRY = 'limits: {connect-timeout: 5 s, retries: 0}\n'

/** Directories of disks, each with a file. */
function makeDisks(dir: string, ...names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(path.join(dir, name))
    writeFileSync(path.join(dir, name, 'file'), Buffer.alloc(3 * MIB, name))
  }
}

function script(file: string, text: string): void {
  writeFileSync(file, `#!/bin/sh\n${text}\n`)
  chmodSync(file, 0o755)
}

const hosts = (dir: string, disks: Readonly<Record<string, string>>): string => `${NO_RETRY}hosts:\n  client:\n${Object.entries(disks).map(([name, more]) => `    - {disk: ${dir}/${name}${more === '' ? '' : `, ${more}`}}\n`).join('')}`

/** Prints for as long as it takes somebody to cut it. */
const ENDLESS = 'application: command, properties: {COMMAND: [/usr/bin/yes]}'
const YES = (): string => 'commands: [/usr/bin/yes, /bin/sleep, /bin/false]\n'

/** Starts a run and waits until bytes flow. */
async function startDump(lab: HoldfastLab): Promise<void> {
  await using control = await lab.control()
  await control.call({ kind: 'dump', selection: [] })
  await waitUntil('the dump to run', WAIT_MS, async () => (await lab.status()).current?.dumps.some(({ phase, bytes }) => phase === 'dumping' && bytes > 0) === true)
}

const isIdle = (lab: HoldfastLab): Promise<void> => waitUntil('the run to end', WAIT_MS, async () => (await lab.status()).current === undefined)

/** Another byte in the first dump on the holding disk, well behind its header. */
function damageHeldDump(dir: string): void {
  const holding = path.join(dir, 'holding')
  const chunk = readdirSync(holding, { recursive: true, encoding: 'utf8' }).find((name) => /client\..*\.\d$/.test(name))
  if (chunk === undefined) throw new Error('no dump is on the holding disk')
  const bytes = readFileSync(path.join(holding, chunk))
  bytes[MIB] = (bytes[MIB] ?? 0) ^ 1
  writeFileSync(path.join(holding, chunk), bytes)
}

const ONE_SLOT = (dir: string): string => `storage: {directory: ${dir}/volumes, slots: 1, volume-size: 1 GiB}\n`

export const OWN_FAULTS: readonly OwnFault[] = [
  {
    name: 'own-hosts',
    how: 'an agent is away, another was never enrolled',
    codes: ['agent-not-connected', 'agent-not-enrolled'],
    serverYaml: (dir) => `${hosts(dir, { tree: '' }).replace('5 s', '2 s')}  stranger: [/etc]\n`,
    prepare: (dir) => makeDisks(dir, 'tree'),
    play: async (lab, { agent }) => {
      agent.kill('SIGKILL')
      await waitUntil('the agent to be gone', WAIT_MS, () => !agent.isRunning)
      await lab.run('server', ['dump'])
    },
  },
  {
    name: 'own-disks',
    how: 'a directory is gone, and the index of another cannot be kept',
    codes: ['disk-missing', 'index-not-kept'],
    serverYaml: (dir) => hosts(dir, { tree: '', gone: '' }),
    prepare: (dir) => makeDisks(dir, 'tree'),
    play: async (lab) => {
      writeFileSync(path.join(lab.dir, 'state', 'index', 'client'), '')
      await lab.run('server', ['dump'])
    },
  },
  {
    name: 'own-settings',
    how: 'dumptypes ask for what the agent or the server cannot do',
    codes: ['agent-does-not-permit', 'application-not-there', 'filter-program-failed', 'include-matches-nothing', 'list-file-missing', 'program-not-installed', 'setting-not-possible'],
    serverYaml: (dir) =>
      hosts(dir, {
        application: 'application: ambsdtar',
        property: 'application: command',
        list: 'exclude-lists: [/nowhere/patterns], lists-optional: false',
        include: 'include: ["./nothing*"]',
        missing: 'compress: {kind: custom, where: server, program: /nowhere/squeeze}',
        failing: 'encrypt: {where: server, program: /bin/false}',
        refused: 'encrypt: {where: client, program: /bin/false}',
      }),
    prepare: (dir) => makeDisks(dir, 'application', 'property', 'list', 'include', 'missing', 'failing', 'refused'),
  },
  {
    name: 'own-levels',
    how: 'incrementals are asked for where there can be none',
    codes: ['incremental-without-base', 'level-refused'],
    serverYaml: (dir) => hosts(dir, { new: '', full: 'strategy: noinc' }),
    prepare: (dir) => makeDisks(dir, 'new', 'full'),
    play: async (lab) => void (await lab.run('server', ['dump', '--level', 'incremental'])),
  },
  {
    name: 'own-programs',
    how: 'tar is killed, or ends with an error; a command says nothing, or fails',
    codes: ['archiver-failed', 'dump-stalled', 'file-unreadable', 'program-killed'],
    serverYaml: (dir) => hosts(dir, { killed: 'application: gnutar', broken: 'application: gnutar', stalled: 'application: command, properties: {COMMAND: [/bin/sleep, "60"]}', failing: 'application: command, properties: {COMMAND: [/bin/false]}' }).replace('retries: 0', 'retries: 0, data-timeout: 2 s, parallel-dumps: 4'),
    agentYaml: (dir) => `gnutar: ${dir}/tar\n${YES()}`,
    prepare: (dir) => {
      makeDisks(dir, 'killed', 'broken', 'stalled', 'failing')
      // Estimates, which write to /dev/null, go well.
      script(path.join(dir, 'tar'), 'case "$*" in *--version*|*--help*|*/dev/null*) ;; *killed*) kill -9 $$ ;; *broken*) echo "tar: ./file: Read error at byte 0, while reading 512 bytes: Input/output error" >&2; exit 2 ;; esac\nexec tar "$@"')
    },
  },
  {
    name: 'own-slow-estimate',
    how: 'an estimate takes longer than it may',
    codes: [],
    logged: ['estimate-took-too-long'],
    serverYaml: (dir) => hosts(dir, { slow: 'application: gnutar' }).replace('retries: 0', 'retries: 0, estimate-timeout: 1 s'),
    agentYaml: (dir) => `gnutar: ${dir}/tar\n`,
    prepare: (dir) => {
      makeDisks(dir, 'slow')
      script(path.join(dir, 'tar'), 'case "$*" in *--version*|*--help*) ;; */dev/null*) sleep 4 ;; esac\nexec tar "$@"')
    },
  },
  {
    name: 'own-volumes-used-up',
    how: 'a run needs more volumes than it may use',
    codes: ['run-volumes-used-up'],
    serverYaml: (dir) => `storage: {directory: ${dir}/volumes, slots: 4, volume-size: 2 MiB, part-size: 1 MiB, volumes-per-run: 1}\n${hosts(dir, { large: '' })}`,
    prepare: (dir) => makeDisks(dir, 'large'),
  },
  {
    name: 'own-storage-gone',
    how: 'the directory of the volumes is away',
    codes: ['volume-directory-missing'],
    serverYaml: (dir) => hosts(dir, { tree: '' }),
    prepare: (dir) => makeDisks(dir, 'tree'),
    play: async (lab) => {
      renameSync(path.join(lab.dir, 'volumes'), path.join(lab.dir, 'elsewhere'))
      mkdirSync(path.join(lab.dir, 'volumes'))
      await lab.run('server', ['dump'])
    },
  },
  {
    name: 'own-held-damaged',
    how: 'a byte of a dump changes on the holding disk while it waits for a volume',
    codes: ['held-dump-damaged'],
    logged: ['no-acceptable-volume'],
    serverYaml: (dir) => `${ONE_SLOT(dir)}${hosts(dir, { first: '', second: '' })}`,
    prepare: (dir) => makeDisks(dir, 'first', 'second'),
    play: async (lab) => {
      await lab.run('server', ['dump', 'client', path.join(lab.dir, 'first')])
      await lab.run('server', ['dump', 'client', path.join(lab.dir, 'second')])
      damageHeldDump(lab.dir)
      writeFileSync(lab.serverConfig, readFileSync(lab.serverConfig, 'utf8').replace('slots: 1', 'slots: 3'))
      mkdirSync(path.join(lab.dir, 'volumes', 'slot2'), { recursive: true })
      await lab.must('server', ['server', 'stop'])
      await lab.run('server', ['flush'])
    },
  },
  {
    name: 'own-cancelled',
    how: 'the server is stopped in the middle of a dump',
    codes: ['dump-cancelled'],
    serverYaml: (dir) => hosts(dir, { endless: ENDLESS }),
    agentYaml: YES,
    play: async (lab) => {
      await startDump(lab)
      await lab.must('server', ['server', 'stop'])
    },
  },
  {
    name: 'own-crash',
    how: 'the server is killed in the middle of a dump, and started again',
    codes: ['run-cut-short'],
    serverYaml: (dir) => hosts(dir, { endless: ENDLESS }),
    agentYaml: YES,
    play: async (lab, { server }) => {
      await startDump(lab)
      server.kill('SIGKILL')
      await waitUntil('the server to be gone', WAIT_MS, () => !server.isRunning)
      await lab.startServer()
    },
  },
  {
    name: 'own-agent-restarted',
    how: 'the agent is killed in the middle of a dump, and started again',
    codes: ['session-lost'],
    serverYaml: (dir) => hosts(dir, { endless: ENDLESS }),
    agentYaml: YES,
    play: async (lab, { agent }) => {
      await startDump(lab)
      agent.kill('SIGKILL')
      await waitUntil('the agent to be gone', WAIT_MS, () => !agent.isRunning)
      await lab.startAgent('client')
      await isIdle(lab)
    },
  },
  {
    name: 'own-disk-full',
    how: 'a dump is larger than it was said to be, and the file system of the holding disk fills',
    codes: ['holding-without-room'],
    holdingMib: 8,
    serverYaml: (dir) => hosts(dir, { endless: `${ENDLESS}, holding: required` }).replace('[/usr/bin/yes]', '[/usr/bin/yes], ESTIMATE-KIB: ["100"]'),
    agentYaml: YES,
  },
]
