import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Finding } from '../contract.ts'
import { LogDiagnosis } from './diagnose.ts'
import { LOG_WORDS } from './kind-index.ts'
import { LineFilter } from './line-filter.ts'
import { WordSearch } from './word-search.ts'

const SEARCH = new WordSearch(LOG_WORDS)

/** Findings of logs, each a file. */
function findingsIn(...files: readonly string[]): readonly Finding[] {
  const diagnosis = new LogDiagnosis()
  for (const [index, text] of files.entries()) {
    diagnosis.beginFile()
    const filter = new LineFilter(SEARCH, (number, line, words) => diagnosis.push(`file${index}`, number, line, words))
    filter.push(Buffer.from(text))
    filter.finish()
  }
  return diagnosis.finish().findings
}

const CUT = 'mesg read: Connection reset by peer'
const DEBUG = 'Mon Nov 23 22:25:09.829529125 2026: pid 26558: thd-0x563872c22c00: dumper:'

test('the forms that a line had since 2.4, and whatever wrapped it, are read', () => {
  const forms = [
    `FAIL dumper web /srv 20261123222437 0 [${CUT}]`,
    `> FAIL dumper web /srv 20261123222437 0 [${CUT}]`,
    `\u001B[31mFAIL dumper web /srv 20261123222437 0 [${CUT}]\u001B[0m`,
    `FAIL dumper web /srv 20261123222437 0 [${CUT}]\r`,
    `  web /srv lev 0  FAILED [${CUT}]`,
    `  /-- web /srv lev 0 FAILED [${CUT}]`,
  ]
  for (const line of forms) assert.deepEqual(findingsIn(`${line}\n`).map(({ code, host, disk }) => [code, host, disk]), [['idle-connection-cut', 'web', '/srv']], line)
  const timed: readonly (readonly [string, string])[] = [
    [`${DEBUG} ${CUT}`, '2026-11-23 22:25:09'],
    [`Thu Jan  1 00:00:01 2009: thd-0x80b2c8: dumper: ${CUT}`, '2009-01-01 00:00:01'],
    [`1234567890.123456: dumper: ${CUT}`, '2009-02-13 23:31:30'],
    [`<13>Nov 23 22:25:09 backup dumper[123]: ${CUT}`, '11-23 22:25:09'],
    [`2026-11-23T22:25:09.5+01:00 backup dumper[123]: ${CUT}`, '2026-11-23 22:25:09'],
  ]
  for (const [line, time] of timed) assert.deepEqual(findingsIn(line).map(({ code, firstTime }) => [code, firstTime]), [['idle-connection-cut', time]], line)
})

test('a line of a debug file that names nobody is of the dump that the file is about', () => {
  const request = 'SERVICE sendbackup\nOPTIONS features=ffff;maxdumps=1;hostname=web;config=lab;timestamp=20261123222437;\n<dle>\n  <program>GNUTAR</program>\n  <disk>/srv</disk>\n</dle>\n'
  const lost = 'Mon Nov 23 22:25:09.8 2026: pid 1: thd-0x1: amandad: security_stream_seterr(0x1, Connection reset by peer)\n'
  const [ofRequest] = findingsIn(`${request}${lost}`)
  assert.deepEqual([ofRequest?.host, ofRequest?.disk, ofRequest?.runs], ['web', '/srv', ['20261123222437']])
  // An estimate of several disks names none of them.
  const [ofMany] = findingsIn(`${request.replace('sendbackup', 'sendsize').replace('</dle>', '</dle>\n<dle>\n  <disk>/home</disk>\n</dle>')}${lost}`)
  assert.deepEqual([ofMany?.host, ofMany?.disk], ['web', undefined])
  const [odd] = findingsIn(`${request.replace('<disk>/srv</disk>', `<disk encoding="raw" raw="${Buffer.from('/my dir').toString('base64')}">_</disk>`)}${lost}`)
  assert.equal(odd?.disk, '/my dir')
})

test("in a driver's log the handle says whose result it is", () => {
  const command = 'driver: send-cmd time 1.000 to dumper0: SHM-DUMP 00-00001 57737 NULL 1 web ffffffff /srv NODEVICE 0 1970:1:1:0:0:0 GNUTAR'
  const [finding] = findingsIn(`amdump: starttime 20261123222437\n${command}\n${command.replace('00-00001', '00-00002').replace('/srv', '/home')}\ndriver: result time 31.894 from dumper0: FAILED 00-00001 "[${CUT}]"\n`)
  assert.deepEqual([finding?.host, finding?.disk, finding?.runs], ['web', '/srv', ['20261123222437']])
})

test("which stream broke is known by its address in dumper's debug file", () => {
  const lines = ['dumper: pid 26558 ruid 34 euid 34 version 3.5.1: start at Mon Nov 23 22:24:37 2026', 'CONNECT DATA 50072 MESG 50073 INDEX 50074', ...['0xa1', '0xa2', '0xa3'].map((address) => `dumper: security_streaminit(stream=${address}, driver=0x1 (BSD))`), 'dumper: security_stream_seterr(0xa3, Connection reset by peer)']
  const [finding] = findingsIn(lines.map((line) => (line.startsWith('CONNECT') ? line : `${DEBUG.replace(/ dumper:$/, '')} ${line}`)).join('\n'))
  assert.deepEqual(finding?.streams, ['index'])
})

test('many clients that were hit by the same are one finding with their list; two are two', () => {
  const line = (host: string): string => `FAIL planner ${host} /srv 20261123222437 0 "[Request to ${host} failed: timeout waiting for ACK]"\n`
  const hosts = Array.from({ length: 50 }, (_none, index) => `client${index}`)
  const findings = findingsIn(hosts.map(line).join(''))
  assert.equal(findings.length, 1)
  assert.deepEqual([findings[0]?.host, findings[0]?.count, findings[0]?.dumps?.length], [undefined, 50, 50])
  assert.match(findings[0]?.details.join(' ') ?? '', /It hit 50 clients: client0, .* and 38 more/)
  assert.deepEqual(findingsIn(`${line('web')}${line('mail')}`).map(({ host }) => host), ['web', 'mail'])
})

test('disks of one client are one finding, and nights are counted', () => {
  const line = (disk: string, run: string): string => `FAIL dumper web ${disk} ${run} 0 [${CUT}]\n`
  const [finding, ...others] = findingsIn(`${line('/srv', '20261121010203')}${line('/home', '20261121010203')}${line('/srv', '20261122010203')}`)
  assert.deepEqual([finding?.host, finding?.disk, finding?.count, others], ['web', undefined, 3, []])
  assert.deepEqual(finding?.details.slice(1), ['It hit 2 disks: /srv, /home.', 'In 2 runs, from 2026-11-21 to 2026-11-22.'])
})

test('what the client saw and does not name is told apart by its time, in whatever zone', () => {
  const server = (host: string, at: string): string => `Mon Nov 23 ${at} 2026: pid 1: thd-0x1: dumper: getcmd: SHM-DUMP 00-00001 57737 NULL 1 ${host} ffffffff /srv NODEVICE 0 x\nMon Nov 23 ${at} 2026: pid 1: thd-0x1: dumper: security_stream_seterr(0x1, Connection reset by peer)\n`
  const client = 'Mon Nov 23 15:41:03 2026: pid 9: thd-0x1: amandad: security_stream_seterr(0x1, Connection reset by peer)\n'
  const counts = findingsIn(server('web', '20:10:59'), server('mail', '20:03:20'), client).map(({ host, count }) => [host, count])
  // 15:41 there is 20:11 here, but for the half hour of its zone.
  assert.deepEqual(counts, [['web', 2], ['mail', 1]])
})

test('entries of our own logs are found by their fault code, or shown as they are', () => {
  const diagnosis = new LogDiagnosis()
  diagnosis.beginFile()
  diagnosis.push('server.log', 1, '{"level":50,"time":"2026-11-23T22:25:09.829Z","run":"r1","code":"internal","error":"what nobody expected","msg":"a run could not be made"}')
  diagnosis.push('agent.log', 2, '{"level":30,"time":"2026-11-23T22:25:09.829Z","code":"internal","msg":"only said"}')
  diagnosis.push('agent.log', 3, '{"level":40,"time":"2026-11-23T22:25:09.829Z","code":"silent","reason":"nothing was heard","msg":"link lost, dumps wait"}')
  diagnosis.push('agent.log', 4, '{"level":50,"time":"2026-11-23T22:25:10.000Z","msg":"a word without a code"}')
  const { findings, unknown } = diagnosis.finish()
  assert.deepEqual(findings.map(({ code, evidence }) => [code, evidence[0]?.text]), [['defect-of-holdfast', '2026-11-23T22:25:09.829Z a run could not be made: what nobody expected [internal]']])
  assert.deepEqual(unknown, [{ file: 'agent.log', line: 4, time: '2026-11-23 22:25:10', text: '2026-11-23T22:25:10.000Z a word without a code' }])
})
