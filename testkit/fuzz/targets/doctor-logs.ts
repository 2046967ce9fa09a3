// The doctor's reader of logs: whatever is in a file, it gives a diagnosis, within its limits, and the same one however the bytes come.

import { gunzipSync } from 'node:zlib'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { LogDiagnosis } from '../../../src/doctor/logs/diagnose.ts'
import { LOG_WORDS } from '../../../src/doctor/logs/kind-index.ts'
import { LineFilter } from '../../../src/doctor/logs/line-filter.ts'
import { readLogs } from '../../../src/doctor/logs/read-logs.ts'
import { WordSearch } from '../../../src/doctor/logs/word-search.ts'
import { nodeDisk } from '../../../src/kernel/node-disk.ts'
import { cutUp, must, testdata, type FuzzTarget } from '../target.ts'

const RECORDED = path.resolve(import.meta.dirname, '../../../testdata/doctor')
/** Of each recorded log the beginning: mutations put the pieces together. */
const CORPUS_FILE_BYTES = 12 * 1024
const CORPUS_FILES_MAX = 120
const EVIDENCE_MAX = 40
const TEXT_CHARS_MAX = 520

function recordedLogs(): Buffer[] {
  const names = readdirSync(RECORDED).toSorted().flatMap((dir) => readdirSync(path.join(RECORDED, dir)).toSorted().filter((name) => !name.endsWith('.json')).map((name) => path.join('doctor', dir, name)))
  const step = Math.max(1, Math.floor(names.length / CORPUS_FILES_MAX))
  return testdata(...names.filter((_name, index) => index % step === 0)).map((bytes) => (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).subarray(0, CORPUS_FILE_BYTES))
}

const OURS = Buffer.from('{"level":40,"time":"2026-11-23T22:25:09.829Z","host":"web","disk":"/srv","code":"disk-full","reason":"no space left","msg":"a dump was cut"}\n{"level":50,"time":"x","msg":"y"}\n')
const OLD = Buffer.from("sendbackup: debug 1 pid 12345 ruid 37 euid 37 start time Thu Jan  1 00:00:00 2004\nsendbackup: got input request: GNUTAR /home 0 1970:1:1:0:0:0 OPTIONS |;bsd-auth;index;\n                     disk `/home'\nsendbackup: time 65.2: index tee cannot write [Broken pipe]\n1234567890.123456: amandad: security_stream_seterr(0x1, Connection reset by peer)\n> FAIL dumper web /srv 20261124010203 0 [mesg read: Connection timed out]\r\n")

let diagnosis = new LogDiagnosis()
/** Its tables take longer to build than an input to read. */
const filter = new LineFilter(new WordSearch(LOG_WORDS), (number, text, words) => diagnosis.push('log', number, text, words))

function diagnose(pieces: readonly Buffer[]): ReturnType<LogDiagnosis['finish']> {
  diagnosis = new LogDiagnosis()
  diagnosis.beginFile()
  for (const piece of pieces) filter.push(piece)
  filter.finish()
  return diagnosis.finish()
}

async function diagnosePacked(input: Buffer): Promise<void> {
  let bytes = 0
  const given = async function* (): AsyncGenerator<Uint8Array> {
    yield* await Promise.resolve(cutUp(input))
  }
  await readLogs(nodeDisk, [{ number: 0, path: 'given', pieces: given() }], { begin: () => undefined, piece: (piece) => (bytes += piece.length), end: () => undefined, note: () => undefined, progress: () => undefined })
  must(input[0] === 0x1f || input[0] === 0x28 || bytes <= input.length, 'no more comes out than went in')
}

export const DOCTOR_LOG_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'doctor-logs',
    summary: "logs of every kind, cut and mixed, as the doctor reads them",
    codes: [],
    corpus: () => [...recordedLogs(), OURS, OLD],
    words: [...LOG_WORDS, '\r\n', '\n', '\0', '> ', '\u001B[31m'],
    run(input) {
      const { findings, unknown, unknownCount } = diagnose([input])
      must(unknown.length <= EVIDENCE_MAX && unknown.length <= unknownCount, 'few lines that nobody knows are kept')
      for (const { evidence, count, dumps = [], firstTime = '', lastTime = firstTime } of findings) {
        must(evidence.length > 0 && evidence.length <= EVIDENCE_MAX && count > 0, 'a finding has evidence, and not much')
        must(evidence.every(({ line, text }) => line > 0 && text.length <= TEXT_CHARS_MAX), 'evidence is short')
        must(dumps.length <= 401, 'dumps are bounded')
        must(firstTime <= lastTime || firstTime.length !== lastTime.length, 'the first line is not after the last')
      }
      must(JSON.stringify(diagnose(cutUp(input))) === JSON.stringify({ findings, unknown, unknownCount }), 'the same bytes in other pieces give the same diagnosis')
      return diagnosePacked(input)
    },
  },
]
