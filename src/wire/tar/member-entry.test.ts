import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { lstatSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { makeHardCases } from '../../../testkit/tree.ts'
import { parseIndexEntry } from './index-entry.ts'
import { unescapeName } from './index-line.ts'
import { memberEntry } from './member-entry.ts'
import { TarMemberReader } from './member-reader.ts'

let dir = ''
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'holdfast-entry-'))
  makeHardCases(path.join(dir, 'tree'))
})
after(() => rmSync(dir, { recursive: true, force: true }))

for (const format of ['gnu', 'posix']) {
  test(`the attributes of members of a ${format} archive are those of the files, and the members lie one after the other`, () => {
    const archive = execFileSync('tar', ['-c', '-f', '-', '-C', path.join(dir, 'tree'), '--sparse', `--format=${format}`, '.'], { maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'ignore'] })
    const lines: string[] = []
    const reader = new TarMemberReader((member) => lines.push(memberEntry(member)))
    reader.push(archive)
    reader.finish()
    let end = 0
    for (const line of lines) {
      const { line: name, attributes } = parseIndexEntry(line)
      assert.ok(attributes !== undefined)
      assert.equal(attributes.offset, end, line)
      end += attributes.spanBytes
      if (attributes.type === 'h') continue
      const stat = lstatSync(Buffer.concat([Buffer.from(`${dir}/tree`), unescapeName(name)]), { bigint: true })
      if (attributes.type === 'f') assert.equal(attributes.size, Number(stat.size), line)
      if (attributes.type !== 'l') assert.equal(attributes.mode, Number(stat.mode) & 0o7777, line)
      assert.deepEqual([attributes.uid, attributes.gid], [Number(stat.uid), Number(stat.gid)])
      const mtimeNs = format === 'posix' ? stat.mtimeNs : (stat.mtimeNs / 1_000_000_000n) * 1_000_000_000n
      if (stat.mtimeNs > 0n) assert.equal(attributes.mtimeNs, mtimeNs, line)
    }
    // Then come the zero blocks, up to the end of a record.
    assert.ok(archive.length - end >= 1024 && archive.subarray(end).every((byte) => byte === 0))
  })
}
