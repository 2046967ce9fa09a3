// Dumps that begin and do not end well: programs that are killed or wait, a client that is gone, data that changes on its way.

import { globSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { waitUntil } from '../lab/commands.ts'
import type { FaultScenario } from '../lab/fault-scenario.ts'
import { applicationOf, applicationThat, tarThat, USES_APPLICATION, withApplication, WRAP_TAR } from './client-tricks.ts'

const SLOW = 'compress client custom\n client_custom_compress "/etc/amanda/bin/slowcat"'
/** From the start of sendbackup: enough for streams and header, and less than half of a slow dump. */
const CUT_AFTER_MS = 4000
const START_MS_MAX = 60_000
/** Longer than dtimeout of that scenario. */
const DEAD_MS = 15_000

/** A dump of half a minute. */
const slowDown: NonNullable<FaultScenario['breakIt']> = async ({ stock }) => {
  writeFileSync(stock.at('client', 'etc/rate'), '20\n')
  return async () => writeFileSync(stock.at('client', 'etc/rate'), '10000\n')
}

const PROXY_PORT = 10_082

/** Passes connections on to amandad, from a privileged port, and changes a byte of a file of sevens on its way to the server. */
const CHANGING_PROXY = String.raw`#!/usr/bin/perl
use strict; use IO::Socket::INET; use IO::Select;
my $listener = IO::Socket::INET->new(LocalPort => ${PROXY_PORT}, Listen => 5, ReuseAddr => 1) or die;
while (my $near = $listener->accept) {
  next if fork;
  my $far;
  for my $port (600 .. 700) { last if $far = IO::Socket::INET->new(PeerAddr => 'amclient', PeerPort => 10080, LocalPort => $port) }
  my $both = IO::Select->new($near, $far);
  while (1) {
    for my $from ($both->can_read) {
      exit unless sysread $from, my $bytes, 65536;
      $bytes =~ s/\x07{16}/("\x07" x 15) . "\x08"/e if $from == $far;
      my $to = $from == $near ? $far : $near;
      for (my $at = 0; $at < length $bytes;) { $at += syswrite($to, $bytes, length($bytes) - $at, $at) // exit }
    }
  }
}
`

const PROXIED: FaultScenario['setUp'] & object = {
  amandahosts: 'amserver backup amdump\namclient backup amdump\n',
  clientPrograms: { proxy: CHANGING_PROXY },
  clientShell: '/etc/amanda/bin/proxy &',
}

/** Connections that come from outside go to the proxy; its own, to amandad. */
const throughProxy: NonNullable<FaultScenario['breakIt']> = async ({ lab }) => {
  const rules = `table ip doctor {\n chain proxy {\n  type nat hook prerouting priority dstnat; tcp dport 10080 redirect to :${PROXY_PORT}\n }\n}\n`
  await lab.run('client', ['nft', '-f', '-'], { input: rules })
  return async () => void (await lab.run('client', ['nft', 'delete', 'table', 'ip', 'doctor']))
}

export const DUMP_FAULTS: readonly FaultScenario[] = [
  { name: 'sendbackup-killed', how: 'sendbackup is killed in the middle of a dump', failures: ['data-timeout'], isReported: true, setUp: { clientShell: WRAP_TAR, clientPrograms: { tar: tarThat('dump', 'kill -9 $PPID; sleep 2; exit 1') } } },
  { name: 'amandad-killed', how: 'amandad is killed in the middle of a dump', failures: ['client-ended-early'], setUp: { clientShell: WRAP_TAR, clientPrograms: { tar: tarThat('dump', 'kill -9 $(ps -o ppid= -p $PPID); sleep 2; exit 1') } } },
  { name: 'tar-waits', how: 'tar waits for a file system for longer than dtimeout', failures: ['data-timeout'], isReported: true, setUp: { settings: 'dtimeout 6', clientShell: WRAP_TAR, clientPrograms: { tar: tarThat('dump', 'sleep 15') } } },
  {
    name: 'client-gone', how: 'the client is switched off in the middle of a dump', failures: ['data-timeout'],
    setUp: { settings: 'dtimeout 8', dumptype: SLOW },
    breakIt: slowDown,
    run: async ({ stock, lab, amdump }) => {
      await using _client = stock.startClient()
      const run = amdump()
      await waitUntil('sendbackup runs', START_MS_MAX, () => globSync('**/sendbackup.*.debug', { cwd: stock.at('client', 'log') }).length > 0)
      await sleep(CUT_AFTER_MS)
      await lab.setCable('dead')
      await sleep(DEAD_MS)
      await lab.setCable('alive')
      await run
    },
  },
  { name: 'index-fails', how: 'sed that makes the index ends with an error', failures: [], warnings: ['index-failed'], isReported: true, setUp: { clientShell: 'mount --bind /etc/amanda/bin/sed /usr/bin/sed', clientPrograms: { sed: '#!/bin/sh\ncat > /dev/null\nexit 4\n' } } },
  { name: 'dump-postponed', how: 'an application asks to be tried again later, once', failures: [], notices: ['dump-postponed'], setUp: { tools: applicationOf('amlab'), dumptype: USES_APPLICATION, clientShell: withApplication('amlab'), clientPrograms: { amlab: applicationThat('if mkdir /tmp/amanda/asked 2>/dev/null; then echo \'sendbackup: retry delay 1 level 0 message "database is being loaded"\' >&3; else echo data; echo / >&4; echo "sendbackup: size 1" >&3; fi') } } },
  { name: 'data-changed', how: 'something between client and server changes a byte of the data', failures: ['checksum-differs'], isReported: true, setUp: PROXIED, breakIt: throughProxy },
  { name: 'data-changed-compressed', how: 'something between client and server changes a byte of the data, and the server compresses', failures: ['checksum-differs'], isReported: true, setUp: { ...PROXIED, dumptype: 'compress server fast' }, breakIt: throughProxy },
]
