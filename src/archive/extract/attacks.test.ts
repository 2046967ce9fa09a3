import assert from 'node:assert/strict'
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync, linkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { sourceOf } from '../../kernel/byte-stream.ts'
import { faultOf } from '../../kernel/fault.ts'
import { nodeDisk } from '../../kernel/node-disk.ts'
import { makeArchive, type ArchiveMember } from '../../../testkit/tar-writer.ts'
import { extractArchive } from './extract-archive.ts'

let dir = ''
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'holdfast-attack-'))
})
after(() => rmSync(dir, { recursive: true, force: true }))

interface Attack {
  /** What is in the target before. */
  readonly prepare?: (target: string, outside: string) => void
  /** Archives, one after the other. `OUTSIDE` stands for a directory that nobody may touch. */
  readonly archives: readonly (readonly ArchiveMember[])[]
  /** Code of the Fault or of a problem; undefined: nothing need be wrong. */
  readonly code?: string
}

const file = (name: string, data = 'evil'): ArchiveMember => ({ name, type: '0', data })
const link = (name: string, linkName: string): ArchiveMember => ({ name, type: '2', linkName })
const dumpDirectory = (name: string, data: string): ArchiveMember => ({ name, type: 'D', data })
const existingLink = (target: string, outside: string): void => symlinkSync(outside, path.join(target, 'l'))

const ATTACKS: Readonly<Record<string, Attack>> = {
  'an absolute name': { archives: [[file('OUTSIDE/x')]], code: 'restore-unsafe' },
  'an absolute name in a pax header': { archives: [[{ ...file('./x'), pax: { path: 'OUTSIDE/x' } }]], code: 'restore-unsafe' },
  'the name of a sparse file': { archives: [[{ ...file('./x'), pax: { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': '../outside/x', 'GNU.sparse.realsize': '10' } }]], code: 'restore-unsafe' },
  'a name with ..': { archives: [[file('./a/../../outside/x')]], code: 'restore-unsafe' },
  'the name ..': { archives: [[{ name: '..', type: '5', mode: 0o777 }]], code: 'restore-unsafe' },
  'an absolute hard link': { archives: [[{ name: './h', type: '1', linkName: 'OUTSIDE/secret' }, file('./h')]], code: 'restore-unsafe' },
  'a hard link with ..': { archives: [[{ name: './h', type: '1', linkName: '../outside/secret' }]], code: 'restore-unsafe' },
  'a symlink and a file below it': { archives: [[link('./l', 'OUTSIDE'), file('./l/x')]], code: 'below-link' },
  'a symlink and a file below it, the directory announced': { archives: [[link('./l', 'OUTSIDE'), { name: './l', type: '5' }, file('./l/x')]] },
  'a symlink and a file of its name': { archives: [[link('./l', 'OUTSIDE/secret'), file('./l')]] },
  'a symlink and a symlink of its name': { archives: [[link('./l', 'OUTSIDE'), link('./l', 'OUTSIDE/secret'), file('./l/x')]], code: 'below-link' },
  'a hard link to a symlink, and a file of its name': { archives: [[link('./l', 'OUTSIDE/secret'), { name: './h', type: '1', linkName: './l' }, file('./h')]] },
  'a symlink to the top and names through it': { archives: [[link('./l', '..'), file('./l/outside/x'), { name: './l/outside', type: '5', mode: 0o777 }]], code: 'below-link' },
  'a symlink of an earlier archive': { archives: [[link('./l', 'OUTSIDE')], [file('./l/x'), { name: './l/sub/', type: '5' }, link('./l/s', 'x'), { name: './l/p', type: '6' }, { name: './l/h', type: '1', linkName: './l/secret' }]], code: 'below-link' },
  'a hard link through a symlink': { archives: [[link('./l', 'OUTSIDE')], [{ name: './h', type: '1', linkName: './l/secret' }, file('./h')]], code: 'link-target' },
  'a symlink that is there': { prepare: existingLink, archives: [[file('./l/x')], [file('./l')]], code: 'below-link' },
  'a file that is there as a hard link': { prepare: (target, outside) => linkSync(path.join(outside, 'secret'), path.join(target, 'h')), archives: [[{ ...file('./h'), mode: 0o777, uid: 1 }]] },
  'a dumpdir below a symlink that is there': { prepare: existingLink, archives: [[dumpDirectory('./', 'Dl\0\0'), dumpDirectory('./l/', '\0')]] },
  'a dumpdir that lists nothing': { prepare: existingLink, archives: [[dumpDirectory('./', '\0')]] },
  'a dumpdir that names ..': { archives: [[file('./there')], [dumpDirectory('./', 'Y..\0Y../outside\0\0')]], code: 'wire-malformed' },
  'a rename to the outside': { archives: [[{ name: './d', type: '5' }], [dumpDirectory('./', 'R./d\0T../outside/d\0\0')]], code: 'wire-malformed' },
  'a rename from the outside': { archives: [[file('./x')], [dumpDirectory('./', 'ROUTSIDE\0T./d\0\0')]], code: 'wire-malformed' },
  'a rename through a symlink': { prepare: existingLink, archives: [[{ name: './d', type: '5' }], [dumpDirectory('./', 'R./d\0T./l/d\0Dd\0Yl\0\0')]], code: 'rename' },
  'a rename of a symlink': { prepare: existingLink, archives: [[dumpDirectory('./', 'R./l\0T./m\0Ym\0\0')]], code: 'rename' },
  'a temporary directory through a symlink': { prepare: existingLink, archives: [[{ name: './d', type: '5' }], [dumpDirectory('./', 'X./l\0R./d\0T\0R\0T./e\0\0')]], code: 'rename' },
  'a NUL in a name': { archives: [[{ ...file('./x'), pax: { path: './x\0/../../outside/x' } }]], code: 'restore-unsafe' },
  'a NUL in a component': { archives: [[{ ...file('./x'), pax: { path: './a\0b' } }]], code: 'name' },
  'a NUL in a link target': { archives: [[{ ...link('./x', 'y'), pax: { linkpath: 'a\0b' } }]], code: 'name' },
  'a component of 300 bytes': { archives: [[{ ...file('./x'), pax: { path: `./${'n'.repeat(300)}` } }]], code: 'name' },
  'a path of a megabyte': { archives: [[{ ...file('./x'), pax: { path: `./${'a/'.repeat(500_000)}x` } }]], code: 'name' },
  'a negative size': { archives: [[{ ...file('./x'), sizeField: '\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u0000' }]], code: 'wire-malformed' },
  'a size beyond all numbers': { archives: [[{ ...file('./x'), sizeField: '\u0080\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u0000' }]], code: 'wire-malformed' },
  'a sparse map that overlaps': { archives: [[{ ...file('./x', 'abcd'), pax: { 'GNU.sparse.map': '0,2,1,2', 'GNU.sparse.size': '10', 'GNU.sparse.name': './x' } }]], code: 'wire-malformed' },
  'a sparse map beyond the file': { archives: [[{ ...file('./x', 'abcd'), pax: { 'GNU.sparse.map': '8,4', 'GNU.sparse.size': '10', 'GNU.sparse.name': './x' } }]], code: 'wire-malformed' },
  'a sparse map for less than the data': { archives: [[{ ...file('./x', 'abcd'), pax: { 'GNU.sparse.map': '0,2', 'GNU.sparse.size': '10', 'GNU.sparse.name': './x' } }]], code: 'wire-malformed' },
  'a sparse map in the data without end': { archives: [[{ ...file('./x', '9999999999\n'), pax: { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '10' } }]], code: 'wire-malformed' },
  'a file of exabytes without data': { archives: [[{ ...file('./x', '0\n'.padEnd(512, '\0')), pax: { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '9007199254740991' } }]] },
  'an access list that is none': { archives: [[{ ...file('./x'), pax: { 'SCHILY.acl.access': 'user::rwx,evil' } }]], code: 'attributes' },
  'an attribute of the kernel': { archives: [[{ ...file('./x'), pax: { 'SCHILY.xattr.system.posix_acl_access': 'evil', 'SCHILY.xattr.nonsense': 'x' } }]], code: 'attributes' },
  'the target itself as a file': { archives: [[file('./')]] },
  'the target itself as a link': { archives: [[link('./.', 'OUTSIDE')]], code: 'name' },
}

async function outcomeOf(target: string, members: readonly ArchiveMember[], threads: number): Promise<string[]> {
  const options = { target, existing: 'replace', owners: 'number', isIncremental: true } as const
  try {
    const { problems } = await extractArchive(sourceOf(makeArchive(members)), options, { disk: nodeDisk, threads }, () => undefined, new AbortController().signal)
    return problems.map(({ code }) => code)
  } catch (error) {
    return [faultOf(error).code]
  }
}

for (const [what, attack] of Object.entries(ATTACKS)) {
  // What depends on the order of names that different threads make is tried with them as well.
  for (const threads of what.includes('symlink') ? [0, 2] : [0]) {
    test(`nothing leaves the target with ${threads} threads: ${what}`, async () => {
      const place = mkdtempSync(path.join(dir, 'place-'))
      const [target, outside] = [path.join(place, 'target'), path.join(place, 'outside')]
      mkdirSync(target)
      mkdirSync(outside, 0o750)
      writeFileSync(path.join(outside, 'secret'), 'secret', { mode: 0o600 })
      attack.prepare?.(target, outside)
      const fill = (text: string | Uint8Array): string => Buffer.from(text).toString().replace('OUTSIDE', outside)
      const codes: string[] = []
      for (const members of attack.archives) {
        const filled = members.map((member) => ({ ...member, name: fill(member.name), ...(member.linkName === undefined ? {} : { linkName: fill(member.linkName) }), ...(member.data === undefined ? {} : { data: fill(member.data) }), ...(member.pax === undefined ? {} : { pax: Object.fromEntries(Object.entries(member.pax).map(([key, value]) => [key, fill(value)])) }) }))
        codes.push(...(await outcomeOf(target, filled, threads)))
      }
      if (attack.code === undefined) assert.ok(codes.every((code) => code !== 'internal'), codes.join())
      else assert.ok(codes.includes(attack.code), codes.join())
      assert.deepEqual(readdirSync(outside), ['secret'])
      assert.equal(readFileSync(path.join(outside, 'secret'), 'utf8'), 'secret')
      assert.deepEqual([outside, path.join(outside, 'secret')].map((each) => (lstatSync(each).mode & 0o777).toString(8)), ['750', '600'])
      assert.deepEqual(readdirSync(place).toSorted(), ['outside', 'target'])
    })
  }
}

test('a directory that is swapped for a link while files are written into it leads nowhere', async () => {
  const place = mkdtempSync(path.join(dir, 'race-'))
  const [target, outside] = [path.join(place, 'target'), path.join(place, 'outside')]
  for (const each of [target, outside]) mkdirSync(each)
  const state = new Int32Array(new SharedArrayBuffer(8))
  const swapper = new Worker(
    `const { workerData: { state, target, outside } } = require('node:worker_threads'); const fs = require('node:fs'); const path = require('node:path')
    const [dir, aside] = [path.join(target, 'd'), path.join(target, 'aside')]
    while (Atomics.load(state, 0) === 0) {
      try { fs.renameSync(dir, aside); fs.symlinkSync(outside, dir); Atomics.add(state, 1, 1); fs.unlinkSync(dir); fs.renameSync(aside, dir) } catch { try { fs.unlinkSync(dir) } catch {} try { fs.renameSync(aside, dir) } catch {} }
    }`,
    { eval: true, workerData: { state, target, outside } },
  )
  const members: ArchiveMember[] = []
  for (let round = 0; round < 60; round++) {
    members.push({ name: './d/', type: '5' })
    for (let count = 0; count < 20; count++) members.push(file(`./d/f${round}-${count}`), { name: `./d/sub${count % 3}/g${round}`, type: '0', data: 'evil' }, link(`./d/s${round}-${count}`, 'x'), { name: `./d/h${round}-${count}`, type: '1', linkName: `./d/f${round}-${count}` })
  }
  try {
    for (let tries = 0; tries < 20 && Atomics.load(state, 1) < 200; tries++) await outcomeOf(target, members, tries % 3)
  } finally {
    Atomics.store(state, 0, 1)
    await swapper.terminate()
  }
  assert.ok(Atomics.load(state, 1) > 0)
  assert.deepEqual(readdirSync(outside), [])
})
