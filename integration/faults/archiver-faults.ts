// What tar and dump say of files, and how they end: a client whose files, disks and archivers are broken.

import { randomBytes } from 'node:crypto'
import { truncateSync } from 'node:fs'
import { runCommand } from '../lab/commands.ts'
import type { FaultScenario } from '../lab/fault-scenario.ts'
import { applicationOf, changeable, tarThat, USES_APPLICATION, withFiles, WRAP_TAR } from './client-tricks.ts'

const SLOW = 'compress client custom\n client_custom_compress "/etc/amanda/bin/slowcat"'

/** More than the pipes between tar and a slow server hold. */
const BIG_BYTES = 12_000_000

/** In the middle of an entry. */
const SNAPSHOT_BYTES = 60

const SOCKET_AND_MOUNT = 'mount -t tmpfs tmpfs /srv/odd/mounted\nperl -MIO::Socket::UNIX -e \'IO::Socket::UNIX->new(Local => "/srv/odd/socket", Listen => 1)\''
const ODD_TIMES = 'touch -d "now + 1 month" /srv/times/tomorrow\ntouch -d "1960-01-01" /srv/times/ancient'

export const ARCHIVER_FAULTS: readonly FaultScenario[] = [
  {
    name: 'files-in-motion', how: 'while tar reads a directory, files in it grow, shrink and are removed', failures: [], warnings: ['file-shrank'], notices: ['file-changed', 'file-vanished'], isReported: true,
    setUp: {
      disklist: 'amclient /srv/moving plain\n', dumptype: SLOW, clientShell: WRAP_TAR,
      clientPrograms: { tar: tarThat('dump', '(cd /srv/moving; sleep 0.3; rm -f vanishes*; for n in {1..25}; do truncate -s -10K shrinks; echo more >> grows; sleep 0.1; done) </dev/null >/dev/null 2>&1 &') },
    },
    breakIt: withFiles('moving', { grows: randomBytes(BIG_BYTES), shrinks: randomBytes(BIG_BYTES), vanishes1: Buffer.alloc(3), vanishes2: Buffer.alloc(3) }),
  },
  {
    name: 'files-not-permitted', how: 'tar may not read a file and a directory (it does not run as root)', failures: ['file-not-permitted'], isReported: true,
    setUp: { disklist: 'amclient /srv/closed plain\n', clientShell: `${WRAP_TAR}\nchmod 0600 /srv/closed/secret\nchmod 0700 /srv/closed/inner`, clientPrograms: { tar: tarThat('dump', 'exec setpriv --reuid=backup --regid=backup --init-groups bash -c \'exec -a /bin/tar /etc/amanda/bin/real-tar "$@"\' tar "$@"') } },
    breakIt: withFiles('closed', { open: Buffer.from('open'), secret: Buffer.from('secret'), 'inner/file': Buffer.from('inner') }),
  },
  {
    name: 'disk-unreadable', how: 'the second half of the disk is gone: reads fail', failures: ['file-unreadable'], isReported: true,
    setUp: {
      disklist: 'amclient /srv/disk plain\n',
      clientShell: 'mkdir -p /srv/disk\ntruncate -s 8M /etc/amanda/image\nmkfs.ext4 -qF /etc/amanda/image\nmount -o loop /etc/amanda/image /srv/disk\nfor n in 1 2 3; do head -c 1000000 /dev/urandom > /srv/disk/file$n; done\numount /srv/disk\nmount -o loop /etc/amanda/image /srv/disk\ntruncate -s 2M /etc/amanda/image',
    },
  },
  {
    name: 'handle-stale', how: 'tar says of a file that its handle is stale, in the words of GNU tar 1.34 (no file server here forgets one)', failures: ['file-handle-stale'],
    setUp: { clientShell: WRAP_TAR, clientPrograms: { tar: tarThat('dump', 'echo "/bin/tar: ./export/mail: Warning: Cannot stat: Stale file handle" >&2') } },
  },
  {
    name: 'files-left-out', how: 'a socket, and a file system that is mounted below the disk', failures: [], notices: ['special-file-ignored', 'other-file-system'], isReported: true,
    setUp: { disklist: 'amclient /srv/odd plain\n', clientShell: SOCKET_AND_MOUNT },
    breakIt: withFiles('odd', { file: Buffer.from('file'), 'mounted/under': Buffer.from('x') }),
  },
  {
    name: 'files-left-out-amgtar', how: 'a socket, a file system below, and a directory that says it is a cache, with application amgtar', failures: [], notices: ['cache-directory-skipped'], isReported: true,
    setUp: { disklist: 'amclient /srv/odd plain\n', tools: applicationOf('amgtar', 'property "COMMAND-OPTIONS" "--exclude-caches"'), dumptype: USES_APPLICATION, clientShell: SOCKET_AND_MOUNT },
    breakIt: withFiles('odd', { file: Buffer.from('file'), 'mounted/under': Buffer.from('x'), 'cache/CACHEDIR.TAG': Buffer.from('Signature: 8a477f597d28d172789f06886806bc55\n') }),
  },
  { name: 'option-unknown', how: 'property COMMAND-OPTIONS of amgtar names an option that tar does not know', failures: ['archiver-option-unknown'], setUp: { tools: applicationOf('amgtar', 'property "COMMAND-OPTIONS" "--no-such-option"'), dumptype: USES_APPLICATION } },
  {
    name: 'name-too-long', how: 'a path is longer than the format can hold that tar of the client writes (ustar)', failures: ['file-name-too-long'],
    setUp: { disklist: 'amclient /srv/long plain\n', clientShell: WRAP_TAR, clientPrograms: { tar: tarThat('dump', 'exec -a /bin/tar /etc/amanda/bin/real-tar --create --format=ustar --file - --directory /srv/long --totals .') } },
    breakIt: withFiles('long', { [`${'d'.repeat(120)}/${'e'.repeat(120)}/${'f'.repeat(120)}`]: Buffer.from('x') }),
  },
  {
    name: 'times-odd', how: 'files of the client have times that cannot be; tar says so when they are restored', failures: [], notices: ['time-stamp-odd'],
    setUp: { disklist: 'amclient /srv/times plain\n' },
    breakIt: withFiles('times', { tomorrow: Buffer.from('t'), ancient: Buffer.from('a') }),
    run: async ({ stock, amdump, paste }) => {
      await using _client = stock.startClient(ODD_TIMES)
      await amdump()
      const restored = await stock.onServer(['sh', '-c', 'cd /tmp/amanda && mkdir -p restored && amfetchdump -p lab amclient | tar -xf - -C restored 2>&1'], 60_000)
      paste('restore.txt', restored.stdout + restored.stderr)
    },
  },
  {
    name: 'snapshot-file-damaged', how: 'the list of files of the full dump was cut off, then an incremental dump is made', failures: ['snapshot-file-damaged'],
    setUp: { dumptype: 'record yes\n strategy standard' },
    run: async ({ stock, amdump }) => {
      await using _client = stock.startClient()
      await amdump()
      truncateSync(stock.at('client', 'lib/gnutar-lists/amclient_srv_many_0'), SNAPSHOT_BYTES)
      await stock.onServer(['amadmin', 'lab', 'force-level-1', 'amclient'], 30_000)
      await amdump()
    },
  },
  { name: 'tar-fails', how: 'tar ends with 2 and says nothing', failures: ['archiver-failed'], isReported: true, setUp: { clientShell: WRAP_TAR, clientPrograms: { tar: tarThat('dump', 'exit 2') } } },
  { isChecked: true, name: 'tar-missing', how: 'there is no /bin/tar on the client', failures: ['archiver-missing'], setUp: { clientShell: `${changeable('/usr/bin')}\nrm /usr/bin/tar` } },
  { name: 'tar-missing-dump', how: 'there is no /bin/tar on the client; the server estimates', failures: ['archiver-missing'], setUp: { dumptype: 'estimate server', clientShell: `${changeable('/usr/bin')}\nrm /usr/bin/tar` } },
  { isChecked: true, name: 'tar-missing-amgtar', how: 'there is no /bin/tar on the client, for amgtar', failures: ['archiver-missing'], setUp: { tools: applicationOf('amgtar'), dumptype: USES_APPLICATION, clientShell: `${changeable('/usr/bin')}\nrm /usr/bin/tar` } },
  { name: 'dump-of-directory', how: 'program DUMP is given something that is no file system', failures: ['dump-device-wrong'], setUp: { dumptype: 'program "DUMP"\n estimate server' } },
  { name: 'dump-missing', how: 'there is no /sbin/dump on the client', failures: ['archiver-missing'], setUp: { dumptype: 'program "DUMP"\n estimate server', clientShell: `${changeable('/usr/sbin')}\nrm -f /usr/sbin/dump` } },
  { name: 'tar-without-memory', how: 'tar gets no memory from the system', failures: ['client-out-of-memory'], setUp: { clientShell: WRAP_TAR, clientPrograms: { tar: tarThat('dump', 'ulimit -v 3780') } } },
  {
    name: 'tar-killed-without-memory', how: 'the kernel kills tar of the client when its memory is used up (a control group of version 1)', failures: ['client-out-of-memory'],
    setUp: {
      clientShell: WRAP_TAR,
      clientPrograms: { tar: tarThat('dump', 'group=/sys/fs/cgroup/memory/holdfast-doctor\nmkdir -p $group\necho 60000000 > $group/memory.limit_in_bytes\necho $$ > $group/cgroup.procs\nexec perl -e \'$x = "x" x 4e8\'') },
    },
    run: async ({ stock, amdump, paste }) => {
      await using _client = stock.startClient(WRAP_TAR)
      await amdump()
      const kernel = await runCommand(['dmesg'])
      paste('kernel.txt', `${kernel.stdout.split('\n').findLast((line) => line.includes('ut of memory')) ?? ''}\n`)
      await runCommand(['rmdir', '/sys/fs/cgroup/memory/holdfast-doctor'])
    },
  },
  { name: 'tar-killed', how: 'tar is killed in the middle of a dump', failures: ['program-killed'], isReported: true, setUp: { clientShell: WRAP_TAR, clientPrograms: { tar: tarThat('dump', 'kill -9 $$') } } },
  { name: 'tar-killed-amgtar', how: 'tar of amgtar is killed in the middle of a dump', failures: ['program-killed'], setUp: { tools: applicationOf('amgtar'), dumptype: USES_APPLICATION, clientShell: WRAP_TAR, clientPrograms: { tar: tarThat('dump', 'kill -9 $$') } } },
]
