import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adviceLines, doctorNotes, noteLines, REPORT_COLUMNS, wrapText } from './doctor-notes.ts'

const row = (disk: string, ...doctorCodes: string[]) => ({ host: 'laptop', disk, level: 0, doctorCodes })

test('fifty dumps with one cause are one note', () => {
  const rows = [...Array.from({ length: 50 }, (_unused, index) => row(`/d${index}`, 'agent-not-connected')), row('/x', 'dump-stalled'), row('/good')]
  const notes = doctorNotes(rows)
  assert.deepEqual(notes.map(({ code, dumps }) => [code, dumps.length]), [['agent-not-connected', 50], ['dump-stalled', 1]])
  const lines = noteLines(notes)
  assert.equal(lines[0], '  laptop:/d0, laptop:/d1, laptop:/d2 and 47 more')
  assert.equal(lines.filter((line) => line.includes('[agent-not-connected]')).length, 1)
  assert.match(lines.at(-1) ?? '', /doctor explain CODE/)
  assert.deepEqual(noteLines([]), [])
})

test('a code that is not known here, of a newer server, gives no note', () => {
  assert.deepEqual(doctorNotes([row('/x', 'of-tomorrow')]), [])
})

test('advice is wrapped within the width of a report', () => {
  const lines = adviceLines('idle-connection-cut')
  assert.ok(lines.length > 1 && lines.every((line) => line.length <= REPORT_COLUMNS), lines.join('\n'))
  assert.match(lines[0] ?? '', /^ {4}\[idle-connection-cut\] \S/)
  assert.ok(lines.slice(1).every((line) => /^ {6}\S/.test(line)))
})

test('wrapping loses no word, and a long one stands alone', () => {
  const text = `one two ${'x'.repeat(30)} three`
  const lines = wrapText(text, '- ', 2, 12)
  assert.deepEqual(lines, ['- one two', `  ${'x'.repeat(30)}`, '  three'])
})
