import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../kernel/random.ts'
import { generateConfig } from '../../../testkit/amanda-config.ts'
import { AmandaConfiguration } from './configuration.ts'
import { DisklistReader } from './disklist.ts'
import { listSections, lookUp } from './lookup.ts'
import { parseOverride } from './overrides.ts'
import { formatAmandaProblem } from './problems.ts'
import { readAmandaConfig } from './read-config.ts'

function read(conf: string, options: { readonly files?: Readonly<Record<string, string>>; readonly overrides?: readonly string[]; readonly disklist?: string } = {}): { readonly configuration: AmandaConfiguration; readonly complaints: string[]; readonly disks: DisklistReader['disks'] } {
  const texts: Readonly<Record<string, string>> = { '/e/c/amanda.conf': conf, '/e/c/disklist': options.disklist ?? '', ...options.files }
  const { configuration, context } = readAmandaConfig(
    { scope: 'server', root: '/e', name: 'c', directory: '/e/c', overrides: (options.overrides ?? []).flatMap((given) => parseOverride(given) ?? []) },
    { read: (path) => (Object.hasOwn(texts, path) ? { text: texts[path] ?? '' } : { failure: 'No such file or directory' }), checkDirectory: () => undefined },
  )
  const disklist = new DisklistReader(context)
  disklist.readFile('/e/c/disklist', undefined)
  return { configuration, complaints: configuration.problems.map((problem) => formatAmandaProblem(problem).replaceAll('/e/c/', '')), disks: disklist.disks }
}

const INHERITED = 'define device a {\ndevice-property "a" "1"\ndevice-property "server-name" "2"\ndevice-property "sparse" "3"\ndevice-property "z" "4"\n}\ndefine device b {\na\n}\n'
const SCRIPTS = 'define script s1 {\n}\ndefine script s2 {\n}\ndefine script s3 {\n}\ndefine script o1 {\norder 1\n}\n'
const LISTS = `${SCRIPTS}define dumptype a {\nscript "s1" "o1"\ntag "x"\n}\ndefine dumptype b {\nscript "s2" "s3"\ntag "y"\na\n}\ndefine dumptype c {\na\n}\ndefine dumptype d {\nc\n}\ndefine dumptype e {\nb\n}\n`
const STORAGES = 'define storage a {\n}\ndefine storage b {\n}\n'

// What stock Amanda 3.5.1 answered (integration/cases/amanda-config.ts asks it again).
const VALUES: readonly (readonly [conf: string, parameter: string, lines: readonly string[]])[] = [
  ['', 'dumpcycle', ['10']],
  ['', 'dumptype:NO-HOLD:holdingdisk', ['NEVER']],
  ['tapecycle 5 weeks\n', 'TapeCycle', ['35']],
  ['bumpsize 2048b\n', 'bumpsize', ['2']],
  ['device-output-buffer-size -1\n', 'device-output-buffer-size', ['18446744073709551615']],
  ['org "Quo\\"te \\\\ \\101oct # x"\n', 'org', ['Quo"te \\ Aoct # x']],
  ['org "a\\\nb"\n', 'org', ['a\nb']],
  ['autolabel "T%%"\n', 'autolabel', ['"T%%" VOLUME-ERROR EMPTY']],
  ['define dumptype d {\nexclude list optional "a"\nexclude append "b c"\n}\n', 'dumptype:d:exclude', ['LIST "a"', 'FILE "b c"']],
  ['define dumptype d {\nstarttime 5\n}\n', 'dumptype:d:starttime', [' 005']],
  ['define dumptype d {\nproperty "z" "1"\nproperty "a" "2"\nproperty "m" "3"\n}\n', 'dumptype:d:property', ['hidden "m" "3"', 'hidden "a" "2"', 'hidden "z" "1"']],
  ['define tapetype t {\nblocksize 64\n}\ndefine tapetype u {\nt\n}\n', 'tapetype:u:readblocksize', ['64']],
  ['define holdingdisk h {\nchunksize 0\n}\n', 'holdingdisk:h:chunksize', ['9007199254740896']],
  ['define script s {\nexecute-on inter-level-recover, pre-host-backup\n}\n', 'script:s:execute-on', ['PRE-HOST-BACKUP, INTER-LEVEL-RECOVER']],
  // A property that is added to one of the same section has its own visibility, but not less priority; one that is inherited adds its values only.
  ['define device a {\ndevice-property priority hidden "k" "1"\ndevice-property append "k" "2"\n}\n', 'device:a:device-property', ['visible priority "k" "1" "2"']],
  ['define device a {\ndevice-property append "k" "2"\n}\ndefine device b {\ndevice-property priority hidden "k" "1"\na\n}\n', 'device:b:device-property', ['hidden priority "k" "1" "2"']],
  ['define device a {\ndevice-property "k" "2"\n}\ndefine device b {\ndevice-property priority hidden "k" "1"\na\n}\n', 'device:b:device-property', ['visible "k" "2"']],
  // Inherited properties are put in in the order of the table they come from, which gives another order.
  [INHERITED, 'device:a:device-property', ['visible "z" "4"', 'visible "a" "1"', 'visible "server-name" "2"', 'visible "sparse" "3"']],
  [INHERITED, 'device:b:device-property', ['visible "sparse" "3"', 'visible "a" "1"', 'visible "z" "4"', 'visible "server-name" "2"']],
  // Scripts and tags that are inherited come behind those of the section, and a section without any of its own hands on none.
  [LISTS, 'dumptype:b:script', ['o1 s3 s2 s1']],
  [LISTS, 'dumptype:c:script', ['o1 s1']],
  [LISTS, 'dumptype:d:script', ['""']],
  [LISTS, 'dumptype:e:script', ['o1 s3 s2 s1']],
  [LISTS, 'dumptype:b:tag', ['"y" "x"']],
  [LISTS, 'dumptype:c:tag', ['"x"']],
  [LISTS, 'dumptype:d:tag', []],
  // A limit of dumps on a volume, whatever it is, turns the reports of volumes off that nobody asked for.
  ['max-dle-by-volume 1000000000\n', 'report-use-media', ['no']],
  ['max-dle-by-volume 7\nreport-use-media yes\n', 'report-use-media', ['yes']],
  ['max-dle-by-volume 7\nreport-use-media yes\n', 'storage:c:report-next-media', ['no']],
  ['define storage a {\nreport-next-media yes\n}\nmax-dle-by-volume 7\n', 'storage:a:report-next-media', ['yes']],
  ['define storage a {\nmax-dle-by-volume 7\n}\n', 'storage:a:report-next-media', ['yes']],
  // A second statement about the same tag or storage takes the place of the first.
  ['define storage a {\ndump-selection "t" INCR\ndump-selection ALL FULL\ndump-selection "t" ALL\ndump-selection "ALL" INCR\n}\n', 'storage:a:dump-selection', ['"t" ALL', 'ALL FULL', '"ALL" INCR']],
  ['define storage a {\nvault b 7 c 1\nvault b 8 B 2\n}\n', 'storage:a:vault', ['"b" 8', '"c" 1', '"B" 2']],
  // The storages that dumps are written to are added to the active ones.
  [`${STORAGES}active-storage a\nstorage b a b\n`, 'active-storage', ['a b']],
  [`${STORAGES}storage a b a\n`, 'active-storage', ['a b a']],
  [`${STORAGES}active-storage a\n`, 'active-storage', ['a c']],
  ['tapecycle 20\n', 'policy:c:retention-tapes', ['19']],
  ['define dumptype d {\napplication {\nplugin "amgtar"\n}\n}\n', 'dumptype:d:application', ['"custom(DUMPTYPE:d).1"']],
]

for (const [conf, parameter, lines] of VALUES) {
  test(`${parameter} of ${JSON.stringify(conf)}`, () => {
    const { configuration, complaints } = read(conf)
    assert.deepEqual(complaints, [])
    assert.deepEqual(lookUp(configuration, parameter), lines)
  })
}

const COMPLAINTS: readonly (readonly [conf: string, complaints: readonly string[]])[] = [
  ['foo bar baz\norg "a"\n', ["'amanda.conf', line 1: error: not a keyword.", "'amanda.conf', line 1: end of line is expected", "'amanda.conf', line 2: error: not a keyword."]],
  ['tapecycle \ninparallel 7\n', ["'amanda.conf', line 1: an integer is expected", "'amanda.conf', line 1: TAPECYCLE must be positive", "'amanda.conf', line 1: end of line is expected", "'amanda.conf', line 2: error: not a keyword."]],
  ['org "open\n', ["'amanda.conf', line 1: string not terminated"]],
  ['tapetype FOO\n', ['parse error: tapetype FOO is not defined']],
  ['define tapetype X {\nlength 5\n}\ndefine tapetype x {\n}\n', ["'amanda.conf', line 5: tapetype X already defined at amanda.conf:1"]],
  ['usetimestamps yes\nusetimestamps no\n', ["'amanda.conf', line 1: warning: Keyword usetimestamps is deprecated."]],
  ['reserve 101\n', ["'amanda.conf', line 1: reserve must be between 0 and 100"]],
  ['columnspec "Foo=1:1"\n', ["'amanda.conf', line 1: invalid column name: 'Foo'"]],
  ['includefile "nosuch"\n', ["'nosuch', line 1: could not open conf file 'nosuch': No such file or directory"]],
  ['define dumptype d {\napplication "x"\n}\n', ["'amanda.conf', line 2: Unknown application named: x"]],
]

for (const [conf, expected] of COMPLAINTS) test(`complaints about ${JSON.stringify(conf)}`, () => assert.deepEqual(read(conf).complaints, expected))

test('what the command line sets goes before the file, and reaches sections', () => {
  const { configuration, complaints } = read('org "x"\ndefine dumptype d {\n}\n', { overrides: ['org=a b', 'dumptype:D:compress=client best'] })
  assert.deepEqual(complaints, [])
  assert.deepEqual([lookUp(configuration, 'org'), lookUp(configuration, 'dumptype:d:compress')], [['a b'], ['CLIENT BEST']])
  assert.deepEqual(read('', { overrides: ['nosuch=5', 'inparallel=x'] }).complaints, ["parse error: unknown parameter 'nosuch'", "argument 'x': an integer is expected", "argument 'x': INPARALLEL must be positive"])
})

test('the disklist: devices, inline dumptypes, spindles, interfaces', () => {
  const { configuration, disks, complaints } = read('define dumptype d {\n}\ndefine interface i {\n}\n', { disklist: '# all\nh /a d\nh "/b c" /dev/x d 3 i\nh /e {\n  d\n  index no\n} 5\n' })
  assert.deepEqual(complaints, [])
  assert.deepEqual(disks.map(({ name, device, dumptype, spindle, interfaceName, place }) => [name, device, dumptype.name, spindle, interfaceName, place.line]), [
    ['/a', undefined, 'd', -1, 'default', 2],
    ['/b c', '/dev/x', 'd', 3, 'i', 3],
    ['/e', undefined, 'custom(h:_e).1', 5, 'default', 4],
  ])
  assert.deepEqual(lookUp(configuration, 'dumptype:custom(h:_e).1:index'), ['no'])
  assert.equal(listSections(configuration, 'dumptype')?.at(-1), 'custom(h:_e).1')
})

test('problems of a disklist have file and line', () => {
  const { complaints } = read('define dumptype d {\n}\n', { disklist: 'h /a nosuch\n\nh /b d x\nh /c d\nh /c d\n' })
  assert.deepEqual(complaints, ["'disklist', line 1: undefined dumptype `nosuch'", "'disklist', line 3: non-integer spindle `x'", "'disklist', line 5: duplicate disk record, previous on line 4"])
})

test('a file that includes itself comes to an end', () => {
  const { complaints } = read('includefile "amanda.conf"\nincludefile "amanda.conf"\n')
  assert.match(complaints[0] ?? '', /cannot include itself/)
})

test('whatever a configuration says, it is read, and each problem has its place', () => {
  const random = seededRandom(7)
  for (let index = 0; index < 40; index++) {
    const { conf, disklist } = generateConfig(random, true)
    const { configuration } = read(conf, { disklist })
    for (const { file, line, message } of configuration.problems) assert.ok(message !== '' && (file === undefined || line > 0))
  }
})
