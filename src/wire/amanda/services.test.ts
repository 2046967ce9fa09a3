import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../kernel/fault.ts'
import { formatConnectReply, formatRetryReply, parseConnectReply } from './connect-reply.ts'
import type { Dle, DleProperty, DleSelection } from './dle.ts'
import { parseDles } from './dle-reader.ts'
import { formatDle } from './dle-writer.ts'
import { DEFAULT_FEATURES, OUR_FEATURES, parseFeatures } from './features.ts'
import { formatMesgLine, MesgReader, parseMesgLine, type MesgLine } from './mesg.ts'
import { MesgSummariser } from './mesg-summary.ts'
import { formatNoopReply, parseNoopReply } from './noop-reply.ts'
import { formatOptionsLine, parseOptionsLine } from './options-line.ts'
import { formatRequest, parseRequest } from './request.ts'
import { formatSelfcheckJson, formatSelfcheckText, parseSelfcheckReply, type SelfcheckFinding } from './selfcheck-reply.ts'
import { formatSendsizeReply, parseSendsizeReply, type EstimateLine } from './sendsize-reply.ts'
import { formatErrorLine } from './service-errors.ts'

const GOLDEN = path.join(import.meta.dirname, '../../../testdata/amanda/services')
const STOCK_FEATURES = 'ffffffff9efefbfffffffffffffff3fffbf71f'

function golden(name: string): string {
  return readFileSync(path.join(GOLDEN, name), 'utf8')
}

function onlyWireFaults(work: () => unknown): void {
  try {
    work()
  } catch (error) {
    assert.ok(error instanceof Fault && error.code === 'wire-malformed', String(error))
  }
}

/** Objects like those the readers make. */
function plain<T>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>
}

const text = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((value) => !value.includes('\0') && Buffer.from(value).toString() === value)
const word = text.filter((value) => value !== '')
const line = text.map((value) => value.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim())
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/)
const property: fc.Arbitrary<DleProperty> = plain({ name, values: fc.array(word, { maxLength: 3 }) })
const selection: fc.Arbitrary<DleSelection> = fc
  .record({ files: fc.array(word, { maxLength: 3 }), lists: fc.array(word, { maxLength: 3 }), isOptional: fc.boolean() }, { noNullPrototype: true })
  .map((value) => (value.files.length + value.lists.length === 0 ? { ...value, isOptional: false } : value))
const compress = fc.oneof(
  fc.constantFrom({ kind: 'none' as const }, { kind: 'fast' as const }, { kind: 'best' as const }, { kind: 'server-fast' as const }, { kind: 'server-best' as const }),
  plain({ kind: fc.constantFrom('custom' as const, 'server-custom' as const), program: word }),
)
const encrypt = fc.oneof(fc.constant({ kind: 'none' as const }), plain({ kind: fc.constantFrom('custom' as const, 'server-custom' as const), program: word, decryptOption: text }))
const dle: fc.Arbitrary<Dle> = fc
  .record({
    base: plain({ disk: word, levels: fc.array(plain({ level: fc.nat(9), isServers: fc.boolean() }), { maxLength: 3 }), compress, encrypt, record: fc.boolean(), index: fc.boolean(), exclude: selection, include: selection, properties: fc.array(property, { maxLength: 3 }), estimates: fc.subarray(['CLIENT', 'SERVER'], { minLength: 1 }) }),
    application: fc.option(plain({ plugin: name, properties: fc.array(property, { maxLength: 3 }) }), { nil: undefined }),
    extra: plain({ device: word, auth: name, baseRun: fc.constant('20260102030405'), isDataPathVault: fc.constant(true), spindle: fc.integer({ min: -1, max: 9 }) }),
  })
  .map(({ base, application, extra }) => ({ ...base, ...extra, scripts: [], program: application === undefined ? 'GNUTAR' : 'APPLICATION', ...(application === undefined ? {} : { application }) }))

test('feature sets keep their bits; we claim no bit that stock Amanda gives another meaning', () => {
  assert.equal(parseFeatures(STOCK_FEATURES)?.format(), STOCK_FEATURES)
  assert.equal(parseFeatures('zz'), undefined)
  assert.equal(DEFAULT_FEATURES.has('reqXml'), false)
  assert.ok(parseFeatures(OUR_FEATURES.format())?.has('sendbackupCrc'))
  fc.assert(fc.property(fc.string(), (value) => onlyWireFaults(() => parseFeatures(value))))
})

test('the requests of a real server are understood, and written the same', () => {
  for (const run of ['bsdtcp', 'bsdtcp-amgtar']) {
    for (const service of ['sendsize', 'sendbackup'] as const) {
      const body = golden(`${run}.${service}.request`)
      const { options, dles } = parseRequest(body)
      assert.equal(options.hostname, 'amclient')
      assert.equal(options.config, 'lab')
      assert.match(options.timestamp ?? '', /^20261123\d{6}$/)
      assert.equal(dles[0]?.disk, '/srv/small')
      assert.equal(dles[0].record, false)
      assert.equal(dles[0].index, true)
      assert.equal(formatRequest(service, options, dles), body)
    }
    assert.equal(parseRequest(golden(`${run}.noop.request`)).options.features?.format(), STOCK_FEATURES)
  }
})

test('the replies and messages of a real client are understood', () => {
  assert.deepEqual(parseSendsizeReply(golden('bsdtcp.sendsize.reply')).lines, [{ kind: 'size', disk: '/srv/small', level: 0, sizeKib: 220 }])
  const reply = parseConnectReply(golden('bsdtcp-amgtar.sendbackup.reply'))
  assert.ok(reply.kind === 'connect')
  assert.deepEqual([...reply.streams], [['DATA', 499999], ['MESG', 499998], ['INDEX', 499997], ['STATE', 499996]])
  const mesg = golden('bsdtcp-amgtar.mesg')
  const reader = new MesgReader()
  const lines = reader.push(Buffer.from(mesg))
  assert.equal(reader.finish(), undefined)
  assert.equal(lines.map(formatMesgLine).join(''), mesg)
  const summariser = new MesgSummariser()
  for (const each of lines) summariser.take(each)
  assert.deepEqual(summariser.summary(), {
    info: { BACKUP: 'APPLICATION', APPLICATION: 'amgtar', RECOVER_CMD: '/usr/lib/amanda/application/amgtar restore [./file-to-restore]+' },
    isInfoComplete: true,
    originalKib: 220,
    nativeCrc: '9cda5b8c:225280',
    clientCrc: '9cda5b8c:225280',
    hasEnd: true,
    isStrange: false,
    errors: [],
    lines: ['| Total bytes written: 225280 (220KiB, 27MiB/s)'],
  })
})

test('every dle comes back from its XML as it was', () => {
  fc.assert(
    fc.property(dle, (value) => {
      const { spindle, ...rest } = value
      assert.deepEqual(parseDles(formatDle(value, 'sendsize')), [value])
      assert.deepEqual(parseDles(formatDle(value, 'sendbackup') + formatDle(value, 'sendbackup')), [{ ...rest, estimates: [] }, { ...rest, estimates: [] }])
      assert.ok(spindle !== undefined)
    }),
  )
})

test('what is not a dle is refused with a wire fault', () => {
  for (const bad of ['<dle>', '<dle></dle>', '<dle><disk>a</disk></dle>', 'x', '<dle><program>GNUTAR</program><disk>a</disk><disk>b</disk></dle>', '<dle><program>GNUTAR</program><disk>a</disk><evil>x</evil></dle>', '<a>'.repeat(100), '<dle><program>APPLICATION</program><disk>/</disk><backup-program><plugin>../sh</plugin></backup-program></dle>', '<!DOCTYPE x>', '<dle a="b"/>', '<dle>&x;</dle>']) {
    assert.throws(() => parseDles(bad), { code: 'wire-malformed' }, bad)
  }
  const whole = golden('bsdtcp-amgtar.sendsize.request')
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(whole.length), fc.string({ maxLength: 8 }), (start, length, junk) => {
      onlyWireFaults(() => parseRequest(whole.slice(0, start) + junk + whole.slice(start + length)))
    }),
  )
  fc.assert(fc.property(fc.string(), (value) => onlyWireFaults(() => parseRequest(`OPTIONS ;\n<dle>${value}`))))
})

test('options keep their values and refuse bad ones', () => {
  const options = { hostname: 'h', maxDumps: 4, config: 'daily', timestamp: '20260102030405', auth: 'tether' }
  assert.deepEqual(parseOptionsLine(formatOptionsLine(options)), options)
  assert.equal(formatOptionsLine({}), 'OPTIONS ;')
  assert.equal(parseOptionsLine('OPTIONS maxdumps=99;unknown=1;').maxDumps, 16)
  for (const bad of ['OPTIONS config=../x;', 'OPTIONS timestamp=1;', 'OPTIONS maxdumps=0;', 'OPTIONS auth=a;auth=b;', 'REQUEST']) assert.throws(() => parseOptionsLine(bad), { code: 'wire-malformed' })
})

test('replies come back as they were', () => {
  assert.ok(parseNoopReply(formatNoopReply(OUR_FEATURES)).has('reqXml'))
  const finding: fc.Arbitrary<SelfcheckFinding> = plain({ severity: fc.constantFrom('info', 'warning', 'error'), text: line.filter((value) => value !== '').map((value) => `x${value}`) })
  const facts = { version: '1.2.3', distro: 'd', platform: 'p', hostname: 'h' }
  fc.assert(
    fc.property(fc.array(finding, { maxLength: 5 }), (findings) => {
      for (const format of [formatSelfcheckText, formatSelfcheckJson]) {
        const reply = parseSelfcheckReply(format(facts, findings))
        assert.equal(reply.version, '1.2.3')
        assert.equal(reply.hostname, 'h')
        assert.ok(reply.features?.has('noopReq'))
        assert.deepEqual(reply.findings.slice(2), findings)
      }
    }),
  )
  const estimate: fc.Arbitrary<EstimateLine> = fc.oneof(
    plain({ kind: fc.constant('size' as const), disk: word, level: fc.nat(9), sizeKib: fc.integer({ min: -2 }) }),
    plain({ kind: fc.constantFrom('error' as const, 'warning' as const), disk: word, level: fc.nat(9), text: line }),
    plain({ kind: fc.constantFrom('host-error' as const, 'host-warning' as const), text: line.map((value) => `x${value}`) }),
  )
  // A disk named ERROR or WARNING reads as a line about the host, with Amanda as well.
  fc.assert(fc.property(fc.array(estimate, { maxLength: 6 }), (lines) => assert.deepEqual(parseSendsizeReply(formatSendsizeReply(lines)).lines, lines)))
  assert.deepEqual(parseConnectReply(formatRetryReply({ delaySeconds: 5, level: 0, message: 'no base' })), { kind: 'retry', advice: { delaySeconds: 5, level: 0, message: 'no base' } })
  assert.deepEqual(parseConnectReply(formatErrorLine('[no such disk]')), { kind: 'error', text: 'no such disk' })
  const connect = parseConnectReply(formatConnectReply([['DATA', 1], ['MESG', 2], ['INDEX', -1]]))
  assert.ok(connect.kind === 'connect' && !connect.streams.has('INDEX') && connect.streams.get('MESG') === 2)
  for (const parse of [parseConnectReply, parseSelfcheckReply, parseSendsizeReply, parseNoopReply]) fc.assert(fc.property(fc.string(), (value) => onlyWireFaults(() => parse(value))))
})

test('message lines come back, whatever the pieces', () => {
  const crc = '0123abcd:99'
  const lines: MesgLine[] = [
    { kind: 'start', text: 'h:/ level 0' },
    { kind: 'info', key: 'COMPRESS_SUFFIX', value: '.gz' },
    { kind: 'info-end' },
    { kind: 'normal', text: 'a' },
    { kind: 'strange', text: 'ü b' },
    { kind: 'size', sizeKib: 12 },
    { kind: 'native-crc', crc },
    { kind: 'client-crc', crc },
    { kind: 'warning', text: 'w' },
    { kind: 'error', text: 'e (x)' },
    { kind: 'retry', advice: { level: 0, message: 'try "later"' } },
    { kind: 'no-op' },
    { kind: 'unknown', text: 'what' },
    { kind: 'end' },
  ]
  const bytes = Buffer.from(lines.map(formatMesgLine).join(''))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), (pieceBytes) => {
      const reader = new MesgReader()
      const out: MesgLine[] = []
      for (let at = 0; at < bytes.length; at += pieceBytes) out.push(...reader.push(bytes.subarray(at, at + pieceBytes)))
      assert.deepEqual(out, lines)
    }),
  )
  assert.equal(parseMesgLine('sendbackup: size x').kind, 'unknown')
  const reader = new MesgReader()
  reader.push(Buffer.from('sendbackup: en'))
  assert.equal(reader.finish()?.kind, 'error')
  const endless = new MesgReader()
  assert.ok(endless.push(Buffer.alloc(1 << 20, 0x61)).length >= 16)
})
