// Volumes and holding disks that cannot take what a run wants to write.

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { closeDirectory, mountSmall, slowClient, SLOW } from '../lab/broken-disks.ts'
import { dumpInterrupted, dumpOnce, dumpWithoutLock, hasFile, labelVolumes, pasteProgram } from '../lab/broken-run.ts'
import { command } from '../lab/commands.ts'
import type { FaultContext, FaultScenario } from '../lab/fault-scenario.ts'
import { writeOwned } from '../lab/server-state.ts'

const RUN_MS_MAX = 150_000
const VTAPES = 'lib/lab/vtapes'
const HOLDING = 'lib/lab/holding'

/** amdump under strace, which lets the writes of the taper to its part fail as a broken disk does. */
async function dumpWithBrokenWrites(context: FaultContext): Promise<void> {
  const part = '/var/lib/amanda/lab/vtapes/slot1/00001.amclient._srv_many.0'
  await using _client = context.stock.startClient()
  await context.stock.onServerAsRoot(['strace', '-u', 'backup', '-f', '-qq', '-o', '/dev/null', '-P', part, '-e', 'trace=write', '-e', 'inject=write:error=EIO:when=4+', 'amdump', 'lab'], RUN_MS_MAX)
}

async function dumpAndCheckVolumes(context: FaultContext): Promise<void> {
  await dumpOnce(context)
  await pasteProgram(context, 'amcheck.txt', ['amcheck', '-t', 'lab'])
}

const SHORT_VOLUME = 'define tapetype SHORT {\n    length 400 kbytes\n}\ntapetype SHORT\n'
const SMALL_VOLUME = 'device-property "MAX_VOLUME_USAGE" "400k"\ndevice-property "ENFORCE_MAX_VOLUME_USAGE" "true"\n'

export const VOLUME_FAULTS: readonly FaultScenario[] = [
  {
    name: 'volumes-of-another-label',
    how: 'the volumes in the changer have labels that labelstr does not match',
    failures: ['no-acceptable-volume'], warnings: ['volume-label-wrong'],
    setUp: { autolabel: '' },
    run: async (context) => {
      labelVolumes(context, ['DAILY-1', 'DAILY-2', 'DAILY-3'])
      await dumpOnce(context)
      await pasteProgram(context, 'amcheck.txt', ['amcheck', '-t', 'lab'])
    },
  },
  {
    name: 'volumes-still-needed',
    how: 'all volumes in the changer are newer than tapecycle allows to overwrite',
    failures: ['no-acceptable-volume'],
    notices: ['volume-still-needed'],
    setUp: { autolabel: '' },
    run: async (context) => {
      labelVolumes(context, ['LAB01', 'LAB02', 'LAB03'], '20261120010203')
      await dumpOnce(context)
      await pasteProgram(context, 'amcheck.txt', ['amcheck', '-t', 'lab'])
    },
  },
  { name: 'volume-full-no-splitting', how: 'a volume is smaller than the dump, and the dumptype does not allow splitting', failures: ['volume-full'], setUp: { dumptype: 'allow-split no', definitions: SMALL_VOLUME } },
  { name: 'volumes-used-up', how: 'a dump is larger than runtapes volumes', failures: ['volumes-used-up'], setUp: { definitions: `${SMALL_VOLUME}runtapes 1\n` } },
  {
    name: 'volume-file-system-full',
    how: 'the file system of a virtual volume has less room than the dump',
    failures: ['volume-full'],
    setUp: { dumptype: 'allow-split no' },
    breakIt: (context) => mountSmall(context, `${VTAPES}/slot1`, '300k'),
  },
  { name: 'volume-write-error', how: 'the disk of a volume reports an input/output error in the middle of a part', failures: ['volume-write-error'], run: dumpWithBrokenWrites },
  {
    name: 'changer-directory-missing',
    how: 'the directory of the virtual changer does not exist',
    failures: ['changer-slots-missing'],
    run: async (context) => {
      rmSync(context.stock.at('server', VTAPES), { recursive: true })
      await dumpOnce(context)
      await pasteProgram(context, 'amcheck.txt', ['amcheck', '-t', 'lab'])
    },
  },
  {
    name: 'changer-without-slots',
    how: 'the directory of the virtual changer has no slot',
    failures: ['changer-slots-missing'],
    run: async (context) => {
      for (const slot of [1, 2, 3]) rmSync(context.stock.at('server', `${VTAPES}/slot${slot}`), { recursive: true })
      await dumpOnce(context)
      await pasteProgram(context, 'amcheck.txt', ['amcheck', '-t', 'lab'])
    },
  },
  { name: 'changer-unknown', how: 'tpchanger names a changer that does not exist', failures: ['changer-wrong'], setUp: { definitions: 'tpchanger "chg-carousel:/dev/sg0"\n' }, run: dumpAndCheckVolumes },
  { name: 'changer-without-mtx', how: 'tpchanger names a robot, and mtx is not installed', failures: ['changer-wrong'], setUp: { definitions: 'define changer robot {\n    tpchanger "chg-robot:/dev/sg0"\n    property "tape-device" "0=tape:/dev/nst0"\n}\ntpchanger "robot"\n' }, run: dumpAndCheckVolumes },
  { name: 'tape-drive-missing', how: 'the device of the tape drive does not exist', failures: ['tape-device-missing'], setUp: { definitions: 'tpchanger "chg-single:tape:/dev/nst0"\n' }, run: dumpAndCheckVolumes },
  {
    name: 'volume-not-writable',
    how: 'the directories of the volumes belong to another user',
    failures: ['volume-not-writable'],
    breakIt: async (context) => {
      const undo = [1, 2, 3].map((slot) => closeDirectory(context, `${VTAPES}/slot${slot}`))
      return async () => { for (const one of undo) await one() }
    },
    run: dumpAndCheckVolumes,
  },
  {
    name: 'changer-state-not-writable',
    how: 'the state file of the changer belongs to another user',
    failures: ['lock-file-not-writable'],
    breakIt: async (context) => closeDirectory(context, VTAPES),
    run: async (context) => {
      await dumpWithoutLock(context)
    },
  },
  { name: 'too-few-volumes', how: 'tapecycle is smaller than the runs of a cycle', failures: [], notices: ['retention-too-short'], setUp: { settings: 'tapecycle 2' }, run: dumpAndCheckVolumes },
  { name: 'dump-too-big', how: 'a dump is larger than all volumes of a run', failures: ['dump-too-big'], setUp: { definitions: SHORT_VOLUME } },
  { name: 'dump-too-big-no-splitting', how: 'a dump is larger than a volume, and may not be split', failures: ['dump-too-big'], setUp: { dumptype: 'allow-split no', definitions: `${SHORT_VOLUME}runtapes 2\n` } },
  { name: 'dumps-too-big-together', how: 'two dumps fit on a volume alone but not together', failures: ['volumes-used-up'], setUp: { definitions: SHORT_VOLUME.replace('400', '800'), disklist: 'amclient /srv/many plain\namclient /srv/many2 /srv/many plain\n' } },
  {
    name: 'holding-disk-full',
    how: 'something else filled the file system of the holding disk in the middle of a dump',
    failures: ['holding-disk-full'], warnings: ['holding-smaller-than-use'],
    setUp: { dumptype: SLOW },
    breakIt: async (context) => {
      const undo = [await slowClient(context), await mountSmall(context, HOLDING, '4m')]
      return async () => { for (const one of undo) await one() }
    },
    run: (context) => dumpInterrupted(context, 'the dump is on the holding disk', () => hasFile(context, 'holding', /\.tmp$/), async () => void (await context.stock.onServer(['sh', '-c', 'dd if=/dev/zero of=/var/lib/amanda/lab/holding/other bs=64k; true'], 60_000))),
  },
  {
    name: 'holding-smaller-than-dump',
    how: 'the holding disk is smaller than use says and than the dump, which must go there',
    failures: ['holding-required-no-room'], warnings: ['holding-smaller-than-use'],
    setUp: { dumptype: 'holdingdisk required' },
    breakIt: (context) => mountSmall(context, HOLDING, '300k'),
  },
  { name: 'holding-not-writable', how: 'the holding disk belongs to another user', failures: [], warnings: ['holding-not-usable'], breakIt: async (context) => closeDirectory(context, HOLDING), run: async (context) => { await dumpOnce(context); await pasteProgram(context, 'amcheck.txt', ['amcheck', '-l', 'lab']) } },
  {
    name: 'holding-disk-missing',
    how: 'the directory of the holding disk is not there, and cannot be made',
    failures: [], warnings: ['holding-not-usable'],
    run: async (context) => {
      rmSync(context.stock.at('server', HOLDING), { recursive: true })
      for (const name of ['curinfo', 'index']) writeOwned(context.stock, `lib/lab/${name}/amclient/_srv_many/.keep`, '')
      await command(['chown', '-R', 'backup:backup', context.stock.at('server', 'lib/lab')])
      const undo = closeDirectory(context, 'lib/lab')
      await dumpOnce(context)
      await pasteProgram(context, 'amcheck.txt', ['amcheck', '-l', 'lab'])
      await undo()
    },
  },
  {
    name: 'holding-file-damaged',
    how: 'a byte of a dump on the holding disk has changed before it was flushed',
    failures: ['holding-file-damaged'],
    setUp: { settings: 'reserve 0' },
    run: async (context) => {
      const { stock } = context
      await using _client = stock.startClient()
      await stock.onServer(['amdump', '--no-taper', 'lab'], RUN_MS_MAX)
      const dir = readdirSync(stock.at('server', HOLDING)).find((name) => /^\d+$/.test(name)) ?? ''
      const file = stock.at('server', `${HOLDING}/${dir}/amclient._srv_many.0`)
      const bytes = readFileSync(file)
      bytes[100_000] = (bytes[100_000] ?? 0) ^ 1
      writeFileSync(file, bytes)
      await pasteProgram(context, 'amflush.txt', ['amflush', '-b', '-f', 'lab'])
    },
  },
  {
    name: 'dumps-left-on-holding',
    how: 'no volume could be written, and the dumps stayed on the holding disk',
    failures: ['no-acceptable-volume'], warnings: ['dumps-left-on-holding'],
    setUp: { autolabel: '', settings: 'reserve 0' },
    run: async (context) => {
      await dumpOnce(context)
      await pasteProgram(context, 'amreport.txt', ['amreport', 'lab'])
    },
  },
]
