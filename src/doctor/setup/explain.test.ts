import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { FAULT_CODES } from '../../kernel/fault-codes.ts'
import { FAULT_KINDS } from '../kinds.ts'
import { SETUP_KINDS } from '../kinds/setup-kinds.ts'
import { kindOfEither } from '../fault-kinds.ts'
import { explainFinding } from './explain.ts'

const SOURCE = path.resolve(import.meta.dirname, '../..')
/** Where findings are made. */
const PLACES = ['server/check/**/*.ts', 'kernel/machine/*.ts', 'agent/selfcheck.ts', 'agent/gnutar/gnutar.ts', 'agent/directory-checks.ts', 'cli/commands/doctor-config.ts', 'cli/config-facts.ts']
/** Good news: nothing to explain. */
const OK_CODES = new Set(['agent-ready', 'holding-ready', 'vault-ready', 'volume-ready'])

function codesInSources(): Set<string> {
  const files = PLACES.flatMap((place) => globSync(place, { cwd: SOURCE })).filter((file) => !file.endsWith('.test.ts'))
  const codes = files.flatMap((file) => [...readFileSync(path.join(SOURCE, file), 'utf8').matchAll(/(?:code: (?:[\w.]+ \?\?? )?|finding\('(?:note|error)', )('[a-z-]+')(?: : ('[a-z-]+'))?/g)].flatMap((match) => [match[1], match[2]]))
  return new Set(codes.flatMap((code) => (code === undefined ? [] : [code.slice(1, -1)])))
}

test('every code that a check gives has a kind or is a fault of ours, and no kind of the set-up is given by nobody', () => {
  const codes = codesInSources()
  assert.ok(codes.size > 40, `only ${codes.size} codes were found in the sources`)
  for (const code of codes) if (!OK_CODES.has(code)) assert.ok(kindOfEither(code) !== undefined || Object.hasOwn(FAULT_CODES, code), `${code} is not explained`)
  for (const { code } of SETUP_KINDS) assert.ok(codes.has(code), `no check gives ${code}`)
})

test('a finding is explained by its kind, in the words of the case first', () => {
  const finding = { severity: 'warning', code: 'dump-unverified', message: 'no full was read back', host: 'a', disk: '/d', details: ['one'] } as const
  const explained = explainFinding({ ...finding, next: 'Run `holdfast verify a /d`.' })
  const kind = FAULT_KINDS.find(({ code }) => code === 'dump-unverified')
  assert.deepEqual(explained, { ...finding, symptom: kind?.symptom, cause: kind?.cause, confidence: kind?.confidence, advice: 'Run `holdfast verify a /d`.', cures: kind?.cures, check: kind?.check, page: 'doctor/dump-unverified.md', isFailure: false })
})

test('a fault without a kind is explained by the table of faults, an unknown code not at all, and nothing is guessed', () => {
  const fault = explainFinding({ severity: 'error', code: 'holding-exists', message: 'x', next: '' })
  assert.equal(fault.advice.length > 0, true)
  const unknown = explainFinding({ severity: 'error', code: 'from-the-future', message: 'x', next: 'Do y.' })
  assert.deepEqual([unknown.advice, unknown.page, unknown.confidence, unknown.isFailure], ['Do y.', 'errors.md', 'possible', false])
  assert.equal(explainFinding({ severity: 'error', code: 'toString', message: 'x', next: '' }).symptom, unknown.symptom)
})

test('only what was not backed up counts as a failure', () => {
  const isFailure = (code: string, severity: 'warning' | 'error'): boolean => explainFinding({ severity, code, message: 'x', next: '' }).isFailure
  assert.equal(isFailure('disk-never-dumped', 'error'), true)
  assert.equal(isFailure('space-low', 'error'), false)
  assert.equal(isFailure('part-missing', 'error'), false)
})
