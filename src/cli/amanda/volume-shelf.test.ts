import assert from 'node:assert/strict'
import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { nodeDisk } from '../../kernel/node-disk.ts'
import { encodeDumpHeader } from '../../wire/amanda/dump-header.ts'
import { restoredFile } from './restored-file.ts'
import { volumeLoader } from './volume-loader.ts'
import { openShelf } from './volume-shelf.ts'

function place(t: TestContext): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'shelf-'))
  t.after(() => rmSync(dir, { recursive: true }))
  return dir
}

function volume(dir: string, label: string): void {
  mkdirSync(dir, { recursive: true })
  writeFileSync(path.join(dir, `00000.${label}`), encodeDumpHeader({ kind: 'tapestart', datestamp: '20261127154649', label }))
}

test('a volume is found in whatever slot it is', async (t) => {
  const dir = place(t)
  volume(path.join(dir, 'slot1'), 'A')
  volume(path.join(dir, 'slot10'), 'B')
  const shelf = await openShelf(nodeDisk, `chg-disk:${dir}`, undefined)
  assert.ok('device' in (await shelf.find('B')))
  assert.deepEqual(await shelf.find('C'), { failure: "Source Volume 'C' not found" })
  mkdirSync(path.join(dir, 'slot2'))
  assert.deepEqual(await (await openShelf(nodeDisk, `chg-disk:${dir}`, undefined)).find('C'), { failure: 'File 0 not found' })
  symlinkSync('slot10', path.join(dir, 'data'))
  const current = await shelf.current()
  assert.equal('label' in current ? current.label : '', 'B')
})

test('devices that are not directories are refused in words that help', async (t) => {
  const dir = place(t)
  await assert.rejects(openShelf(nodeDisk, 'chg-disk:/nonexist', undefined), /directory '\/nonexist' does not exist/)
  await assert.rejects(openShelf(nodeDisk, 'nosuch:/x', undefined), /Device type "nosuch" is not known/)
  await assert.rejects(openShelf(nodeDisk, 'tape:/dev/nst0', undefined), /volumes in directories only/)
  assert.deepEqual(await (await openShelf(nodeDisk, `file:${dir}/none`, undefined)).current(), { failure: `Error checking directory ${dir}/none/: No such file or directory` })
})

test('the operator is asked until the volume is there, or he goes', async (t) => {
  const dir = place(t)
  mkdirSync(path.join(dir, 'slot1'))
  const shelf = await openShelf(nodeDisk, `chg-disk:${dir}`, undefined)
  const said: string[] = []
  let asked = 0
  const load = volumeLoader(shelf, {
    err: (text) => void said.push(text),
    readLine: () => {
      if (++asked === 2) volume(path.join(dir, 'slot1'), 'A')
      return Promise.resolve('')
    },
  })
  assert.ok(await load('A'))
  assert.deepEqual([asked, said.length, said[0]], [2, 2, `File 0 not found\n\nInsert volume labeled 'A' in chg-disk:${dir}\nand press enter, or ^D to abort.\n`])
  await assert.rejects(volumeLoader(shelf, { err: () => undefined, readLine: () => Promise.resolve(undefined) })('B'), /Aborted by user/)
  await assert.rejects(volumeLoader(shelf, undefined)('B'), /Source Volume 'B' not found/)
})

test('a link in the place of a restored file is not followed', async (t) => {
  const dir = place(t)
  const victim = path.join(dir, 'victim')
  writeFileSync(victim, 'kept')
  symlinkSync(victim, path.join(dir, 'h._d.1.0'))
  assert.throws(() => restoredFile(path.join(dir, 'h._d.1.0')), /no plain file/)
  assert.equal(readFileSync(victim, 'utf8'), 'kept')
  const sink = restoredFile(path.join(dir, 'fresh'))
  await sink.write(Buffer.from('data'))
  await sink.end()
  assert.equal(readFileSync(path.join(dir, 'fresh'), 'utf8'), 'data')
})
