// Compression and encryption with the real programs (zstd, gzip, openssl, gpg, age), on the client and on the server, and dumps of a
// command's output: each is dumped, verified, restored and compared. A command that fails must make its dump fail.

import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { compareTrees } from '../../testkit/tree-compare.ts'
import { makeHardCases } from '../../testkit/tree.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { command, runCommand } from '../lab/commands.ts'
import { freePort, HoldfastLab } from '../lab/holdfast.ts'

const HOST = 'client'
/** Text that the tree holds and that must not be readable in an encrypted volume. */
const SECRET = 'the treasure lies under the old oak '

interface Disk {
  readonly name: string
  readonly yaml: string
  readonly isEncrypted: boolean
}

function writeProgram(file: string, text: string): string {
  writeFileSync(file, text)
  chmodSync(file, 0o755)
  return file
}

/** The three usual ways to encrypt a stream with a program: encrypts stdin, decrypts with `-d`. */
async function encryptors(dir: string): Promise<Readonly<Record<string, string>>> {
  const passFile = path.join(dir, 'passphrase')
  writeFileSync(passFile, 'correct horse battery staple\n', { mode: 0o600 })
  const identity = path.join(dir, 'age.key')
  await command(['age-keygen', '-o', identity])
  const recipient = /public key: (\S+)/.exec(readFileSync(identity, 'utf8'))?.[1] ?? ''
  const gpgHome = path.join(dir, 'gnupg')
  mkdirSync(gpgHome, { mode: 0o700 })
  return {
    openssl: writeProgram(path.join(dir, 'crypt-openssl'), `#!/bin/sh\nexec openssl enc -aes-256-ctr -pbkdf2 -pass file:${passFile} "$@"\n`),
    gpg: writeProgram(path.join(dir, 'crypt-gpg'), `#!/bin/sh\nif [ "$1" = -d ]; then set -- --decrypt; else set -- --symmetric; fi\nexec gpg --homedir ${gpgHome} --batch --quiet --no-tty --pinentry-mode loopback --passphrase-file ${passFile} "$@"\n`),
    age: writeProgram(path.join(dir, 'crypt-age'), `#!/bin/sh\nif [ "$1" = -d ]; then exec age --decrypt -i ${identity}; fi\nexec age --encrypt -r ${recipient}\n`),
  }
}

function disksOf(programs: Readonly<Record<string, string>>, tree: string): Disk[] {
  const disk = (name: string, settings: string, isEncrypted = false): Disk => ({ name, isEncrypted, yaml: `    - disk: ${name}\n      device: ${tree}\n      exclude: []\n${settings}` })
  const compress = (kind: string, where: string): string => `      compress:\n        kind: ${kind}\n        where: ${where}\n`
  const encrypt = (program: string | undefined, where: string): string => `      encrypt:\n        program: ${program}\n        where: ${where}\n`
  return [
    disk('plain', '      compress: none\n'),
    ...['zstd', 'gzip'].flatMap((kind) => ['client', 'server'].map((where) => disk(`${kind}-${where}`, compress(kind, where)))),
    disk('custom-client', `      compress:\n        kind: custom\n        where: client\n        program: /usr/bin/xz\n`),
    disk('openssl-client', encrypt(programs['openssl'], 'client'), true),
    disk('gpg-server', encrypt(programs['gpg'], 'server'), true),
    disk('zstd-age-client', compress('zstd', 'client') + encrypt(programs['age'], 'client'), true),
    disk('gzip-client-openssl-server', compress('gzip', 'client') + encrypt(programs['openssl'], 'server'), true),
  ]
}

function commandDisk(name: string, words: readonly string[]): string {
  return `    - disk: ${name}\n      application: command\n      properties:\n        command: ${JSON.stringify(words)}\n`
}

/** Which disks' parts on the volumes show the secret as it is. */
function readableDisks(volumes: string): string[] {
  return readdirSync(volumes, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^0*[1-9]\d*\./.test(entry.name) && readFileSync(path.join(entry.parentPath, entry.name)).subarray(32_768).includes(SECRET))
    .map((entry) => entry.name.split('.')[2] ?? '')
}

async function run({ dir, note }: CaseContext): Promise<string> {
  const tree = path.join(dir, 'tree')
  makeHardCases(tree)
  writeFileSync(path.join(tree, 'secret.txt'), SECRET.repeat(2000))
  const programs = await encryptors(dir)
  const disks = disksOf(programs, tree)
  const dump = writeProgram(path.join(dir, 'print-database'), `#!/bin/sh\necho "-- a dump of $1"\nseq 1 50000\n`)
  const broken = writeProgram(path.join(dir, 'broken-database'), '#!/bin/sh\necho "-- the beginning"\necho "connection to the database lost" >&2\nexit 3\n')
  await using lab = new HoldfastLab({
    dir: path.join(dir, 'holdfast'),
    port: await freePort(),
    serverYaml: `hosts:\n  ${HOST}:\n${disks.map((disk) => disk.yaml).join('')}${commandDisk('database', [dump, 'sales'])}${commandDisk('broken', [broken])}`,
    agentYaml: `commands:\n  - ${dump}\n  - ${broken}\nfilters:\n${['/usr/bin/xz', ...Object.values(programs)].map((program) => `  - ${program}\n`).join('')}`,
  })
  await lab.startServer()
  await lab.enrol(HOST)
  await lab.startAgent(HOST)
  const result = await lab.run('server', ['dump'])
  // 4: a dump failed. The broken command must be the only one.
  if (result.status !== 4) throw new Error(`dump ended with ${result.status}, not 4: ${result.stderr.slice(-3000)}`)
  const report = await lab.run('server', ['report'])
  if (!/broken/.test(report.stdout) || !/connection to the database lost|status 3/.test(report.stdout)) throw new Error(`the report does not say why the command failed: ${report.stdout.slice(0, 3000)}`)
  await lab.must('server', ['verify'])
  note(`${disks.length} trees and a command dumped and verified; the broken command failed as it must`)

  for (const { name } of disks) {
    const restored = path.join(dir, 'restored', name)
    mkdirSync(path.dirname(restored), { recursive: true })
    await lab.must('server', ['restore', HOST, name, '--to', restored])
    const { differences } = compareTrees(tree, restored)
    if (differences.length > 0) throw new Error(`${name}: the restore differs: ${differences.slice(0, 5).join('; ')}`)
  }
  const database = path.join(dir, 'restored', 'database')
  await lab.must('server', ['restore', HOST, 'database', '--to', database])
  const expected = (await runCommand([dump, 'sales'])).stdout
  if (readFileSync(database, 'utf8') !== expected) throw new Error('the restored output of the command differs')

  const readable = readableDisks(path.join(dir, 'holdfast', 'volumes'))
  const leaks = disks.filter((disk) => disk.isEncrypted && readable.includes(disk.name))
  if (leaks.length > 0) throw new Error(`readable on the volume: ${leaks.map((disk) => disk.name).join(', ')}`)
  if (!readable.includes('plain')) throw new Error('the plain dump does not show the text that was looked for')
  return `${disks.length} combinations of zstd, gzip, xz, openssl, gpg and age on client and server restored alike; encrypted ones are not readable; a command's output restored, a failing command's dump failed`
}

export const integrationCase: IntegrationCase = {
  name: 'filters',
  summary: 'Compression and encryption by real programs on both sides, and dumps of commands',
  needs: ['tar', 'zstd', 'gzip', 'xz', 'openssl', 'gpg', 'age', 'age-keygen'],
  timeoutMs: 300_000,
  run,
}
