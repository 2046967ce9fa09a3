import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { valuesOf } from '../../../../testkit/amanda-config.ts'
import type { DiskListEntry, ResolvedConfig, VtapeStorageConfig } from '../../resolved.ts'
import { DisklistReader } from '../disklist.ts'
import { PARAMETERS, type ParameterScope } from '../parameters.ts'
import { readAmandaConfig } from '../read-config.ts'
import { formatRemark, severityOf } from './remark.ts'
import { resolveAmanda, type AmandaResolution } from './resolve-amanda.ts'

const DIRECTORIES = { state: '/s', cache: '/c', run: '/r', log: '/l' }
const SLOTS = 4

/** Text is one character a byte, as files are read. */
function resolve(conf: string, disklist = 'h /d t\n'): AmandaResolution {
  const texts: Readonly<Record<string, string>> = { '/e/c/amanda.conf': conf, '/e/c/disklist': disklist }
  const { configuration, context } = readAmandaConfig({ scope: 'server', root: '/e', name: 'c', directory: '/e/c', overrides: [] }, { read: (path) => (Object.hasOwn(texts, path) ? { text: texts[path] ?? '' } : { failure: 'No such file or directory' }), checkDirectory: () => undefined })
  const reader = new DisklistReader(context)
  reader.readFile('/e/c/disklist', undefined)
  assert.equal(configuration.hasErrors, false, conf)
  return resolveAmanda(configuration, reader.disks, DIRECTORIES, { slotCount: () => SLOTS })
}

const TAPE = 'tpchanger "chg-disk:/v"\nautolabel "L%%" empty\ntapecycle 3\ntapetype T\ndefine tapetype T {\nlength 1g\n}\n'
const TAR = 'define dumptype t {\nprogram "GNUTAR"\n}\n'

function good(conf: string, disklist?: string): ResolvedConfig {
  const { config, remarks } = resolve(conf, disklist)
  assert.ok(config !== undefined, remarks.map(formatRemark).join('\n'))
  return config
}

function remarks(conf: string, disklist?: string): string[] {
  return resolve(conf, disklist).remarks.map((remark) => formatRemark(remark).replaceAll('/e/c/', ''))
}

function volumes({ storage }: ResolvedConfig): VtapeStorageConfig {
  assert.ok(storage.kind === 'vtape')
  return storage
}

function only(conf: string, disklist?: string): DiskListEntry {
  const [entry, ...others] = good(conf, disklist).disklist
  assert.ok(entry !== undefined && others.length === 0)
  return entry
}

/** The disk of a dumptype with these settings. */
const disk = (settings: string, before = '', program = 'program "GNUTAR"\n'): DiskListEntry => only(`${TAPE}${before}define dumptype t {\n${program}${settings}}\n`)

test("what nobody writes is as Amanda has it, not as holdfast.yaml", () => {
  const config = good(`tpchanger "chg-disk:/v"\n${TAR}`)
  assert.equal(config.dumpCycleDays, 10)
  assert.equal(config.runsPerCycle, 10)
  assert.deepEqual(config.limits, { parallelDumps: 10, dumpOrder: 'ttt', retries: 1, estimateTimeoutMs: 300_000, dataTimeoutMs: 1_800_000, connectTimeoutMs: 60_000 })
  assert.deepEqual(config.holdingDisks, [])
  assert.equal(config.mail, undefined)
  const { retainVolumes, retainDays, retainFulls, volumesPerRun, volumeBytes } = volumes(config)
  assert.deepEqual([retainVolumes, retainDays, retainFulls, volumesPerRun, volumeBytes], [14, 0, 0, 1, 2000 * 1024])
  assert.deepEqual(config.interfaces, [{ name: 'default', useKib: 80_000 }])
  const [entry] = config.disklist
  assert.deepEqual([entry?.interface, entry?.startMinutes, entry?.retries], ['default', undefined, undefined])
  assert.equal(entry?.holding, 'never')
  assert.deepEqual(entry?.compress, { kind: 'gzip', where: 'client', level: 1 })
  assert.deepEqual(entry?.excludeFiles, [])
  assert.equal(entry?.listsOptional, false)
  assert.equal(entry?.dumptype, 't')
})

test('volumes: slots of the directory or of num-slot, kept ones by tapecycle or policy, labels of autolabel or labelstr', () => {
  assert.deepEqual(volumes(good(`${TAPE}${TAR}`)), { name: 'c', kind: 'vtape', directory: '/v', slotCount: SLOTS, volumeBytes: 2 ** 30, partBytes: 2 ** 30, labelTemplate: 'L%%', autolabel: { empty: true, foreign: false }, volumesPerRun: 1, retainVolumes: 2, retainDays: 0, retainFulls: 0 })
  const changer = 'define changer k {\ntpchanger "chg-disk://v"\nproperty "num-slot" "12"\n}\n'
  assert.equal(volumes(good(`${changer}tpchanger "k"\n${TAR}`)).slotCount, 12)
  assert.equal(volumes(good(`${changer}tpchanger "k"\n${TAR}`)).directory, '/v')
  assert.equal(volumes(good(`define policy p {\nretention-tapes 1\nretention-days 5\nretention-full 2\n}\ndefine storage s {\npolicy "p"\ntpchanger "chg-disk:/w"\n}\nstorage s\n${TAR}`)).retainDays, 5)
  assert.equal(volumes(good(`tpchanger "chg-disk:/v"\nlabelstr "^X-[0-9][0-9]*$"\n${TAR}`)).labelTemplate, 'X-%%')
  assert.equal(volumes(good(`tpchanger "chg-disk:/v"\nlabelstr "X[0-9][0-9][0-9]"\n${TAR}`)).labelTemplate, 'X%%%')
})

test('devices that nothing here writes to are errors with file and line, and never show what may be a secret', () => {
  for (const [device, words] of [['tape:/dev/nst0', 'a tape drive (tape:) is not used yet'], ['rait:{file:/a,file:/b}', 'several devices as one'], ['s3:bucket-with-key', "Amazon's S3"], ['chg-robot:/dev/sg0', 'a tape robot'], ['ndmp:host', 'an NDMP server'], ['chg-zd-mtx', 'changer scripts'], ['hm:x', 'the device hm: is not known']] as const) {
    const { config, remarks: found } = resolve(`org "x"\ntpchanger "${device}"\n${TAR}`)
    assert.equal(config, undefined)
    const [error] = found.filter((remark) => severityOf(remark) === 'error')
    assert.match(formatRemark(error ?? assert.fail()), new RegExp(`^/e/c/amanda.conf:2: error: tpchanger: .*${RegExp.escape(words)}`))
    assert.ok(!found.some(({ outcome }) => outcome.includes('bucket')))
  }
  const secret = remarks(`define changer k {\ntpchanger "chg-disk:/v"\nproperty "mount" "hush"\n}\ntpchanger "k"\ndevice-property "S3_SECRET_KEY" "hush"\n${TAR}`)
  assert.ok(secret.some((line) => line.includes('s3-secret-key')) && !secret.some((line) => line.includes('hush')), secret.join('\n'))
})

test('holding disks: all, some, all but some; several; chunks', () => {
  const { holdingDisks, disklist } = good(`${TAPE}${TAR}holdingdisk a {\ndirectory "/a"\n}\nholdingdisk b {\ndirectory "/b"\nuse 10g\nchunksize 0\n}\nholdingdisk c {\ndirectory "/c"\nuse -1g\nchunksize 64k\n}\ndefine holdingdisk unused {\ndirectory "/u"\n}\n`)
  assert.deepEqual(holdingDisks, [{ name: 'a', directory: '/a', useBytes: -1, chunkBytes: 2 ** 30 }, { name: 'b', directory: '/b', useBytes: 10 * 2 ** 30, chunkBytes: 2 ** 50 }, { name: 'c', directory: '/c', useBytes: -(2 ** 30), chunkBytes: 65_536 }])
  assert.equal(disklist[0]?.holding, 'auto')
})

const HOLDING = 'holdingdisk h {\ndirectory "/h"\n}\n'

test('the order of dumps and the reserve', () => {
  const limits = ({ limits: { dumpOrder, reservePercent } }: ResolvedConfig): unknown => [dumpOrder, reservePercent]
  assert.deepEqual(limits(good(`${TAPE}${HOLDING}${TAR}`)), ['ttt', 100])
  assert.deepEqual(limits(good(`${TAPE}${HOLDING}dumporder "sSTBb"\nreserve 30\n${TAR}`)), ['sSTBb', 30])
  assert.deepEqual(limits(good(`${TAPE}dumporder ""\nreserve 30\n${TAR}`)), ['ttt', undefined])
  assert.deepEqual(limits(good(`${TAPE}${HOLDING}dumporder "sxT"\nreserve 0\n${TAR}`)), ['stT', undefined])
  assert.ok(remarks(`${TAPE}dumporder "sxT"\n${TAR}`).some((line) => line.startsWith('amanda.conf:8: warning: dumporder: `stT` is used')))
  assert.ok(remarks(`${TAPE}reserve 30\n${TAR}`).includes('amanda.conf:8: note: reserve: left out: there is no holding disk'))
})

test('when dumps go to volumes: of the storage, or from outside of sections', () => {
  const flush = (settings: string, before = ''): unknown => volumes(good(`${before}${TAPE}${HOLDING}${settings}${TAR}`)).flush
  const atOnce = { dumpedPercent: 0, scheduledPercent: 0, restPercent: 0, order: 'first', earlier: 'none' }
  assert.deepEqual(flush(''), atOnce)
  assert.deepEqual(flush('autoflush yes\n'), { ...atOnce, earlier: 'selected' })
  assert.equal(flush('autoflush all\n'), undefined)
  const all = 'flush-threshold-dumped 40\nflush-threshold-scheduled 60\ntaperflush 20\ntaperalgo smallest\nautoflush all\n'
  const wanted = { dumpedPercent: 40, scheduledPercent: 60, restPercent: 20, order: 'smallest', earlier: 'all' }
  assert.deepEqual(flush(all), wanted)
  assert.deepEqual(flush(`define storage s {\n${all}}\nstorage s\n`), wanted)
  assert.deepEqual(flush(`taperflush 10\ndefine storage s {\nautoflush all\n}\nstorage s\n`), { ...atOnce, restPercent: 10, earlier: 'all' })
  assert.equal(volumes(good(`${TAPE}${all}${TAR}`)).flush, undefined)
  assert.ok(!remarks(`${TAPE}${HOLDING}${all}${TAR}`).some((line) => /flush|taper/.test(line)))
  assert.ok(remarks(`${TAPE}${HOLDING}taperflush 10\n${TAR}`).some((line) => line.startsWith('amanda.conf:11: warning: autoflush: a run may leave dumps')))
})

test('interfaces: that of netusage for every disk that names no other', () => {
  const conf = `${TAPE}netusage 10m\ndefine interface fast {\nuse 500m\n}\ndefine interface odd- {\nuse 2\n}\ndefine interface unused {\nuse 1\n}\n${TAR}`
  const { interfaces, disklist } = good(conf, 'h /a t\nh /b t -1 FAST\ng /c t 1 default\nk /d t -1 fast\nk /e {\nt\npriority low\n} -1 fast\n')
  assert.deepEqual(interfaces, [{ name: 'default', useKib: 10_240 }, { name: 'fast', useKib: 512_000 }])
  assert.deepEqual(disklist.map(({ disk: name, interface: line }) => [name, line]), [['/a', 'default'], ['/b', 'fast'], ['/c', 'default'], ['/d', 'fast'], ['/e', 'fast']])
  assert.deepEqual(good(conf, 'h /a t -1 odd-\n').interfaces?.[1], { name: 'odd--interface', useKib: 2 })
  assert.ok(remarks(conf).includes('amanda.conf:15: note: interface unused: nothing uses it'))
})

test('when a dump starts at the earliest, and how often it is tried', () => {
  assert.deepEqual([disk('starttime 2030\n').startMinutes, disk('starttime 5\n').startMinutes, disk('starttime 0\n').startMinutes], [1230, 5, undefined])
  assert.equal(disk('starttime 2500\n').startMinutes, 1439)
  assert.ok(remarks(`${TAPE}define dumptype t {\nprogram "GNUTAR"\nstarttime 2500\n}\n`).some((line) => line.startsWith('amanda.conf:10: warning: dumptype t: starttime: dumps start at 23:59')))
  assert.deepEqual([disk('retry-dump 1\n').retries, disk('retry-dump 2\n').retries], [0, undefined])
})

test('compression and encryption', () => {
  assert.deepEqual(disk('compress server best\n').compress, { kind: 'gzip', where: 'server', level: 9 })
  assert.deepEqual(disk('compress none\n').compress, { kind: 'none' })
  assert.deepEqual(disk('compress client custom\nclient-custom-compress "/bin/bzip2"\n').compress, { kind: 'custom', where: 'client', program: '/bin/bzip2' })
  assert.deepEqual(disk('compress none\nencrypt server\nserver-encrypt "/bin/crypt"\nserver-decrypt-option "-x"\n').encrypt, { kind: 'custom', where: 'server', program: '/bin/crypt', decryptOption: '-x' })
  assert.ok(remarks(`${TAPE}define dumptype t {\nprogram "GNUTAR"\ncompress client custom\n}\n`).some((line) => line === 'amanda.conf:10: error: dumptype t: compress: it asks for a program that `client-custom-compress` must name'))
})

test('patterns go to the client as they are; lists may be optional for excludes or includes alone', () => {
  const entry = disk('exclude "./a" "*.o" "/proc"\nexclude list optional ".ex"\ninclude "./x*"\ninclude list "in"\n')
  assert.deepEqual([entry.excludeFiles, entry.excludeLists, entry.includeFiles, entry.includeLists], [['./a', '*.o', '/proc'], ['.ex'], ['./x*'], ['in']])
  assert.deepEqual([entry.listsOptional, entry.includeListsOptional], [true, false])
  assert.ok(remarks(`${TAPE}define dumptype t {\nprogram "GNUTAR"\nexclude "/proc"\n}\n`).some((line) => line.startsWith('amanda.conf:10: note: dumptype t: exclude: `/proc` leaves nothing out')))
})

test('bytes of the files become UTF-8', () => {
  const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')
  const config = good(`org "${bytes('Büro')}"\n${TAPE}define dumptype t {\nprogram "GNUTAR"\nexclude "${bytes('./Öl')}"\n}\n`, `h "${bytes('/größe')}" t\n`)
  assert.equal(config.organisation, 'Büro')
  assert.equal(config.disklist[0]?.disk, '/größe')
  assert.deepEqual(config.disklist[0]?.excludeFiles, ['./Öl'])
  assert.ok(remarks(`${TAPE}${TAR}`, 'h "/\u00e9" t\n').some((line) => line.startsWith('disklist:1: error: h /\u00e9: its name is not UTF-8')))
})

test('programs, applications with properties, scripts in their order', () => {
  assert.equal(disk('', '', 'program "DUMP"\n').application.name, 'dump')
  const application = 'define application amg {\nplugin "amgtar"\nproperty "Gnutar_Path" "/bin/tar"\nproperty "x" ""\n}\n'
  assert.deepEqual(disk('application "amg"\n', application, 'program "APPLICATION"\n').application, { name: 'amgtar', properties: { 'gnutar-path': ['/bin/tar'], x: [''] } })
  const scripts = 'define script late {\nplugin "p1"\nexecute-on pre-dle-backup, post-dle-backup\norder 6000\n}\ndefine script early {\nplugin "p2"\nexecute-on pre-host-backup\nexecute-where server\nproperty "a" "b"\n}\n'
  const config = good(`${TAPE}${scripts}define dumptype t {\nprogram "GNUTAR"\nscript "late"\nscript "early"\n}\n`)
  assert.deepEqual(config.disklist[0]?.scripts, [
    { name: 'early', plugin: 'p2', executeOn: ['pre-host-backup'], executeWhere: 'server', properties: { a: ['b'] } },
    { name: 'late', plugin: 'p1', executeOn: ['pre-dle-backup', 'post-dle-backup'], executeWhere: 'client', properties: {} },
  ])
  assert.equal(config.serverScripts?.dir, '/usr/lib/amanda/application')
  assert.ok(remarks(`${TAPE}define dumptype t {\nprogram "STAR"\n}\n`).some((line) => line.includes(':9: error: dumptype t: program: no client has a program STAR')))
})

test('rules of a dumptype', () => {
  const entry = disk('dumpcycle 0\npriority high\nstrategy noinc\nindex no\nrecord no\nmaxdumps 3\nestimate calcsize\nbumpsize 1g\nbumppercent 5\nbumpmult 2\nbumpdays 3\ncomprate 0.3 0.4\nmaxpromoteday 4\nskip-full yes\nskip-incr yes\ntape-splitsize 100m\n')
  assert.deepEqual(
    [entry.dumpCycleDays, entry.priority, entry.strategy, entry.index, entry.record, entry.maxDumps, entry.estimate, entry.bump, entry.expectedRatios, entry.promoteDays, entry.isFullSkipped, entry.isIncrementalSkipped, entry.partBytes],
    [0, 'high', 'noinc', false, false, 3, 'calcsize', { bytes: 2 ** 30, percent: 5, multiplier: 2, days: 3 }, { full: 0.3, incremental: 0.4 }, 4, true, true, 100 * 2 ** 20],
  )
  assert.equal(disk('ignore yes\n').strategy, 'skip')
  assert.equal(disk('allow-split no\n').partBytes, 2 ** 30)
})

test('a disk has the dumptype that it names, and what it says in place of a name', () => {
  const conf = `${TAPE}${TAR}define dumptype u {\nt\npriority low\n}\ndefine application amg {\nplugin "amgtar"\nproperty "a" "b"\n}\ndefine dumptype v {\nprogram "APPLICATION"\napplication "amg"\n}\n`
  const { disklist } = good(conf, 'h /a u\nh /b {\nu\nexclude "x"\n} 3\ng /c /dev/x {\nv\nprogram "GNUTAR"\n}\n')
  assert.deepEqual(disklist.map(({ host, disk: name, device, dumptype, priority, excludeFiles, spindle, application }) => [host, name, device, dumptype, priority, excludeFiles, spindle, application.name]), [
    ['h', '/a', '/a', 'u', 'low', [], -1, 'gnutar'],
    ['h', '/b', '/b', 'u', 'low', ['x'], 3, 'gnutar'],
    ['g', '/c', '/dev/x', 'default', 'medium', [], -1, 'gnutar'],
  ])
  const { input } = resolve(conf, 'h /a u\nh /b {\nu\nexclude "x"\n} 3\n')
  assert.deepEqual(input?.dumptypes?.['u'], { inherit: ['t'], priority: 'low' })
})

test('clients over ssh and on this machine: login, key, path of amandad, port', () => {
  const types = 'define dumptype t {\nprogram "GNUTAR"\nauth "ssh"\nssh-keys "/k"\nclient-username "amanda"\namandad-path "/opt/amandad"\nclient-port 2222\nretry-dump 4\n}\ndefine dumptype u {\nprogram "GNUTAR"\nauth "local"\nssh-keys "/k"\n}\n'
  const { stockClients = [], disklist } = good(`${TAPE}${types}`, 'a /d t\nb /d u\n')
  assert.deepEqual(stockClients.map(({ auth, amandad }) => [auth, amandad]), [
    ['ssh', { path: '/opt/amandad', login: 'amanda', keyFile: '/k', port: 2222 }],
    ['local', { path: '/usr/lib/amanda/amandad', login: 'backup', keyFile: undefined, port: undefined }],
  ])
  assert.deepEqual(disklist.map(({ retries }) => retries), [3, undefined])
})

test('clients: auth, port, user, tries, ports of this side', () => {
  const settings = 'dumpuser "amanda"\nctimeout 7\nreq-tries 2\n'
  const [tcp, udp] = good(`${TAPE}${settings}define dumptype t {\nprogram "GNUTAR"\nclient-port 123\n}\ndefine dumptype u {\nprogram "GNUTAR"\nauth "BSDUDP"\n}\n`, 'a /d t\nb /d u\n').stockClients ?? []
  assert.deepEqual([tcp?.auth, tcp?.port, tcp?.user, tcp?.replyTimeoutMs, tcp?.requestTries], ['bsdtcp', 123, 'amanda', 7000, 2])
  assert.deepEqual([udp?.auth, udp?.port, udp?.reservedUdpPorts, udp?.unreservedTcpPorts], ['bsdudp', 10_080, { first: 840, last: 860 }, { first: 50_000, last: 50_100 }])
  assert.ok(remarks(`${TAPE}define dumptype t {\nprogram "GNUTAR"\nauth "krb5"\n}\n`).some((line) => line.startsWith('amanda.conf:10: error: dumptype t: auth: h: the auth krb5')))
})

test('clients whose amandad is started over ssh, or here', () => {
  const dumptype = (name: string, settings: string): string => `define dumptype ${name} {\nprogram "GNUTAR"\n${settings}}\n`
  const [ssh, plain, local] = good(`${TAPE}${dumptype('t', 'auth "ssh"\nclient-username "bob"\nssh-keys "/k"\namandad-path "/a/amandad"\nclient-port "2222"\n')}${dumptype('u', 'auth "ssh"\n')}${dumptype('v', 'auth "local"\nclient-port "99"\n')}`, 'a /d t\nb /d u\nc /d v\n').stockClients ?? []
  assert.deepEqual([ssh?.auth, ssh?.amandad], ['ssh', { path: '/a/amandad', login: 'bob', keyFile: '/k', port: 2222 }])
  assert.deepEqual([plain?.amandad.login, plain?.amandad.port], ['backup', undefined])
  assert.equal(local?.auth, 'local')
  assert.ok(remarks(`${TAPE}${dumptype('t', 'auth "ssh"\nssh-keys "k"\n')}`).some((line) => line.startsWith('amanda.conf:11: error: dumptype t: ssh-keys')))
})

test('mail', () => {
  assert.deepEqual(good(`${TAPE}${TAR}mailto "root a@b.c"\nsend-amreport-on strange\n`).mail?.to, ['root', 'a@b.c'])
  assert.equal(good(`${TAPE}${TAR}mailto "root"\nsend-amreport-on never\n`).mail, undefined)
})

test('what nothing uses is said once for each section', () => {
  assert.deepEqual(remarks(`${TAPE}${TAR}define dumptype z {\ncompress none\nindex no\n}\n`).filter((line) => line.includes('dumptype z')), ['amanda.conf:11: note: dumptype z: nothing uses it'])
})

/** A configuration with one section of each type in use, and a statement in the one of `scope`. */
function withStatement(scope: ParameterScope, statement: string): string {
  const at = (where: ParameterScope): string => (where === scope ? statement : '')
  return `tpchanger "k"
mailto "root"
holdingdisk h {\ndirectory "/h"\n${at('holdingdisk')}}
define tapetype T {\nlength 1g\n${at('tapetype')}}
define changer k {\ntpchanger "chg-disk:/v"\n${at('changer')}}
define application a {\nplugin "amstar"\n${at('application')}}
define script a {\nplugin "p"\nexecute-on post-amcheck\n}
define script b {\nplugin "p"\nexecute-on pre-dle-backup\n${at('script')}}
define policy p {\n${at('policy')}}
define interface i {\n${at('interface')}}
define storage a {\n}
define storage s {\npolicy "p"\ntapetype "T"\n${at('storage')}}
storage s
${at('server')}define dumptype t {\nprogram "APPLICATION"\napplication "a"\nscript "b" "a"\n${at('dumptype')}}
`
}

test('no setting is lost in silence: each changes the model or is remarked upon', () => {
  const silent: string[] = []
  for (const scope of ['server', 'dumptype', 'holdingdisk', 'tapetype', 'changer', 'application', 'script', 'policy', 'interface', 'storage'] as const) {
    const plain = resolve(withStatement(scope, ''), 'h /d t -1 i\n')
    for (const [keyword, row] of PARAMETERS[scope]) {
      // Names of sections are made up by the values, and what has no effect at all is not kept by the reader.
      if (['HOLDINGDISK', 'USETIMESTAMPS', 'LABEL_NEW_TAPES', 'POLICY', 'TAPETYPE', 'TAPERSCAN', 'INTERACTIVITY', 'STORAGE', 'ACTIVE_STORAGE'].includes(keyword) && row.kind !== 'holding') continue
      const isHeard = valuesOf(row).some((value) => {
        const { config, comments, remarks: found } = resolve(withStatement(scope, `${keyword.toLowerCase()} ${value}\n`), 'h /d t -1 i\n')
        const word = keyword.toLowerCase().replaceAll('_', '-')
        return !isDeepStrictEqual([config, comments], [plain.config, plain.comments]) || found.some(({ subject }) => subject === word || subject.endsWith(`: ${word}`))
      })
      if (!isHeard) silent.push(`${scope} ${keyword}`)
    }
  }
  assert.deepEqual(silent, [])
})
