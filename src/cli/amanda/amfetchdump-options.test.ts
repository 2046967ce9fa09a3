import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAmfetchdump, type AmfetchdumpCall } from './amfetchdump-options.ts'
import { parseAmrestore, type AmrestoreCall } from './amrestore-options.ts'

function fetchCall(...argv: readonly string[]): AmfetchdumpCall {
  const outcome = parseAmfetchdump(argv)
  assert.ok(outcome.kind === 'call', JSON.stringify(outcome))
  return outcome.call
}

function restoreCall(...argv: readonly string[]): AmrestoreCall {
  const outcome = parseAmrestore(argv)
  assert.ok(outcome.kind === 'call', JSON.stringify(outcome))
  return outcome.call
}

test('options of amfetchdump stand anywhere and together', () => {
  const call = fetchCall('-ap', 'lab', '-O.', 'www', '/home', '2026', '1', '--header-fd', '3')
  assert.deepEqual([call.isAssumed, call.isPipe, call.directory, call.config, call.specs], [true, true, '.', 'lab', [{ host: 'www', disk: '/home', datestamp: '2026', level: '1' }]])
  // On a pipe the header goes before the data.
  assert.deepEqual(call.header, { kind: 'with-data' })
  assert.deepEqual(fetchCall('--header-fd', '3', 'lab', 'www').header, { kind: 'descriptor', fd: 3 })
})

test('which filters are undone', () => {
  const undo = (...options: readonly string[]): readonly string[] => Object.values(fetchCall(...options, 'lab', 'www').undo)
  assert.deepEqual(undo(), ['always', 'always', 'none'])
  assert.deepEqual(undo('-l'), ['never', 'never', 'none'])
  assert.deepEqual(undo('--server-decompress', '--no-decrypt', '-C'), ['never', 'server', 'best'])
})

test('what contradicts itself is told as stock Amanda tells it', () => {
  const told = (...argv: readonly string[]): string | undefined => {
    const outcome = parseAmfetchdump(argv)
    return outcome.kind === 'usage' ? (outcome.before ?? outcome.after) : outcome.kind === 'refused' ? outcome.message : outcome.kind
  }
  assert.equal(told('-c', '-C', 'lab', 'www'), "Can't use -c and -C")
  assert.equal(told('-p', '-n', 'lab', 'www'), 'ERROR: -p is not compatible with -n')
  assert.equal(told('lab'), 'ERROR: must specify at least a hostname')
  assert.equal(told('--decompress', '--client-decompress', 'lab', 'www'), "Can't use only on of --decompress, --no-decompress, --server-decompress or --client-decompress")
  assert.equal(told('--target', '/x', 'lab', 'www'), '--target set but neither --extract or --extract-client')
  assert.match(told('--extract-client', 'h', '--target', '/x', 'lab', 'www') ?? '', /not possible yet/)
  assert.equal(told('--version'), 'version')
})

test('options of amrestore', () => {
  const call = restoreCall('file:/v', '-rp', '-f', '3', 'www', '/home', '2026', 'mail')
  assert.deepEqual([call.source, call.isRaw, call.hasHeader, call.isPipe, call.fileNumber, call.undo.decompress, call.specs.length], ['file:/v', true, true, true, 3, 'never', 2])
  assert.deepEqual(parseAmrestore(['-f', 'x', 'file:/v']), { kind: 'usage' })
  assert.deepEqual(parseAmrestore([]), { kind: 'usage', message: 'Must specify a device or holding-disk file' })
  assert.equal(parseAmrestore(['--holding', '-l', 'L', '/f']).kind, 'usage')
})
