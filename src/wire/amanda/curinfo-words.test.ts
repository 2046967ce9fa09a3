import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '../../kernel/fault.ts'
import { parseInfo } from './curinfo.ts'
import { formatInfoWords, NO_INFO, parseInfoWords } from './curinfo-words.ts'

const PLANNED = `version: 0
command: 0
full-rate: 220.000000
full-comp:
incr-rate: 1.500000 2.500000
incr-comp:
stats: 0 220 220 1 1795471746 1 LAB01
stats: 1 20 20 1 1795558146
last_level: 1 1
history: 1 20 20 1795558146 1
history: 0 220 220 1795471746 1
//
`

test('what the planner wrote becomes what stock amadmin leaves of it', () => {
  const text = formatInfoWords({ ...parseInfoWords(PLANNED), command: 1 })
  assert.equal(text, PLANNED.replace('command: 0', 'command: 1').replace('full-rate: 220.000000', 'full-rate: 220.000000 -1 -1').replace('full-comp:', 'full-comp: -1 -1 -1').replace('2.500000', '2.500000 -1').replace('incr-comp:', 'incr-comp: -1 -1 -1').replace('1795558146\nlast', '1795558146  \nlast'))
  assert.equal(formatInfoWords(parseInfoWords(text)), text)
  assert.equal(formatInfoWords(NO_INFO), 'version: 0\ncommand: 0\nfull-rate: -1 -1 -1\nfull-comp: -1 -1 -1\nincr-rate: -1 -1 -1\nincr-comp: -1 -1 -1\nlast_level: -1 -1\n//\n')
})

test('both forms say the same to the planner', () => {
  assert.deepEqual(parseInfo(formatInfoWords(parseInfoWords(PLANNED))), parseInfo(PLANNED))
})

test('a line that is not known is said', () => {
  assert.throws(() => parseInfoWords('version: 0\nnonsense: 1\n'), (error) => error instanceof Fault && error.code === 'wire-malformed' && error.message.includes('line 2'))
  assert.throws(() => parseInfoWords('command: x\n'), Fault)
})
