// The server's own files, programs and configuration.

import { dumpInterrupted, dumpOnce, dumpWithoutDumper, dumpWithoutLock, hasFile, killOnServer, pasteAsRoot, pasteProgram } from '../lab/broken-run.ts'
import type { FaultContext, FaultScenario } from '../lab/fault-scenario.ts'
import { closeDirectory, slowClient, SLOW } from '../lab/broken-disks.ts'
import { writeOwned } from '../lab/server-state.ts'

const INFO = 'lib/lab/curinfo/amclient/_srv_many'
const isDumping = (context: FaultContext): boolean => hasFile(context, 'holding', /\.tmp$/)

async function check(context: FaultContext): Promise<void> {
  await pasteProgram(context, 'amcheck.txt', ['amcheck', '-s', 'lab'])
}

async function dumpAndCheck(context: FaultContext): Promise<void> {
  await dumpOnce(context)
  await check(context)
}

/** A program of the server is killed while it dumps slowly. */
function killed(program: string, failures: readonly string[]): FaultScenario {
  return {
    name: `${program}-killed`,
    how: `the ${program} was killed in the middle of a dump`,
    failures,
    setUp: { dumptype: SLOW },
    breakIt: slowClient,
    run: async (context) => {
      await dumpInterrupted(context, 'the dump is on the holding disk', () => isDumping(context), () => killOnServer(context, program))
      await pasteProgram(context, 'amreport.txt', ['amreport', 'lab'])
    },
  }
}

function configMistake(name: string, how: string, definitions: string): FaultScenario {
  return { name: `config-${name}`, how, failures: ['config-wrong'], setUp: { definitions }, run: async (context) => { await context.amdump(); await check(context); await pasteProgram(context, 'amgetconf.txt', ['amgetconf', 'lab', 'org']) } }
}

function disklistMistake(name: string, how: string, disklist: string): FaultScenario {
  return { name: `disklist-${name}`, how, failures: ['disklist-wrong'], setUp: { disklist }, run: dumpAndCheck }
}

export const SERVER_FAULTS: readonly FaultScenario[] = [
  { name: 'tapelist-not-writable', how: 'the directory of the tapelist belongs to another user', failures: ['lock-file-not-writable'], breakIt: async (context) => closeDirectory(context, 'etc/lab'), run: dumpWithoutLock },
  {
    name: 'tapelist-damaged',
    how: 'the tapelist has a line that is none',
    failures: ['tapelist-damaged'],
    run: async (context) => {
      writeOwned(context.stock, 'etc/lab/tapelist', '20261120010203 LAB01 reuse BLOCKSIZE:32\nLAB02 was here\n')
      await dumpAndCheck(context)
    },
  },
  {
    name: 'curinfo-not-writable',
    how: 'the history of a disk belongs to another user',
    failures: ['history-not-writable'],
    run: async (context) => {
      writeOwned(context.stock, `${INFO}/.keep`, '')
      const undo = closeDirectory(context, INFO)
      await dumpAndCheck(context)
      await undo()
    },
  },
  { name: 'logdir-missing', how: 'the directory of the logs does not exist', failures: ['log-directory-not-usable'], setUp: { definitions: 'logdir "/var/lib/amanda/lab/nowhere/log"\n' }, run: async (context) => { const out = await context.stock.onServer(['amdump', 'lab'], 60_000); context.paste('amdump.txt', out.stdout + out.stderr); await check(context) } },
  { name: 'logdir-not-writable', how: 'the directory of the logs belongs to another user', failures: ['log-directory-not-usable'], run: async (context) => { const undo = closeDirectory(context, 'lib/lab/log'); const out = await context.stock.onServer(['amdump', 'lab'], 60_000); context.paste('amdump.txt', out.stdout + out.stderr); await check(context); await undo() } },
  {
    name: 'index-not-writable',
    how: 'the directory of the indexes belongs to another user',
    failures: ['index-not-writable'],
    run: async (context) => {
      writeOwned(context.stock, 'lib/lab/index/amclient/_srv_many/.keep', '')
      const undo = closeDirectory(context, 'lib/lab/index/amclient/_srv_many')
      await dumpAndCheck(context)
      await undo()
    },
  },
  {
    name: 'dumper-killed',
    how: 'the dumper was killed in the middle of a dump',
    failures: ['server-program-died'],
    setUp: { dumptype: SLOW },
    breakIt: slowClient,
    run: async (context) => {
      await dumpWithoutDumper(context, () => isDumping(context))
      await pasteProgram(context, 'amreport.txt', ['amreport', 'lab'])
    },
  },
  killed('chunker', ['server-program-died']),
  killed('driver', ['run-not-finished']),
  {
    name: 'taper-killed',
    how: 'the taper was killed in the middle of a run',
    failures: ['server-program-died'],
    setUp: { dumptype: SLOW },
    breakIt: slowClient,
    run: (context) => dumpInterrupted(context, 'the dump is on the holding disk', () => isDumping(context), () => killOnServer(context, 'taper')),
  },
  configMistake('keyword-unknown', 'amanda.conf has a word that Amanda does not know', 'holdingdisc hd2 {\n}\n'),
  configMistake('value-wrong', 'a number of amanda.conf is none', 'dumpcycle weekly\n'),
  configMistake('dumptype-undefined', 'a dumptype includes one that is not defined', 'define dumptype other {\n    plane\n    compress none\n}\n'),
  configMistake('tapetype-undefined', 'amanda.conf names a tapetype that is not defined', 'tapetype LTO9\n'),
  configMistake('include-missing', 'a file that amanda.conf includes is not there', 'includefile "site.conf"\n'),
  { name: 'config-missing', how: 'there is no configuration of this name', failures: ['config-wrong'], run: async (context) => { for (const argv of [['amdump', 'daily'], ['amcheck', 'daily']]) await pasteProgram(context, `${argv[0]}.txt`, argv) } },
  disklistMistake('dumptype-unknown', 'the disklist names a dumptype that is not defined', 'amclient /srv/many plane\n'),
  disklistMistake('duplicate', 'the disklist has a disk twice', 'amclient /srv/many plain\namclient /srv/many plain\n'),
  disklistMistake('incomplete', 'a line of the disklist ends early', 'amclient\n'),
  disklistMistake('empty', 'the disklist has no disk', '# none yet\n'),
  { name: 'run-by-wrong-user', how: 'amdump and amcheck were started by root', failures: ['program-run-by-wrong-user'], run: async (context) => { for (const program of ['amdump', 'amcheck', 'amflush']) await pasteAsRoot(context, `${program}.txt`, [program, 'lab']) } },
  { name: 'dumpuser-unknown', how: 'dumpuser of amanda.conf names a user that does not exist', failures: ['program-run-by-wrong-user'], setUp: { definitions: 'dumpuser "amandabackup"\n' }, run: async (context) => { await pasteProgram(context, 'amdump.txt', ['amdump', 'lab']); await check(context) } },
  {
    name: 'programs-not-suid',
    how: 'a program that must be set-uid root is not, as after a copy of the installation',
    failures: ['program-not-setuid'],
    run: async (context) => {
      await using _client = context.stock.startClient()
      const plain = 'cp /usr/lib/amanda/ambind /usr/lib/amanda/planner /tmp/amanda/ && chmod 755 /tmp/amanda/ambind && mount --bind /tmp/amanda/ambind /usr/lib/amanda/ambind && exec setpriv --reuid=backup --regid=backup --init-groups "$@"'
      await context.stock.onServerAsRoot(['sh', '-c', plain, 'sh', 'amdump', 'lab'], 60_000)
      await pasteAsRoot(context, 'amcheck.txt', ['sh', '-c', plain, 'sh', 'amcheck', 'lab'])
    },
  },
  { name: 'mailer-missing', how: 'the program that sends mail is not installed', failures: [], warnings: ['mailer-missing'], setUp: { definitions: 'mailto "operator"\nmailer "/usr/bin/mailx-is-away"\nsend-amreport-on all\n' }, run: async (context) => { await dumpOnce(context); await pasteProgram(context, 'amreport.txt', ['amreport', 'lab', '--from-amdump']); await pasteProgram(context, 'amcheck.txt', ['amcheck', '-t', '-m', 'lab']) } },
  {
    name: 'shared-memory-full',
    how: '/dev/shm of the server has no room for the memory that dumper and chunker share',
    failures: ['shared-memory-full'],
    run: async (context) => {
      await using _client = context.stock.startClient()
      await context.stock.onServerAsRoot(['sh', '-c', 'mount -t tmpfs -o size=64k,mode=1777 tmpfs /dev/shm && exec setpriv --reuid=backup --regid=backup --init-groups "$@"', 'sh', 'amdump', 'lab'], 100_000)
    },
  },
  {
    name: 'shared-memory-missing',
    how: '/dev/shm of the server may not be written',
    failures: ['server-program-died'],
    run: async (context) => {
      await using _client = context.stock.startClient()
      await context.stock.onServerAsRoot(['sh', '-c', 'mount -t tmpfs -o ro tmpfs /dev/shm && exec setpriv --reuid=backup --regid=backup --init-groups "$@"', 'sh', 'amdump', 'lab'], 100_000)
    },
  },
]
