// A tree with every hard case of an archiver: testkit/tree.ts's, and what only root and a real file system can make. What this machine cannot
// make is named in the result, so that a case says what it did not see.

import { chmodSync, chownSync, closeSync, ftruncateSync, linkSync, mkdirSync, openSync, readdirSync, symlinkSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { makeHardCases } from '../../testkit/tree.ts'
import { command, runCommand } from './commands.ts'
import { makeDeepTree } from './deep-tree.ts'

const KIB = 1024
const MIB = 1024 * KIB
const GIB = 1024 * MIB

export interface HardTree {
  readonly missing: readonly string[]
  /** Relative paths of sockets, which no archive holds. */
  readonly sockets: readonly string[]
  /** Relative paths of files with holes. */
  readonly sparse: readonly string[]
  /** Relative path of the tree whose paths are too long for most programs. */
  readonly deep: string
}

export interface HardTreeWishes {
  /** Names in one directory. */
  readonly manyEntries: number
  /** A file with more than 8 GiB, all of it holes but a little. */
  readonly hasHuge: boolean
}

class Maker {
  readonly missing: string[] = []
  readonly root: string
  constructor(root: string) {
    this.root = root
  }

  dir(name: string): string {
    const full = path.join(this.root, name)
    mkdirSync(full, { recursive: true })
    return full
  }

  file(name: string, content: string | Uint8Array = name): string {
    const full = path.join(this.root, name)
    mkdirSync(path.dirname(full), { recursive: true })
    writeFileSync(full, content)
    return full
  }

  /** Runs what may be impossible here. */
  async run(what: string, ...argv: [string, ...string[]]): Promise<void> {
    const { status } = await runCommand(argv).catch(() => ({ status: 127 }))
    if (status !== 0) this.missing.push(what)
  }
}

function makeLinks(tree: Maker): void {
  // The name that comes first in the archive is neither the first that was made nor at the same depth.
  tree.file('links/m/middle', 'one file, five names')
  for (const name of ['links/z/last', 'links/a/deeper/early', 'links/zero', 'links/m/again']) {
    mkdirSync(path.dirname(path.join(tree.root, name)), { recursive: true })
    linkSync(path.join(tree.root, 'links/m/middle'), path.join(tree.root, name))
  }
  const dir = tree.dir('symlinks')
  symlinkSync('t'.repeat(4095), `${dir}/target-of-4095`)
  symlinkSync('/etc/passwd', `${dir}/absolute`)
  symlinkSync('new\nline\ttab\\back', `${dir}/control`)
  symlinkSync(Buffer.from([0x66, 0xff, 0x2f, 0xfe]), `${dir}/bytes`)
  symlinkSync('.', `${dir}/self`)
  symlinkSync('first', `${dir}/has-two-names`)
  linkSync(`${dir}/has-two-names`, `${dir}/second-name-of-link`)
  linkSync(tree.file('links/bytes/x', 'names of bytes'), Buffer.concat([Buffer.from(`${tree.root}/links/bytes/`), Buffer.from([0xc3, 0x28, 0x0a, 0xff])]))
}

function makeSparse(tree: Maker, hasHuge: boolean): string[] {
  const made: string[] = []
  const sparse = (name: string, bytes: number, islands: readonly number[], islandBytes = 4 * KIB): void => {
    const file = openSync(tree.file(name, ''), 'w')
    ftruncateSync(file, bytes)
    for (const offset of islands) writeSync(file, Buffer.alloc(Math.min(islandBytes, bytes - offset), `at ${offset} `), 0, Math.min(islandBytes, bytes - offset), offset)
    closeSync(file)
    made.push(name)
  }
  sparse('sparse/leading-hole', 4 * MIB, [4 * MIB - 4 * KIB])
  sparse('sparse/trailing-hole', 4 * MIB, [0])
  sparse('sparse/odd-end', 3 * MIB + 17, [MIB, 3 * MIB])
  sparse('sparse/all-hole', 2 * MIB, [])
  sparse('sparse/small-hole', 12 * KIB, [0, 8 * KIB])
  sparse('sparse/fragments', 8 * MIB, Array.from({ length: 1000 }, (_none, index) => index * 8 * KIB))
  sparse(`sparse/${'long-name-'.repeat(20)}`, 2 * MIB, [MIB])
  linkSync(path.join(tree.root, 'sparse/odd-end'), path.join(tree.root, 'sparse/zz-odd-end-again'))
  if (hasHuge) sparse('sparse/over-8-GiB', 8 * GIB + 5 * MIB + 3, [0, 5 * GIB, 8 * GIB + MIB, 8 * GIB + 5 * MIB])
  return made
}

async function makeAttributes(tree: Maker): Promise<void> {
  const set = (file: string, name: string, value: string, what = `extended attribute ${name}`): Promise<void> => tree.run(what, 'setfattr', '-h', '-n', name, '-v', value, file)
  const plain = tree.file('xattrs/plain')
  await set(plain, 'user.colour', 'blue')
  await set(plain, 'user.bytes', `0x${Buffer.from([0, 10, 255, 0, 61, 37]).toString('hex')}`)
  await set(plain, 'user.empty', '')
  await set(plain, 'user.ümläut', 'a name that is not ASCII')
  await set(tree.file('xattrs/big'), 'user.big', 'v'.repeat(3500))
  await set(tree.file('xattrs/sign'), 'user.with=sign%and', 'the name has what separates name and value')
  const many = tree.file('xattrs/many')
  for (let index = 0; index < 20; index++) await set(many, `user.number-${index}`, String(index))
  await set(tree.dir('xattrs/directory'), 'user.of-directory', 'd')
  await set(tree.file('xattrs/trusted'), 'trusted.secret', 'root alone')
  symlinkSync('plain', path.join(tree.root, 'xattrs/link'))
  await set(path.join(tree.root, 'xattrs/link'), 'trusted.of-link', 'l')
  await tree.run('capability', 'setcap', 'cap_net_raw,cap_net_admin+ep', tree.file('xattrs/capable'))
  // The owner's change takes capabilities away: a restore must set them after it.
  const owned = tree.file('xattrs/capable-of-other')
  chownSync(owned, 1234, 4321)
  await tree.run('capability', 'setcap', 'cap_chown+ep', owned)
  const acl = (what: string, ...args: string[]): Promise<void> => tree.run(`ACL ${what}`, 'setfacl', ...args)
  await acl('access', '-m', 'u:1:r,g:2:rwx,u:123456:---', tree.file('acls/access'))
  await acl('mask', '-m', 'u:1:rwx,m::r', tree.file('acls/masked'))
  await acl('default', '-m', 'd:u:7:rwx,d:g:8:r-x,d:o::---', tree.dir('acls/default'))
  tree.file('acls/default/inherits')
  await acl('both', '-m', 'u:9:rx,d:u:9:rx', tree.dir('acls/both/inner'))
  chmodSync(path.join(tree.root, 'acls/both/inner'), 0o2775)
}

async function makeSpecial(tree: Maker): Promise<string[]> {
  const dir = tree.dir('special')
  await tree.run('character device', 'mknod', `${dir}/null`, 'c', '1', '3')
  await tree.run('block device', 'mknod', `${dir}/block`, 'b', '8', '300')
  await tree.run('device with large numbers', 'mknod', `${dir}/large`, 'c', '4000', '1048000')
  await tree.run('fifo', 'mkfifo', '-m', '640', `${dir}/fifo`)
  const made = readdirSync(dir)
  for (const name of ['fifo', 'null']) if (made.includes(name)) linkSync(`${dir}/${name}`, `${dir}/${name}-again`)
  await tree.run('socket', 'perl', '-MSocket', '-e', 'socket(S, PF_UNIX, SOCK_STREAM, 0) or die; bind(S, sockaddr_un($ARGV[0])) or die', `${dir}/socket`)
  return readdirSync(dir).includes('socket') ? ['special/socket'] : []
}

function makeNames(tree: Maker): void {
  const dir = tree.dir('names')
  const raw = (name: Buffer): Buffer => Buffer.concat([Buffer.from(`${dir}/`), name])
  // Around the fields of a ustar header: 100 bytes of name, 155 of prefix.
  for (const bytes of [97, 98, 99, 100, 101, 154, 155, 156, 254, 255]) tree.file(`names/${'n'.repeat(bytes)}`, String(bytes))
  for (const bytes of [90, 99, 100, 155, 255]) tree.file(`names/${'p'.repeat(bytes)}/${'q'.repeat(100)}`, 'deeper')
  for (const name of ['back\\slash', String.raw`\012 and \n`, 'tab\there', '-', '--help', ' ', '~', '#', '..a', '%20', 'a\rb', '"', "'"]) tree.file(`names/${name}`)
  for (const bytes of [[0x80], [0xff, 0x0a, 0x09], [0xed, 0xa0, 0x80], [0x01, 0x1b, 0x7f]]) {
    const name = raw(Buffer.from([0x62, ...bytes]))
    writeFileSync(name, 'bytes')
    const inner = raw(Buffer.from([0x64, ...bytes]))
    mkdirSync(inner)
    writeFileSync(Buffer.concat([inner, Buffer.from('/'), Buffer.from([0xfe])]), 'in a directory of bytes')
  }
}

/** Owners, modes and times; last, because times of directories must stay. */
async function makeNumbers(tree: Maker): Promise<void> {
  for (const [name, uid, gid] of [['large', 3_000_000, 4_000_000], ['at-limit', 2_097_151, 2_097_152], ['largest', 4_294_967_294, 4_294_967_294], ['nobody', 65_534, 65_534]] as const) chownSync(tree.file(`owners/${name}`), uid, gid)
  symlinkSync('large', path.join(tree.root, 'owners/link'))
  await command(['chown', '-h', '3000001:5', path.join(tree.root, 'owners/link')])
  for (const mode of [0, 0o1, 0o4711, 0o6755, 0o2640, 0o1666]) chmodSync(tree.file(`modes/file-${mode.toString(8)}`), mode)
  for (const mode of [0, 0o500, 0o1777, 0o2775, 0o4755, 0o7777]) {
    tree.file(`modes/dir-${mode.toString(8)}/inside`)
    chmodSync(path.join(tree.root, `modes/dir-${mode.toString(8)}`), mode)
  }
  tree.file('cache/CACHEDIR.TAG', 'Signature: 8a477f597d28d172789f06886806bc55\n# a cache\n')
  tree.file('cache/inner/thing')
  tree.file('no-cache/CACHEDIR.TAG', 'not the signature')
  for (const name of ['empty', 'empty/in/empty/in/empty']) tree.dir(`dirs/${name}`)
  const times: Readonly<Record<string, string>> = {
    'just-before-epoch': '1969-12-31 23:59:59.999999999', 'half-second-before': '1969-12-31 23:59:58.5', early: '1902-01-01 00:00:00.000000001', epoch: '1970-01-01 00:00:00',
    'end-of-32-bits': '2038-01-19 03:14:08.000000001', late: '2400-02-29 12:00:00.123456789', 'whole-second': '2020-02-02 02:02:02', 'trailing-zeros': '2020-02-02 02:02:02.100000000',
  }
  for (const [name, stamp] of Object.entries(times)) {
    tree.file(`times/${name}`)
    symlinkSync(name, path.join(tree.root, `times/link-${name}`))
    tree.dir(`times/dir-${name}`)
    for (const each of [name, `link-${name}`, `dir-${name}`]) await command(['touch', '-h', '-d', `${stamp} UTC`, path.join(tree.root, 'times', each)])
  }
}

/** Makes the whole tree below `root`, which must not be there. Needs root. */
export async function makeHardTree(root: string, wishes: HardTreeWishes): Promise<HardTree> {
  const tree = new Maker(root)
  const { missing } = makeHardCases(path.join(root, 'testkit'))
  tree.missing.push(...missing)
  makeLinks(tree)
  const sparse = makeSparse(tree, wishes.hasHuge)
  await makeAttributes(tree)
  const sockets = await makeSpecial(tree)
  makeNames(tree)
  makeDeepTree(path.join(root, 'deep'))
  tree.dir('many')
  for (let index = 0; index < wishes.manyEntries; index++) writeFileSync(path.join(root, 'many', `entry-${index}`), '')
  await makeNumbers(tree)
  chmodSync(root, 0o2751)
  await command(['touch', '-d', '1999-12-31 23:59:59.123456789 UTC', root])
  return { missing: tree.missing, sockets, sparse: ['testkit/sparse', ...sparse], deep: 'deep' }
}
