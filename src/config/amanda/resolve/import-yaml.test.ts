import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateConfig } from '../../../../testkit/amanda-config.ts'
import { seededRandom } from '../../../kernel/random.ts'
import { parseServerConfig } from '../../server-config.ts'
import { DisklistReader } from '../disklist.ts'
import type { Override } from '../overrides.ts'
import { readAmandaConfig } from '../read-config.ts'
import { importYaml } from './import-yaml.ts'
import { formatRemark, severityOf } from './remark.ts'
import { resolveAmanda, type AmandaResolution } from './resolve-amanda.ts'

const DIRECTORIES = { state: '/s', cache: '/c', run: '/r', log: '/l' }

function resolve(conf: string, disklist: string, overrides: readonly Override[] = [], volumes?: string): AmandaResolution | undefined {
  const texts: Readonly<Record<string, string>> = { '/e/c/amanda.conf': conf, '/e/c/disklist': disklist }
  const { configuration, context } = readAmandaConfig({ scope: 'server', root: '/e', name: 'c', directory: '/e/c', overrides }, { read: (path) => (Object.hasOwn(texts, path) ? { text: texts[path] ?? '' } : { failure: 'No such file or directory' }), checkDirectory: () => undefined })
  const reader = new DisklistReader(context)
  reader.readFile('/e/c/disklist', undefined)
  if (volumes === undefined) assert.deepEqual(configuration.problems, [])
  return configuration.hasErrors ? undefined : resolveAmanda(configuration, reader.disks, DIRECTORIES, { slotCount: () => 7, volumes })
}

function yamlOf({ input, remarks, comments }: AmandaResolution): string {
  assert.ok(input !== undefined, remarks.map(formatRemark).join('\n'))
  return importYaml({ file: '/e/c/amanda.conf', input, remarks, comments })
}

/** What random values make impossible, set right. */
const USABLE: readonly Override[] = ['a', 'b', 'c'].flatMap((name) => [
  ...Object.entries({ auth: 'bsdtcp', 'client-port': '10080', 'client-custom-compress': '/bin/x', 'server-custom-compress': '/bin/y', 'client-encrypt': '/bin/z', 'server-encrypt': '/bin/z' }).map(([keyword, value]) => ({ name: `dumptype:${name}:${keyword}`, value })),
  { name: `application:${name}:plugin`, value: 'amgtar' },
  { name: `script:${name}:plugin`, value: 'p' },
  { name: `holdingdisk:${name}:directory`, value: `/holding/${name}` },
])

test('a configuration that is imported means the same as the one that it comes from, whatever it says', () => {
  const random = seededRandom(4)
  let imported = 0
  for (let index = 0; index < 120; index++) {
    const { conf, disklist } = generateConfig(random, false)
    const resolution = resolve(conf, disklist, USABLE, '/v')
    if (resolution?.input === undefined) {
      assert.ok(resolution === undefined || resolution.remarks.some((remark) => severityOf(remark) === 'error'), conf)
      continue
    }
    imported++
    const yaml = yamlOf(resolution)
    const outcome = parseServerConfig(yaml, 'y', DIRECTORIES)
    assert.ok(outcome.kind === 'config', `${JSON.stringify(outcome.problems)}\n${yaml}\n${conf}`)
    assert.deepEqual(outcome.config, resolution.config, yaml)
  }
  assert.ok(imported > 40, `${imported} of 120 could be imported`)
})

/** The text, once it has been read back and found to mean the same. */
function imported(conf: string, disklist: string): string {
  const resolution = resolve(conf, disklist)
  assert.ok(resolution !== undefined)
  const yaml = yamlOf(resolution)
  const outcome = parseServerConfig(yaml, 'y', DIRECTORIES)
  assert.ok(outcome.kind === 'config', `${JSON.stringify(outcome)}\n${yaml}`)
  assert.deepEqual(outcome.config, resolution.config, yaml)
  return yaml
}

const HEAD = 'tpchanger "chg-disk:/v"\nautolabel "L%%" empty\ntapecycle 3\ntapetype T\ndefine tapetype T {\nlength 10g\n}\n'

test('the text is what an administrator would write', () => {
  const conf = `org "Acme"\nmailto "ops"\ndumpcycle 1 week\n${HEAD}holdingdisk h {\ndirectory "/h"\nuse 40g\n}\ndefine dumptype global {\ncomment "For all"\nprogram "GNUTAR"\ncompress none\n}\ndefine dumptype user {\nglobal\nexclude "./tmp"\n}\ndefine dumptype quick {\nuser\ncompress client fast\nexclude file append "*.o"\n}\n`
  const yaml = imported(conf, 'a /home user\na /srv user\nb /db /var/db {\nquick\ndumpcycle 0\n} 1\n')
  assert.equal(
    yaml,
    `# From /e/c/amanda.conf, by \`holdfast import\`. All settings: docs/configuration.md.
# Amanda is started by cron. To have the server start runs by itself: \`schedule: {at: "45 0 * * *"}\`, and take amdump out of the crontab.

name: c
organisation: Acme

storage:
  kind: vtape
  name: c
  directory: /v
  slots: 7
  volume-size: 10 GiB
  part-size: 10 GiB
  label: L%%
  autolabel: [empty]
  volumes-per-run: 1
  keep: {volumes: 2, days: 0, fulls: 0}
  flush: {earlier: none}

holding:
  name: h
  directory: /h
  use: 40 GiB
  chunk-size: 1 GiB

dump-cycle: 7 d

limits:
  parallel-dumps: 10
  dump-order: ttt
  holding-reserve: 100
  retries: 1
  estimate-timeout: 5 min

interfaces:
  default: {use: 80000 KiB}

dumptypes:
  default:
    application: gnutar
    compress: gzip
    exclude: []
    lists-optional: false
    absolute-excludes: false
    expected-ratio: {full: 0.5, incremental: 0.5}
    interface: default
  # For all
  global: {compress: none}
  user: {inherit: global, exclude: ./tmp}
  quick: {inherit: user, compress: gzip, exclude-append: "*.o"}

hosts:
  a:
    transport: {auth: bsdtcp, user: backup}
    dumptype: user
    disks: [/home, /srv]
  b:
    transport: {auth: bsdtcp, user: backup}
    dumptype: quick
    disks:
      - {disk: /db, device: /var/db, dump-cycle: 0 d, spindle: 1}

mail:
  to: ops
  when: always
`,
  )
})

test('names and texts that YAML or ours would read differently', () => {
  const conf = `org "yes: #no"\n${HEAD}define dumptype default {\ncomment "a\\nb: [\\t"\nprogram "GNUTAR"\nexclude "~" "null" "- x" "12" "# y" "{" "'" "\\"" "true"\n}\ndefine dumptype Odd- {\ndefault\nexclude list "1e3"\n}\ndefine dumptype constructor {\nprogram "GNUTAR"\n}\n`
  const yaml = imported(conf, '10 "/a: b" default\n1e3 "/x #y" Odd-\nnull "/~" constructor\ntrue / {\nOdd-\nexclude "n"\n}\n')
  assert.match(yaml, /default-type/)
  assert.match(yaml, /\n {2}# a b: \[\n {2}default-type:/)
})

test('times, sizes and lines as people write them', () => {
  const conf = `${HEAD}holdingdisk h {\ndirectory "/h"\n}\nnetusage 10m\nflush-threshold-dumped 50\ntaperalgo largestfit\nautoflush yes\ndefine interface properties {\nuse 1m\n}\ndefine dumptype t {\nprogram "GNUTAR"\nstarttime 2030\nretry-dump 4\n}\ndefine dumptype u {\nt\nstarttime 0905\n}\ndefine dumptype now {\nt\nstarttime 0\n}\n`
  const yaml = imported(conf, 'a /x t -1 properties\na /y u -1 PROPERTIES\nb /x now\nb /y t 1 properties\n')
  assert.match(yaml, /\n {2}flush: \{dumped: 50, order: largestfit, earlier: selected\}\n/)
  assert.match(yaml, /\ninterfaces:\n {2}default: \{use: 10 MiB\}\n {2}properties: \{use: 1 MiB\}\n/)
  assert.match(yaml, /\n {2}t: \{start-time: 20:30, retries: 3\}\n {2}u: \{inherit: t, start-time: 09:05\}\n {2}now: \{retries: 3\}\n/)
  assert.match(yaml, /\n {2}a:\n {4}transport: [^\n]*\n {4}interface: properties\n {4}disks:\n {6}- \{disk: \/x, dumptype: t\}\n {6}- \{disk: \/y, dumptype: u\}\n/)
  assert.match(yaml, /\n {2}b:\n {4}transport: [^\n]*\n {4}disks:\n {6}- \{disk: \/x, dumptype: now\}\n {6}- \{disk: \/y, dumptype: t, interface: properties, spindle: 1\}\n/)
})

test('control characters, which ours has in no text', () => {
  const conf = `org "a\\001b"\ndumpuser "x\\ty"\ntpchanger "chg-disk:/v"\nautolabel "L\\005%%" empty\ntapecycle 3\ndefine dumptype t {\nprogram "GNUTAR"\nencrypt client\nclient-encrypt "/bin/x\\000y"\nclient-decrypt-option "-d\\002"\n}\n`
  assert.match(imported(conf, 'h /d t\n'), /organisation: a b\n[^]*label: L%%\n[^]*program: \/bin\/x,/)
})

test('what ours cannot inherit stands on its own', () => {
  const conf = `${HEAD}define application one {\nplugin "amgtar"\nproperty "a" "1"\n}\ndefine application two {\nplugin "amgtar"\nproperty "b" "2"\n}\ndefine dumptype base {\nprogram "APPLICATION"\napplication "one"\npriority high\nmaxpromoteday 3\n}\ndefine dumptype other {\nbase\napplication "two"\nmaxpromoteday 10000\n}\ndefine dumptype mixed {\nbase\nNO-HOLD\nSRVCOMPRESS\n}\n`
  const yaml = imported(conf, 'h /a base\nh /b other\nh /c mixed\nh /d {\nbase\napplication "two"\n}\n')
  assert.match(yaml, /\n {2}other:\n {4}application: amgtar\n {4}priority: high\n {4}properties: \{b: "2"\}/)
})
