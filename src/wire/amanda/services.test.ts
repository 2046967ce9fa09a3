import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../kernel/fault.ts'
import { parseDles, type XmlDle } from './dle-xml.ts'
import { formatDle } from './dle-xml-write.ts'
import { FEATURE, formatFeatures, OUR_FEATURES, parseFeatures } from './features.ts'
import { MessageReader, parseMessageLine } from './message-lines.ts'
import { formatOptions, parseOptions } from './options-line.ts'
import { formatConnectReply, formatDleRequest, formatRetry, formatSelfcheckReply, formatSendsizeReply, parseDleRequest, parseRetry, parseSelfcheckReply, parseSendsizeReply, parseStreamReply, type SizeResult } from './service-bodies.ts'

/** As sent by Amanda 3.5.1 (services.md): what a Debian client and server advertise. */
const STOCK_FEATURES = 'ffffffff9efefbfffffffffffffff3fffbf71f'

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }).map((raw) => Buffer.from(raw, 'utf8').toString('utf8').trim()).filter((trimmed) => trimmed !== '')
const property = fc.record({ name: fc.stringMatching(/^[a-z][a-z-]{0,10}$/), values: fc.array(text, { maxLength: 3 }), hasPriority: fc.boolean() }, { noNullPrototype: true })
const selection = fc.record({ files: fc.array(text, { maxLength: 3 }), lists: fc.array(text, { maxLength: 3 }), isOptional: fc.boolean() }, { noNullPrototype: true }).map((made) => (made.files.length + made.lists.length === 0 ? { ...made, isOptional: false } : made))
const dleArbitrary: fc.Arbitrary<XmlDle> = fc.record({
  program: fc.constant('APPLICATION'),
  plugin: text,
  applicationProperties: fc.array(property, { maxLength: 3 }),
  properties: fc.array(property, { maxLength: 2 }),
  disk: text,
  device: text,
  levels: fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }),
  estimates: fc.constant<XmlDle['estimates']>(['CLIENT', 'SERVER']),
  auth: fc.constant('tether'),
  index: fc.boolean(),
  record: fc.boolean(),
  spindle: fc.integer({ min: -1, max: 9 }),
  compress: fc.constantFrom<XmlDle['compress']>({ kind: 'NONE' }, { kind: 'SERVER-FAST' }, { kind: 'CUSTOM', program: '/usr/bin/zstd -3' }),
  encrypt: fc.constantFrom<XmlDle['encrypt']>({ kind: 'NO' }, { kind: 'CUSTOM', program: '/x y', decryptOption: '-d' }),
  exclude: selection,
  include: selection,
}, { noNullPrototype: true })

test('the feature string of stock Amanda is read and written bit by bit', () => {
  const features = parseFeatures(STOCK_FEATURES) ?? new Set<number>()
  assert.ok(features.has(FEATURE.reqXml) && features.has(FEATURE.sendbackupStreamState) && !features.has(114))
  assert.equal(formatFeatures(features), STOCK_FEATURES)
  assert.equal(parseFeatures('UNKNOWNFEATURE'), undefined)
  for (const feature of OUR_FEATURES) assert.ok(features.has(feature), `stock Amanda does not know feature ${feature}`)
})

test('options go only to a peer that knows them, and unknown or repeated ones are named', () => {
  const options = { features: new Set([0]), maxdumps: 3, hostname: 'h', config: 'daily', timestamp: '20261123211500' }
  assert.deepEqual(parseOptions(formatOptions(options, OUR_FEATURES)), options)
  assert.equal(formatOptions(options, new Set()), 'OPTIONS features=01;')
  assert.throws(() => parseOptions('OPTIONS colour=blue;'), { code: 'wire-malformed', message: '[unknown option "colour"]' })
  assert.throws(() => parseOptions('OPTIONS config=a;config=b;'), { message: '[multiple config option]' })
  assert.throws(() => parseOptions('OPTIONS config=../etc;'), { code: 'wire-malformed' })
})

test('any disk list entry survives a request', () => {
  fc.assert(
    fc.property(fc.array(dleArbitrary, { minLength: 1, maxLength: 3 }), (dles) => {
      const body = formatDleRequest({ features: OUR_FEATURES, hostname: 'h' }, dles, 'sendsize')
      assert.deepEqual(parseDleRequest(body).dles, dles)
    }),
  )
})

test('a request as stock Amanda 3.5.1 writes it is understood', () => {
  const [dle] = parseDles('<dle>\n  <program>APPLICATION</program>\n  <backup-program>\n    <plugin>amgtar</plugin>\n  </backup-program>\n  <estimate>CLIENT </estimate>\n  <disk>/home</disk>\n  <level>0</level>\n  <level>1</level>\n    <spindle>-1</spindle>\n  <auth>bsdtcp</auth>\n  <compress>FAST</compress>\n  <record>YES</record>\n  <index>YES</index>\n  <datapath>AMANDA</datapath>\n</dle>\n')
  assert.deepEqual([dle?.plugin, dle?.disk, dle?.levels, dle?.compress.kind, dle?.index, dle?.estimates], ['amgtar', '/home', [0, 1], 'FAST', true, ['CLIENT']])
})

test('damaged XML gives a wire fault and nothing else', () => {
  fc.assert(
    fc.property(dleArbitrary, fc.nat(), fc.string({ maxLength: 4 }), (dle, at, garbage) => {
      const whole = formatDle(dle, true)
      const position = at % whole.length
      try {
        parseDles(whole.slice(0, position) + garbage + whole.slice(position + garbage.length))
      } catch (error) {
        assert.ok(error instanceof Fault && error.code === 'wire-malformed')
      }
    }),
  )
  for (const bad of ['<dle><dle><dle><dle><dle><dle><dle><dle><dle><dle>', '<dle><disk>x</disk></dle>', '<dle><program>EVIL</program></dle>', '<x></x>', '<dle><program>GNUTAR</program><disk>a</disk><disk>b</disk></dle>', 'text']) {
    assert.throws(() => parseDles(bad), { code: 'wire-malformed' }, bad)
  }
})

test('sendsize replies: captured lines, round trip, and a bad line rejects the whole', () => {
  assert.deepEqual(parseSendsizeReply(`OPTIONS features=${STOCK_FEATURES};\n/etc/amanda 0 SIZE 30\n"my b" 1 SIZE -2\n`), [
    { kind: 'size', disk: '/etc/amanda', level: 0, kib: 30 },
    { kind: 'size', disk: 'my b', level: 1, kib: -2 },
  ])
  const results: SizeResult[] = [{ kind: 'size', disk: 'C:\\ x', level: 2, kib: 7 }, { kind: 'error', disk: '/a', level: 0, text: 'it said "no"' }, { kind: 'warning', disk: undefined, level: 0, text: 'slow' }]
  assert.deepEqual(parseSendsizeReply(formatSendsizeReply(results)), results)
  assert.throws(() => parseSendsizeReply('/etc 0 SIZE many\n'), { code: 'wire-malformed' })
})

test('selfcheck, connect and retry replies', () => {
  const lines = [{ severity: 'ok', text: '/home' }, { severity: 'error', text: '[no tar]' }] as const
  assert.deepEqual(parseSelfcheckReply(formatSelfcheckReply('h', lines)), lines)
  assert.deepEqual(parseSelfcheckReply('what is this\n'), [{ severity: 'error', text: 'what is this' }])
  const connect = parseStreamReply(formatConnectReply([['DATA', 3], ['MESG', 5], ['INDEX', -1], ['STATE', 9]]))
  assert.deepEqual(connect.kind === 'connect' ? [...connect.handles] : [], [['DATA', 3], ['MESG', 5], ['STATE', 9]])
  assert.deepEqual(parseStreamReply('ERROR [no such disk]\n'), { kind: 'error', text: '[no such disk]' })
  const retry = { delayS: 2, level: 0, message: 'try later' }
  assert.deepEqual(parseRetry(formatRetry(retry)), retry)
  assert.throws(() => parseStreamReply('CONNECT DATA x\n'), { code: 'wire-malformed' })
})

test('the messages of a real dump, in any pieces, come to the same summary', () => {
  // Captured from amgtar under Debian's 3.5.1 (services.md).
  const captured = 'sendbackup: info BACKUP=APPLICATION\nsendbackup: info APPLICATION=amgtar\nsendbackup: info end\n| Total bytes written: 71680 (70KiB, 42MiB/s)\nsendbackup: size 70\nsendbackup: native-CRC 54224a12:71680\nsendbackup: client-CRC 54224a12:71680\nsendbackup: end\n'
  fc.assert(
    fc.property(fc.array(fc.nat(captured.length), { maxLength: 8 }), (cuts) => {
      const reader = new MessageReader()
      const at = [0, ...cuts.toSorted((a, b) => a - b), captured.length]
      for (let index = 0; index + 1 < at.length; index++) reader.push(Buffer.from(captured.slice(at[index], at[index + 1])))
      const summary = reader.finish()
      assert.deepEqual([summary.originalKib, summary.nativeCrc, summary.hasEnd, summary.isStrange, summary.errors], [70, '54224a12:71680', true, false, []])
      assert.deepEqual(summary.info, { BACKUP: 'APPLICATION', APPLICATION: 'amgtar' })
    }),
  )
})

test('strange, error, retry, unknown and unfinished lines are told apart', () => {
  assert.deepEqual(parseMessageLine('? gone'), { kind: 'strange', text: 'gone' })
  assert.deepEqual(parseMessageLine('sendbackup: error [dump (7) /bin/tar returned 2]'), { kind: 'error', text: 'dump (7) /bin/tar returned 2' })
  assert.deepEqual(parseMessageLine('sendbackup: retry delay 5 message "x y"'), { kind: 'retry', retry: { delayS: 5, level: undefined, message: 'x y' } })
  assert.equal(parseMessageLine('sendbackup: size lots').kind, 'unknown')
  const reader = new MessageReader()
  reader.push(Buffer.from('noise\nsendbackup: en'))
  const summary = reader.finish()
  assert.ok(summary.isStrange && !summary.hasEnd)
  assert.deepEqual(summary.errors, ['partial line in message stream: sendbackup: en'])
})

test('any bytes are read without a crash and in bounded memory', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), (pieces) => {
      const reader = new MessageReader()
      for (const piece of pieces) reader.push(piece)
      assert.ok(reader.finish().lines.length <= 1000)
    }),
  )
})
