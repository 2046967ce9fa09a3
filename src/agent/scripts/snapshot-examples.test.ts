// The examples in docs/examples/snapshots with programs that stand in for those of LVM and ZFS: no machine has all of them. The one for
// btrfs meets a real file system in integration/cases/scripts.ts.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'

const EXAMPLES = path.resolve(import.meta.dirname, '../../../docs/examples/snapshots')
let dir = ''
let disk = ''
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'holdfast-snapshots-'))
  disk = path.join(dir, 'a disk')
  for (const name of ['bin', 'state', 'a disk/in side']) mkdirSync(path.join(dir, name), { recursive: true })
  writeFileSync(path.join(disk, 'in side', 'file'), 'before')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** A program that notes its arguments and does `body`. */
function fake(name: string, body: string): void {
  writeFileSync(path.join(dir, 'bin', name), `#!/bin/sh\nprintf '%s\\n' "${name} $*" >> '${dir}/trace'\nstate='${dir}/state'; top='${disk}'\n${body}\n`, { mode: 0o755 })
}

interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

function run(example: string, command: string, ...more: readonly string[]): Ran {
  const argv = [command, '--config', 'daily', '--host', 'client', '--disk', '/data', '--device', `${disk}/in side`, '--level', '0', '--unknown', 'x', ...more]
  const { status, stdout, stderr } = spawnSync(path.join(EXAMPLES, example), argv, { env: { PATH: `${dir}/bin:/usr/bin:/bin` }, encoding: 'utf8' })
  return { status, stdout, stderr }
}

function viewOf({ status, stdout, stderr }: Ran): string {
  assert.deepEqual([status, stderr], [0, ''])
  const match = /^PROPERTY directory (.*)\nPROPERTY check-device no\n$/.exec(stdout)
  assert.ok(match !== null, stdout)
  return match[1] ?? ''
}

function left(): string[] {
  return readdirSync(path.join(dir, 'state'))
}

function zfs(): void {
  fake('findmnt', 'printf "%s\\n" "$top"')
  fake('zfs', `case "$1" in
list) case "$*" in *"-t snapshot"*) for last; do :; done; [ -e "$state/\${last#*@}" ] ;; *) echo 'pool/a set' ;; esac ;;
snapshot) shift 2; [ "\${1%@*}" = 'pool/a set' ] || exit 9; name=\${1#*@}; [ ! -e "$state/fails" ] || { echo 'out of space' >&2; exit 1; }
  [ ! -e "$state/$name" ] || { echo 'dataset already exists' >&2; exit 1; }
  touch "$state/$name"; mkdir -p "$top/.zfs/snapshot/$name"; cp -a "$top/in side" "$top/.zfs/snapshot/$name/" ;;
destroy) shift 2; name=\${1#*@}; [ ! -e "$state/busy" ] || { rm "$state/busy"; echo 'dataset is busy' >&2; exit 1; }
  rm -r "$state/$name" "$top/.zfs/snapshot/$name" ;;
esac`)
}

test('ZFS: a snapshot is read and then destroyed, also one that a crash left and one that is busy', () => {
  zfs()
  assert.match(run('snapshot-zfs', 'support').stdout, /^CONFIG YES$/m)
  assert.deepEqual(run('snapshot-zfs', 'PRE-DLE-AMCHECK'), { status: 0, stdout: '', stderr: '' })
  viewOf(run('snapshot-zfs', 'PRE-DLE-BACKUP'))
  writeFileSync(path.join(disk, 'in side', 'file'), 'after')
  const view = viewOf(run('snapshot-zfs', 'PRE-DLE-BACKUP'))
  assert.equal(readFileSync(path.join(view, 'file'), 'utf8'), 'after', 'what was left is not taken for the new one')
  assert.equal(left().length, 1)
  writeFileSync(path.join(dir, 'state', 'busy'), '')
  assert.deepEqual(run('snapshot-zfs', 'POST-DLE-BACKUP'), { status: 0, stdout: '', stderr: '' })
  assert.deepEqual(left(), [])
  assert.deepEqual(run('snapshot-zfs', 'POST-DLE-BACKUP'), { status: 0, stdout: '', stderr: '' }, 'nothing to remove is no error')
})

test('ZFS: what cannot be done is said on stderr in one line, and leaves nothing', () => {
  zfs()
  writeFileSync(path.join(dir, 'state', 'fails'), '')
  assert.deepEqual(run('snapshot-zfs', 'PRE-DLE-ESTIMATE'), { status: 1, stdout: '', stderr: 'out of space\n' })
  rmSync(path.join(dir, 'state', 'fails'))
  assert.match(run('snapshot-zfs', 'PRE-DLE-BACKUP', '--device', '/nowhere').stderr, /^there is no directory \/nowhere\n$/)
  fake('zfs', 'case "$1" in list) case "$*" in *"-t snapshot"*) [ -e "$state/one" ];; *) echo pool;; esac;; snapshot) touch "$state/one";; destroy) rm "$state/one";; esac')
  assert.match(run('snapshot-zfs', 'PRE-DLE-BACKUP').stderr, /^the snapshot has no directory /)
  assert.deepEqual(left(), [], 'a snapshot that cannot be read does not stay')
})

function lvm(): void {
  fake('findmnt', `case "$*" in *SOURCE*) echo /dev/mapper/vg-data;; *FSTYPE*) echo ext4;; *FSROOT*) echo /;; *) printf '%s\\n' "$top";; esac`)
  fake('mountpoint', '[ -e "$state/mounted" ]')
  fake('lvs', `for last; do :; done; case "$last" in
/dev/mapper/vg-data) case "$*" in *vg_name*) echo '  vg';; *lv_name*) echo '  data';; *segtype*) cat "$state/../segtype" 2>/dev/null || echo '  linear';; esac ;;
*) [ -e "$state/snapshot" ] || exit 5; case "$*" in *lv_attr*) cat "$state/../attr" 2>/dev/null || echo '  swi-aos---' ;; *) echo "  \${last#*/}" ;; esac ;;
esac`)
  fake('lvcreate', '[ ! -e "$state/snapshot" ] || { echo exists >&2; exit 5; }; touch "$state/snapshot"')
  fake('mount', 'for last; do :; done; [ ! -e "$state/../nomount" ] || { echo "wrong fs type" >&2; exit 32; }; touch "$state/mounted"; mkdir -p "$last/in side"')
  fake('umount', 'for last; do :; done; rm -r "$state/mounted" "$last/in side"')
  fake('lvremove', '[ ! -e "$state/mounted" ] || { echo in use >&2; exit 5; }; rm "$state/snapshot"')
}

test('LVM: a snapshot is mounted read-only, and unmounted and removed after; a thin one gets no size', () => {
  lvm()
  const mounts = ['--mount-dir', path.join(dir, 'mounts')]
  assert.deepEqual(run('snapshot-lvm', 'PRE-DLE-AMCHECK', ...mounts), { status: 0, stdout: '', stderr: '' })
  for (let count = 0; count < 2; count++) assert.ok(viewOf(run('snapshot-lvm', 'PRE-DLE-BACKUP', ...mounts, '--size', '5%')).endsWith('/in side'))
  assert.deepEqual(run('snapshot-lvm', 'POST-DLE-BACKUP', ...mounts), { status: 0, stdout: '', stderr: '' })
  assert.deepEqual([left(), readdirSync(path.join(dir, 'mounts'))], [[], []])
  const said = readFileSync(path.join(dir, 'trace'), 'utf8')
  assert.match(said, /^lvcreate --yes --quiet --snapshot --permission r --name holdfast-\d+ --extents 5%ORIGIN -- vg\/data$/m)
  assert.match(said, /^mount -t ext4 -o ro,noload -- \/dev\/vg\/holdfast-\d+ \S+\/mounts\/holdfast-\d+$/m)
  writeFileSync(path.join(dir, 'segtype'), '  thin\n')
  viewOf(run('snapshot-lvm', 'PRE-DLE-BACKUP', ...mounts, '--size', '1G'))
  assert.match(readFileSync(path.join(dir, 'trace'), 'utf8'), /^lvcreate .* --setactivationskip n -- vg\/data$/m)
})

test('LVM: a snapshot that ran out of room makes the dump a failed one; one that cannot be mounted does not stay', () => {
  lvm()
  const mounts = ['--mount-dir', path.join(dir, 'mounts')]
  viewOf(run('snapshot-lvm', 'PRE-DLE-BACKUP', ...mounts))
  writeFileSync(path.join(dir, 'attr'), '  swi-Ios---\n')
  assert.deepEqual(run('snapshot-lvm', 'POST-DLE-BACKUP', ...mounts), { status: 1, stdout: '', stderr: 'the snapshot of vg/data ran out of room while the dump was made: raise the property size\n' })
  assert.deepEqual(left(), [])
  rmSync(path.join(dir, 'attr'))
  writeFileSync(path.join(dir, 'nomount'), '')
  assert.deepEqual(run('snapshot-lvm', 'PRE-DLE-ESTIMATE', ...mounts), { status: 1, stdout: '', stderr: 'wrong fs type\n' })
  assert.deepEqual(left(), [])
})

test('btrfs: a disk on another file system is told', () => {
  fake('btrfs', 'exit 1')
  const argv = ['PRE-DLE-AMCHECK', '--disk', '/dev']
  const { status, stderr } = spawnSync(path.join(EXAMPLES, 'snapshot-btrfs'), argv, { env: { PATH: `${dir}/bin:/usr/bin:/bin` }, encoding: 'utf8' })
  assert.deepEqual([status, stderr], [1, '/dev is not on btrfs\n'])
})
