import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseAgentConfig } from './agent-config.ts'
import { DEFAULT_EXCLUDES } from './default-excludes.ts'
import type { DirectoriesConfig, ResolvedConfig } from './resolved.ts'
import { parseServerConfig } from './server-config.ts'

const DIRECTORIES: DirectoriesConfig = { state: '/s', cache: '/c', run: '/r', log: '/l' }

function good(text: string): ResolvedConfig {
  const outcome = parseServerConfig(text, 'holdfast.yaml', DIRECTORIES)
  assert.equal(outcome.kind, 'config', JSON.stringify(outcome.problems, undefined, 1))
  return (outcome as { readonly config: ResolvedConfig }).config
}

function problems(text: string): string[] {
  const outcome = parseServerConfig(text, 'f', DIRECTORIES)
  return outcome.problems.map(({ line, column, severity, message, next }) => `${line}:${column} ${severity}: ${message} | ${next ?? ''}`)
}

const MINIMAL = 'storage:\n  directory: /srv/backup\nhosts:\n  laptop: [/home, /etc]\n'

test('a minimal configuration is a handful of lines and complete', () => {
  const config = good(MINIMAL)
  assert.deepEqual(config.disklist.map((entry) => [entry.host, entry.disk, entry.device, entry.application.name, entry.dumpCycleDays]), [
    ['laptop', '/home', '/home', 'archive', 7],
    ['laptop', '/etc', '/etc', 'archive', 7],
  ])
  assert.equal(config.tether.port, 10_090)
  assert.equal(config.storage.directory, '/srv/backup')
  assert.deepEqual(config.holdingDisks.map((disk) => disk.directory), ['/s/holding'])
  assert.deepEqual(config.directories, DIRECTORIES)
})

test('the result is frozen all the way down', () => {
  const config = good(MINIMAL) as unknown as { disklist: { excludeFiles: string[] }[] }
  assert.throws(() => config.disklist[0]?.excludeFiles.push('x'), TypeError)
  assert.throws(() => Object.assign(config, { name: 'other' }), TypeError)
})

test('what the driver goes by is read, and is left out when it is not said', () => {
  const config = good(`
storage: {directory: /b, flush: {dumped: 50, rest: 120, order: largestfit, earlier: selected}}
interfaces: {wan: {use: 2 MiB}}
limits: {dump-order: sST, holding-reserve: 40}
dumptypes:
  far: {interface: wan, start-time: "20:15", retries: 5}
hosts:
  a: {dumptype: far, disks: [/x, {disk: /y, start-time: "00:00"}]}
  b: [/z]
`)
  assert.deepEqual(config.disklist.map((entry) => [entry.disk, entry.interface, entry.startMinutes, entry.retries]), [['/x', 'wan', 1215, 5], ['/y', 'wan', 0, 5], ['/z', undefined, undefined, undefined]])
  assert.deepEqual(config.interfaces, [{ name: 'wan', useKib: 2048 }])
  assert.deepEqual([config.limits.dumpOrder, config.limits.reservePercent], ['sST', 40])
  assert.ok(config.storage.kind === 'vtape')
  assert.deepEqual(config.storage.flush, { dumpedPercent: 50, scheduledPercent: 0, restPercent: 120, order: 'largestfit', earlier: 'selected' })
  const plain = good(MINIMAL)
  assert.ok(plain.storage.kind === 'vtape' && plain.storage.flush === undefined && plain.interfaces === undefined && plain.limits.dumpOrder === undefined && plain.limits.reservePercent === undefined)
})

test('mistakes about the driver are told with their place', () => {
  assert.deepEqual(problems('storage: {directory: /b, flush: {rest: 50, earlier: none}}\nhosts:\n  a: {interface: wam, disks: [/x]}\ninterfaces: {wan: {use: 1 MiB}}\n'), [
    '1:33 warning: a run may leave dumps on the holding disk, and no later run writes them to volumes | Leave `earlier` out, or run `holdfast flush` from time to time.',
    '3:6 error: there is no interface wam, which /x names | Write it under `interfaces`, such as `wam: {use: 10 MiB}`.',
  ])
  assert.match(problems('storage: {directory: /b}\nlimits: {dump-order: xyz}\nhosts: {a: [{disk: /x, start-time: "24:00"}]}').join('\n'), /letters of `sStTbB`[\s\S]*must be a time such as `20:15`/)
})

test('dumptypes inherit, hosts and disks override, excludes append', () => {
  const config = good(`
storage: {directory: /b}
dumptypes:
  default: {exclude: ['*.o'], priority: low}
  big: {compress: zstd, max-dumps: 3}
  db:
    inherit: [big]
    application: command
    properties: {COMMAND: pg_dump, ARGUMENT: [a, b]}
    compress: {kind: gzip, where: server, level: 6}
hosts:
  a:
    dumptype: big
    exclude-append: ['*.tmp']
    disks:
      - /x
      - {disk: pg, dumptype: db, dump-cycle: 2 d, part-size: 10 MiB}
`)
  const [x, pg] = config.disklist
  assert.deepEqual([x?.compress, x?.priority, x?.maxDumps, x?.excludeFiles], [{ kind: 'zstd', where: 'client', level: 1 }, 'low', 3, ['*.o', '*.tmp']])
  assert.deepEqual(x?.application.properties, { 'default-excludes': ['no'] })
  assert.deepEqual(pg?.application, { name: 'command', properties: { COMMAND: ['pg_dump'], ARGUMENT: ['a', 'b'] } })
  assert.deepEqual([pg?.compress, pg?.dumpCycleDays, pg?.partBytes], [{ kind: 'gzip', where: 'server', level: 6 }, 2, 10 * 1024 ** 2])
})

test('a second parent adds what it sets and does not undo the first', () => {
  const config = good(`
storage: {directory: /b}
dumptypes:
  fast: {compress: zstd}
  loud: {priority: high}
  both: {inherit: [fast, loud]}
hosts: {a: [{disk: /x, dumptype: both}]}
`)
  assert.deepEqual([config.disklist[0]?.compress.kind, config.disklist[0]?.priority], ['zstd', 'high'])
})

test('absolute excludes matter only to disks that contain them', () => {
  const config = good('storage: {directory: /b}\nhosts: {a: [/, /home/me, /var]}')
  const [root, home, var_] = config.disklist.map((entry) => entry.excludeFiles)
  assert.ok(root?.includes('./proc/*') && root.includes('./home/*/.cache/*'))
  assert.deepEqual(home, ['./.cache/*', './.local/share/Trash/*'])
  assert.ok(var_?.includes('./cache/apt/archives/*') && !var_.includes('./proc/*'))
  assert.deepEqual(good('storage: {directory: /b}\ndumptypes: {default: {exclude: []}}\nhosts: {a: [/]}').disklist[0]?.excludeFiles, [])
  assert.ok(DEFAULT_EXCLUDES.includes('/proc/*'))
})

test('all problems come at once, each with its place and an advice', () => {
  assert.deepEqual(problems('nmae: x\nstorage:\n  slots: 0\n  label: [a]\nserver: {heartbeat: 20}\nhosts:\n  a: {disk: [/x]}\n  "b c": [/y]\n'), [
    '1:1 error: `nmae` is not a setting | Did you mean `name`?',
    '3:3 error: storage.directory is missing | Add `directory`. See docs/configuration.md for what may stand here.',
    '3:10 error: storage.slots must be at least 1 | See docs/configuration.md for what may stand here.',
    '4:10 error: storage.label must be a text | See docs/configuration.md for what may stand here.',
    '5:21 error: server.heartbeat must be a duration with its unit, such as `30 s`, `5 min` or `1 d` | See docs/configuration.md for what may stand here.',
    '7:6 error: hosts.a.disks is missing | Add `disks`. See docs/configuration.md for what may stand here.',
    '7:7 error: `disk` is not a setting of hosts.a | Did you mean `disks`?',
    '8:3 error: `b c` must be a name of letters, digits, `.`, `_` and `-` | Choose another name.',
  ])
})

test('problems between values are found, with their place', () => {
  const found = problems(`
storage: {directory: /b, label: X-%, slots: 20}
schedule: {at: "61 1 * * *", timezone: Mars/Base}
server: {heartbeat: 20 s, dead-after: 30 s}
dumptypes:
  a: {inherit: b}
  b: {inherit: a}
  c: {inherit: defualt}
hosts:
  h: [/x, /x, relative, {disk: /z, dumptype: aa}]
`)
  assert.deepEqual(
    found.map((text) => text.replace(/ \|.*/, '')),
    [
      '2:33 error: the label has room for 9 volumes, fewer than the 20 slots',
      '3:16 error: `61 1 * * *` is not a cron expression: CronPattern: Invalid value for minute: 61',
      '3:40 error: `Mars/Base` is not a time zone',
      '4:39 error: `dead-after` must be at least twice `heartbeat`',
      '7:16 error: dumptype b inherits from itself through a',
      '8:16 error: there is no dumptype defualt',
      '10:11 error: the disk /x of h is listed twice',
      '10:15 error: `relative` is not an absolute path',
      '10:25 error: there is no dumptype aa',
    ],
  )
  assert.match(found[5] ?? '', /Did you mean `default`/)
})

test('disks whose dumps would have one name on the holding disk are refused', () => {
  const found = problems(`
storage: {directory: /b}
hosts:
  h:
    - /a/b
    - {disk: /a_b, device: /c}
    - {disk: /a/b.1, device: /d}
  x.y: [{disk: z, device: /z}]
  x: [{disk: y.z, device: /z}]
`)
  assert.deepEqual(found.map((text) => text.replace(/ \|.*/, '')), [
    '6:7 error: the disks /a_b of h and /a/b of h would have the same file name on the holding disk',
    '7:7 error: the disks /a/b.1 of h and /a/b of h would have the same file name on the holding disk',
    '9:7 error: the disks y.z of x and z of x.y would have the same file name on the holding disk',
  ])
})

test('what is not YAML is a problem with a place', () => {
  assert.match(problems('a: [1\nb: 2')[0] ?? '', /^\d+:\d+ error: this is not YAML/)
  assert.match(problems('a: 1\na: 2')[0] ?? '', /^2:1 error: this is not YAML: Map keys must be unique/)
  assert.match(problems('['.repeat(200_000))[0] ?? '', /error/)
  assert.match(problems('a: &x [1]\nb: *y')[0] ?? '', /error/)
  assert.equal(problems('').length, 1)
  assert.equal(problems('just text').length, 1)
})

const words = fc.constantFrom('storage', 'directory', 'hosts', 'disks', 'dumptypes', 'inherit', 'default', 'holding', 'schedule', 'at', '__proto__', 'constructor', 'toString', 'name', 'server', 'heartbeat', 'exclude', 'label', 'keep', 'null', '10 GiB', '5 min', '/x', '-1', '[', ']', '{', '}', ':', ',', '&a', '*a', '<<', '\n', '\n  ', '- ', '"', '|')

test('any text gives a configuration or problems, never a crash', () => {
  const check = (text: string): void => {
    const outcome = parseServerConfig(text, 'f', DIRECTORIES)
    const agent = parseAgentConfig(text, 'f', { state: '/s', log: '/l' })
    assert.ok(outcome.kind === 'config' || outcome.problems.some((problem) => problem.severity === 'error'))
    for (const problem of [...outcome.problems, ...(agent.kind === 'problems' ? agent.problems : [])]) assert.ok(problem.line >= 1 && problem.column >= 1 && problem.message.length > 0)
  }
  fc.assert(fc.property(fc.string({ unit: 'binary' }), check), { numRuns: 100 })
  fc.assert(fc.property(fc.array(words, { maxLength: 40 }).map((parts) => parts.join(' ')), check), { numRuns: 150 })
  fc.assert(fc.property(fc.json({ noUnicodeString: false }), check), { numRuns: 75 })
  const value = fc.letrec((tie) => ({ node: fc.oneof({ maxDepth: 4 }, words, fc.integer(), fc.constant(null), fc.boolean(), fc.array(tie('node'), { maxLength: 3 }), fc.dictionary(words, tie('node'), { maxKeys: 4 })) })).node
  fc.assert(fc.property(fc.dictionary(words, value, { maxKeys: 5 }), (tree) => check(JSON.stringify({ storage: { directory: '/b' }, ...tree }))), { numRuns: 150 })
})

test('an agent has a good configuration without a line', () => {
  const outcome = parseAgentConfig('', 'agent.yaml', { state: '/s', log: '/l' })
  assert.deepEqual(outcome.kind === 'config' && [outcome.config.stateDir, outcome.config.restorePaths, outcome.config.gnutar], ['/s', [], undefined])
  const wrong = parseAgentConfig('restore-path: /x\n', 'agent.yaml', { state: '/s', log: '/l' })
  assert.deepEqual(wrong.kind === 'problems' && wrong.problems.map((problem) => problem.next), ['Did you mean `restore-paths`?'])
})

test('a vault has its key file outside, compresses by itself, and rules that keep something', () => {
  const vault = (more: string): string => `storage:\n  kind: vault\n  directory: /v\n${more}hosts:\n  a: [/x]\n`
  const { storage } = good(vault('  keep: {daily: 7, last: 0, tags: year-end}\n'))
  assert.deepEqual(storage, { name: 'main', kind: 'vault', directory: '/v', secret: { kind: 'key-file', file: '/s/vault.key' }, dedupDomain: 'vault', compressLevel: 1, keep: { daily: 7, tags: ['year-end'] } })
  assert.ok(good(vault('')).storage.kind === 'vault')
  assert.match(problems(vault('  key-file: /v/k\n'))[0] ?? '', /lies in the vault that it opens/)
  assert.match(problems(vault('  key-file: /k\n  passphrase-file: /p\n'))[0] ?? '', /one of `key-file`/)
  assert.match(problems(vault('  passphrase-command: [pass]\n'))[0] ?? '', /not an absolute path/)
  assert.match(problems(vault('  keep: {last: 0}\n'))[0] ?? '', /warning: `keep` has no rule/)
  assert.match(problems(vault('  slots: 3\n'))[0] ?? '', /`slots` is not a setting/)
  const filtered = vault('').replace('a: [/x]', 'a:\n    - {disk: /x, compress: zstd}\n    - {disk: /y, encrypt: {program: /bin/gpg}}')
  assert.deepEqual(problems(filtered).map((line) => /`(compress|encrypt)` of a/.exec(line)?.[1]), ['compress', 'encrypt'])
  assert.deepEqual(good(filtered).disklist.map(({ compress, encrypt }) => [compress.kind, encrypt.kind]), [['none', 'none'], ['none', 'custom']])
})

test('a host may keep its Amanda client; what such a client cannot do is told', () => {
  const withHost = (host: string): string => `storage:\n  directory: /b\nhosts:\n  a:\n${host}`
  const config = good(withHost('    transport: bsdtcp\n    application: gnutar\n    disks: [/x]\n'))
  assert.deepEqual(config.disklist.map(({ auth }) => auth), ['bsdtcp'])
  assert.deepEqual(config.stockClients?.map(({ host, auth, address, port, reservedTcpPorts }) => [host, auth, address, port, reservedTcpPorts]), [['a', 'bsdtcp', 'a', 10_080, { first: 512, last: 1023 }]])
  const other = good(withHost('    transport: {auth: bsd, address: 10.0.0.7, port: 10090, user: backup, reserved-udp-port: 840-860, ctimeout: 5 s}\n    application: amgtar\n    disks: [/x]\n')).stockClients?.[0]
  assert.deepEqual([other?.address, other?.port, other?.user, other?.reservedUdpPorts, other?.replyTimeoutMs], ['10.0.0.7', 10_090, 'backup', { first: 840, last: 860 }, 5000])
  const agent = good(withHost('    transport: tether\n    disks: [/x]\n'))
  assert.deepEqual([agent.stockClients, agent.disklist[0]?.auth], [undefined, undefined])
  assert.match(problems(withHost('    transport: bsdtcp\n    disks: [/x]\n'))[0] ?? '', /no application `archive`/)
  assert.match(problems(withHost('    transport: bsdtcp\n    application: gnutar\n    compress: zstd\n    disks: [/x]\n'))[0] ?? '', /no zstd of its own/)
  assert.match(problems(withHost('    transport: bsdtcp\n    application: gnutar\n    properties: {sparse: "yes"}\n    disks: [/x]\n'))[0] ?? '', /takes no properties/)
  assert.match(problems(withHost('    transport: {auth: bsdtcp, reserved-tcp-port: 1000-2000}\n    application: gnutar\n    disks: [/x]\n'))[0] ?? '', /no range of ports from 1 to 1023/)
  assert.match(problems(withHost('    transport: {auth: tether, port: 5}\n    disks: [/x]\n'))[0] ?? '', /found by its key/)
  assert.match(problems(withHost('    transport: ssl\n    disks: [/x]\n'))[0] ?? '', /cannot be `ssl`, .* use `ssh`/)
  assert.match(problems(withHost('    transport: {auth: rsh}\n    disks: [/x]\n'))[0] ?? '', /cannot be `rsh`/)
})

test('ssh and local have their own settings, and no word of them can be misread by a shell or by ssh', () => {
  const withTransport = (transport: string): string => `storage:\n  directory: /b\nhosts:\n  a:\n    transport: ${transport}\n    application: gnutar\n    disks: [/x]\n`
  const client = good(withTransport('{auth: ssh, port: 2222, client-username: amanda, ssh-keys: /k, amandad-path: /usr/libexec/amanda/amandad}')).stockClients?.[0]
  assert.deepEqual(client?.amandad, { path: '/usr/libexec/amanda/amandad', login: 'amanda', keyFile: '/k', port: 2222 })
  assert.deepEqual(good(withTransport('local')).stockClients?.[0]?.amandad, { path: '/usr/lib/amanda/amandad', login: 'backup', keyFile: undefined, port: undefined })
  for (const [transport, problem] of [
    ['{auth: ssh, reserved-tcp-port: 600-700}', /`reserved-tcp-port` means nothing with the transport ssh/],
    ['{auth: local, port: 22}', /`port` means nothing with the transport local/],
    ['{auth: bsdtcp, ssh-keys: /k}', /`ssh-keys` means nothing with the transport bsdtcp/],
    ['{auth: ssh, address: -oProxyCommand=x}', /`-oProxyCommand=x` cannot be a word of a command/],
    ['{auth: ssh, client-username: "a b"}', /`a b` cannot be/],
    ['{auth: ssh, amandad-path: "/bin/amandad; reboot"}', /cannot be a word of a command/],
  ] as const) assert.match(problems(withTransport(transport))[0] ?? '', problem)
})
