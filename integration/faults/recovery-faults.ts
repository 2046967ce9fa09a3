// Restoring: what amrecover, amfetchdump and amcheckdump say when something that they need is not there or damaged.

import { readdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { dumpOnce, pasteProgram } from '../lab/broken-run.ts'
import { waitUntil } from '../lab/commands.ts'
import { mountSmall } from '../lab/broken-disks.ts'
import type { FaultContext, FaultScenario } from '../lab/fault-scenario.ts'

const SLOT = 'lib/lab/vtapes/slot1'
const INDEX = 'lib/lab/index/amclient/_srv_many'
const RECOVER_MS_MAX = 60_000
/** Inside the data of the dump: after the header of its part. */
const DAMAGED_BYTE = 100_000

function partOf({ stock }: FaultContext): string {
  const dir = stock.at('server', SLOT)
  return path.join(dir, readdirSync(dir).find((name) => name.startsWith('00001.')) ?? '')
}

/** A byte of the part on the volume changes as `change` says. */
function damage(context: FaultContext, change: (part: Buffer) => void): void {
  const part = partOf(context)
  const bytes = readFileSync(part)
  change(bytes)
  writeFileSync(part, bytes)
}

/** What an operator does to get the disk back into a file, and to see whether he could. */
async function fetch(context: FaultContext): Promise<void> {
  await pasteProgram(context, 'amcheckdump.txt', ['amcheckdump', 'lab'])
  await pasteProgram(context, 'amfetchdump.txt', ['sh', '-c', 'amfetchdump -a -p lab amclient /srv/many > /dev/null'])
}

/** A dump that is well, then `breakIt`, then fetching it. */
function afterGoodDump(name: string, how: string, failures: readonly string[], breakIt: (context: FaultContext) => void | Promise<void>, thenDo: (context: FaultContext) => Promise<void> = fetch, setUp: FaultScenario['setUp'] = {}): FaultScenario {
  return {
    name,
    how,
    failures,
    setUp,
    run: async (context) => {
      await dumpOnce(context)
      await breakIt(context)
      await thenDo(context)
    },
  }
}

/** amrecover of the client against the server, typing `lines`. */
async function recover(context: FaultContext, lines: readonly string[]): Promise<void> {
  const { stock, paste } = context
  const hosts = stock.at('server', 'amandahosts')
  const before = readFileSync(hosts, 'utf8')
  writeFileSync(hosts, `${before}amclient root amindexd amidxtaped\n`)
  writeFileSync(stock.at('server', 'xinetd.conf'), readFileSync(stock.at('client', 'xinetd.conf'), 'utf8').replace(/server_args = .*/, 'server_args = -auth=bsdtcp amindexd amidxtaped'))
  try {
    await using server = stock.startServer()
    await waitUntil('the server answers', 10_000, async () => server.isRunning && (await context.lab.tryRun('client', ['bash', '-c', 'exec 3<>/dev/tcp/amserver.invalid/1 || exec 3<>/dev/tcp/10.77.1.10/10080'])).status === 0)
    const { stdout, stderr } = await stock.onClientAsRoot(['amrecover', 'lab', '-s', 'amserver', '-t', 'amserver', '-o', 'auth=bsdtcp'], RECOVER_MS_MAX, [...lines, 'quit', ''].join('\n'))
    paste('amrecover.txt', stdout + stderr)
  } finally {
    writeFileSync(hosts, before)
  }
}

const CHOOSE = ['sethost amclient', 'setdisk /srv/many']
const nothing = (): void => undefined

export const RECOVERY_FAULTS: readonly FaultScenario[] = [
  afterGoodDump('recover-disk-without-index', 'the dumptype has no index', ['index-missing'], nothing, (context) => recover(context, [...CHOOSE, 'ls']), { dumptype: 'index no' }),
  afterGoodDump('recover-index-removed', 'the index file of the only dump was removed', ['index-missing'], ({ stock }) => rmSync(stock.at('server', INDEX), { recursive: true }), (context) => recover(context, [...CHOOSE, 'ls'])),
  afterGoodDump(
    'recover-index-damaged',
    'the index file of the only dump is damaged',
    ['index-damaged'],
    ({ stock }) => {
      const dir = stock.at('server', INDEX)
      for (const name of readdirSync(dir).filter((one) => one.endsWith('.gz'))) writeFileSync(path.join(dir, name), 'no index\n')
    },
    (context) => recover(context, [...CHOOSE, 'ls']),
  ),
  { ...afterGoodDump('recover-host-unknown', 'amrecover was told a host that is not in the disklist', [], nothing, (context) => recover(context, ['sethost elsewhere', 'listdisk'])), notices: ['recovery-host-unknown'] },
  { ...afterGoodDump('recover-disk-unknown', 'amrecover was told a disk that is not in the disklist', [], nothing, (context) => recover(context, ['sethost amclient', 'setdisk /srv/other', 'ls'])), notices: ['recovery-host-unknown'] },
  afterGoodDump('recover-date-too-early', 'amrecover was told a date before the first dump', ['recovery-no-dump'], nothing, (context) => recover(context, ['setdate 2001-01-01', ...CHOOSE, 'ls'])),
  afterGoodDump('fetch-no-such-dump', 'amfetchdump was told a disk of which there is no dump', ['recovery-no-dump'], nothing, (context) => pasteProgram(context, 'amfetchdump.txt', ['amfetchdump', '-a', '-p', 'lab', 'amclient', '/srv/other'])),
  afterGoodDump('fetch-volume-away', 'the volume of the dump is not in the changer', ['recovery-volume-missing'], ({ stock }) => {
    const slot = stock.at('server', SLOT)
    for (const name of readdirSync(slot)) rmSync(path.join(slot, name))
  }),
  afterGoodDump('fetch-volume-overwritten', 'the volume with the label of the dump has another dump on it', ['recovery-header-mismatch'], (context) => damage(context, (part) => void part.write('20010101010203', part.indexOf('SPLIT_FILE ') + 'SPLIT_FILE '.length))),
  afterGoodDump('fetch-part-missing', 'the file of the only part is not on the volume any more', ['recovery-header-mismatch'], (context) => renameSync(partOf(context), context.stock.at('server', 'lib/lab/away'))),
  afterGoodDump('fetch-byte-changed', 'a byte of the dump on the volume is another one', ['recovery-crc-mismatch'], (context) => damage(context, (part) => void (part[DAMAGED_BYTE] = (part[DAMAGED_BYTE] ?? 0) ^ 1))),
  afterGoodDump('fetch-volume-truncated', 'the end of the dump is not on the volume', ['recovery-dump-truncated'], (context) => truncateSync(partOf(context), DAMAGED_BYTE)),
  afterGoodDump('fetch-read-error', 'the disk of the volume cannot be read', ['volume-read-error'], (context) => {
    const part = partOf(context)
    rmSync(part)
    // Every read of an address that no process has is an input/output error.
    symlinkSync('/proc/self/mem', part)
  }),
  afterGoodDump('fetch-target-not-writable', 'the directory that the dump is fetched into belongs to another user', ['recovery-target-not-writable'], nothing, (context) => pasteProgram(context, 'amfetchdump.txt', ['sh', '-c', 'amfetchdump -a -d /usr lab amclient /srv/many; cd /usr && amfetchdump -a lab amclient /srv/many'])),
  {
    name: 'fetch-target-full',
    how: 'the directory that the dump is fetched into has no room for it',
    failures: ['recovery-target-not-writable'],
    run: async (context) => {
      await dumpOnce(context)
      const undo = await mountSmall(context, 'tmp', '200k')
      await pasteProgram(context, 'amfetchdump.txt', ['sh', '-c', 'mkdir -p /tmp/amanda/to; cd /tmp/amanda/to && amfetchdump -a lab amclient /srv/many'])
      await undo()
    },
  },
  afterGoodDump('recover-not-root', 'amrecover was not started by root', ['program-run-by-wrong-user'], nothing, (context) => pasteProgram(context, 'amrecover.txt', ['amrecover', 'lab'])),
]
