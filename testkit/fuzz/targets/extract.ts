// The extraction of tar streams, into a directory of its own beside one that nobody may touch: whatever the archive says, nothing appears outside, nothing goes on
// for ever, and every end is a Fault that is named or a result. The same archive comes twice, the second time as a level over the first.

import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { extractArchive } from '../../../src/archive/extract/extract-archive.ts'
import { removeTree } from '../../../src/archive/extract/remove-tree.ts'
import { sourceOf } from '../../../src/kernel/byte-stream.ts'
import { nodeDisk } from '../../../src/kernel/node-disk.ts'
import { atCalls, cName, openDirectory } from '../../../src/posix/at-calls.ts'
import { must, type FuzzTarget } from '../target.ts'
import { GNU, paxRecord, signAll, TAR_END, tarArchives, tarMember } from './tar-inputs.ts'

const never = new AbortController().signal

function archives(): Buffer[] {
  return [
    ...tarArchives(),
    Buffer.concat([tarMember('./', 'D', 'Ra\0Tb\0Db\0Yc\0\0', GNU), tarMember('./a', 'D', 'Yx\0\0', GNU), tarMember('./a/x', '0', 'x'), TAR_END]),
    Buffer.concat([tarMember('./pax', 'x', paxRecord('SCHILY.xattr.user.a', 'b') + paxRecord('SCHILY.acl.access', 'user::rw-,group::r--,other::r--') + paxRecord('mtime', '-1.5')), tarMember('./x', '0', 'hello'), TAR_END]),
    Buffer.concat([tarMember('./pax', 'x', paxRecord('GNU.sparse.major', '1') + paxRecord('GNU.sparse.minor', '0') + paxRecord('GNU.sparse.realsize', '9000') + paxRecord('GNU.sparse.name', './s')), tarMember('./s', '0', '1\n4096\n5\n'.padEnd(512, '\0') + 'hello'), TAR_END]),
    Buffer.concat([tarMember('./l', '2', ''), tarMember('./l/x', '0', 'x'), tarMember('./f', '6', ''), tarMember('./f', '1', ''), TAR_END]),
  ]
}

async function extractTwice(input: Buffer, target: string): Promise<void> {
  for (const existing of ['replace', 'beside'] as const) {
    const isIncremental = existing === 'replace'
    const { counts, members } = await extractArchive(sourceOf(Buffer.from(input)), { target, existing, owners: 'number', isIncremental }, { disk: nodeDisk, threads: 0 }, () => undefined, never)
    must(counts.restored + counts.skipped + counts.failed >= members, 'every member is counted')
  }
}

const extract: FuzzTarget = {
  name: 'extract',
  summary: 'tar streams extracted into a temporary directory: nothing outside it is touched (src/archive/extract)',
  codes: ['wire-malformed', 'restore-unsafe'],
  corpus: archives,
  words: ['ustar\u000000', GNU, './', '../', '../outside/secret', '/', 'path=', 'linkpath=', 'GNU.sparse.map=', 'GNU.sparse.major=1', 'SCHILY.xattr.', 'SCHILY.acl.default=', '\u0000', 'R./a\u0000T./b\u0000', 'X.\u0000'],
  generate: (random, mutate) => {
    const all = archives()
    return signAll(mutate(all[random.int(all.length)] ?? TAR_END))
  },
  async run(input) {
    const base = mkdtempSync(path.join(tmpdir(), 'holdfast-fuzz-'))
    const [target, outside] = [path.join(base, 'target'), path.join(base, 'outside')]
    mkdirSync(target)
    mkdirSync(outside, 0o700)
    writeFileSync(path.join(outside, 'secret'), 'secret', { mode: 0o600 })
    try {
      await extractTwice(input, target)
    } finally {
      must(readdirSync(base).toSorted().join() === 'outside,target' && readdirSync(outside).join() === 'secret' && readFileSync(path.join(outside, 'secret'), 'utf8') === 'secret', 'nothing outside is touched')
      must((lstatSync(path.join(outside, 'secret')).mode & 0o777) === 0o600 && (lstatSync(outside).mode & 0o777) === 0o700, 'no mode outside is changed')
      const parent = openDirectory(tmpdir())
      let count = 0
      removeTree(atCalls(), parent, cName(path.basename(base)), () => cName(`${path.basename(base)}-${count++}`))
      atCalls().close(parent)
    }
  },
}

export const EXTRACT_TARGETS: readonly FuzzTarget[] = [extract]
