// holdfast.yaml and agent.yaml. Any text gives a configuration or problems with their places.

import { parseAgentConfig } from '../../../src/config/agent-config.ts'
import type { ConfigProblem } from '../../../src/config/resolved.ts'
import { parseServerConfig } from '../../../src/config/server-config.ts'
import { must, type FuzzTarget } from '../target.ts'

const DIRECTORIES = { state: '/s', cache: '/c', run: '/r', log: '/l' }
const SERVER = `
name: daily
storage: {directory: /b, slots: 30, volume-size: 100 GiB, label: $c-%%%, keep: {days: 14, fulls: 2}, autolabel: [empty]}
dumptypes:
  default: {exclude: ['*.o'], priority: low}
  fast: {compress: zstd, max-dumps: 3}
  db: {inherit: [fast], application: command, properties: {COMMAND: pg_dump, ARGUMENT: [a, b]}, compress: {kind: gzip, where: server, level: 6}}
hosts:
  laptop: [/home, /etc]
  a:
    dumptype: fast
    exclude-append: ['*.tmp']
    disks: [/x, {disk: pg, device: /var/lib/pg, dumptype: db, dump-cycle: 2 d}]
holding: [{directory: /h, use: 50 GiB, chunk-size: 1 GiB}, {directory: /i, keep-free: 1 GiB}]
schedule: {at: "30 1 * * *", timezone: Europe/Berlin, catch-up: 1 d}
server: {address: 0.0.0.0, port: 10090, heartbeat: 10 s, dead-after: 30 s}
limits: {parallel-dumps: 4, data-timeout: 30 min}
`
const MINIMAL = 'storage:\n  directory: /srv/backup\nhosts:\n  laptop: [/home, /etc]\n'
const AGENT = 'server: backup.example:10090\nhost: laptop\nstate-dir: /s\nrestore-paths: [/home]\ncommands: [/usr/bin/pg_dump]\nestimate-timeout: 6 h\n'
const WORDS = [
  '&a', '*a', '<<: *a', '!!binary ', '!!timestamp ', '? ', '- ', ': ', '[', ']', '{', '}', '|\n', '>\n', '"', "'", '\n', '  ', '\t', '#', '---\n', '...\n', '%YAML 1.2\n', '__proto__: ', 'constructor: ', 'toString', 'inherit: ', '~', 'null', '1e999', '.inf', '.nan', '0x1', '30 s', '5 EiB', '* * * * *', 'L W#5', '60/0', '$c-%%%',
] as const

function check(problems: readonly ConfigProblem[]): void {
  for (const { line, column, message } of problems) must(line >= 1 && column >= 1 && message !== '', 'a problem has a place and a message')
}

function run(parse: (text: string) => { readonly kind: 'config' | 'problems'; readonly problems?: readonly ConfigProblem[] }): (input: Buffer) => void {
  return (input) => {
    const outcome = parse(input.toString('utf8'))
    check(outcome.problems ?? [])
    if (outcome.kind === 'problems') must((outcome.problems ?? []).length > 0, 'a refusal says why')
  }
}

const serverConfig: FuzzTarget = {
  name: 'holdfast-yaml',
  summary: 'the configuration of the server (src/config)',
  codes: [],
  corpus: () => [SERVER, MINIMAL, ''].map((text) => Buffer.from(text)),
  words: WORDS,
  inputBytesMax: 16 * 1024,
  run: run((text) => parseServerConfig(text, 'holdfast.yaml', DIRECTORIES)),
}

const agentConfig: FuzzTarget = {
  name: 'agent-yaml',
  summary: 'the configuration of an agent (src/config)',
  codes: [],
  corpus: () => [AGENT, ''].map((text) => Buffer.from(text)),
  words: WORDS,
  inputBytesMax: 16 * 1024,
  run: run((text) => parseAgentConfig(text, 'agent.yaml', DIRECTORIES)),
}

export const CONFIG_TARGETS: readonly FuzzTarget[] = [serverConfig, agentConfig]
