import type { Cure, FaultKind } from '../../contract.ts'

/** Of xinetd itself, which waits on the same port, the filter lets nothing through. */
export const END_LEFT_AMANDAD: Cure = {
  on: 'client (Linux)',
  platform: 'linux',
  commands: [`ss -Hulpn | grep -o '"amandad",pid=[0-9]*' | grep -o '[0-9]*$' | sort -u | xargs -r kill -9`],
  steps: ['While no dump of this client is under way. It ends every amandad that holds a UDP port; xinetd, inetd or systemd starts a new one with the next request.', 'Its sendbackup and tar end by themselves within minutes, or end them too.'],
}

export const clientLeftStuck: FaultKind = {
  code: 'client-left-stuck',
  severity: 'failure',
  symptom: 'The client answers nobody since one of its dumps was cut: the amandad of that dump still holds its port',
  cause: 'With auth bsd and bsdudp one amandad serves the UDP port until its work is done. When the server has gone it reads the whole disk to the end for nothing, and with auth bsd it often does not end even then (its index is a pipe that nobody reads any more). Until it ends, every request to this client waits for an answer in vain (timeout waiting for ACK, or for REP): the second try of the dump, amcheck, and the runs of the next nights.',
  confidence: 'likely',
  advice: 'End the amandad that is left over on the client, and cure what cut the dump.',
  cures: [
    END_LEFT_AMANDAD,
    { on: 'client (FreeBSD)', platform: 'freebsd', commands: [`sockstat -4l -P udp | awk '$2 == "amandad" { print $3 }' | sort -u | xargs kill -9`], steps: ['While no dump of this client is under way.'] },
    { on: 'client (other systems)', steps: ['ps -ef | grep amandad shows one that has run since the dump that was cut; kill -9 it.', 'If it does not answer afterwards either, see whether the machine is up at all (ping).'] },
    { on: 'disklist, client', steps: ['auth bsdtcp has an amandad for each connection: there a stuck one is in nobody\'s way.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT gets its answer at once.',
  seenIn: ['no-acknowledgement', 'no-reply', 'client-pipe-broken'],
  words: [],
  patterns: [],
  followsFrom: ['stream-not-connected'],
  samples: [
    {
      line: [
        'FAIL dumper amclient /srv/many 20261123222437 0 [mesg read: Connection reset by peer]',
        'FAIL dumper amclient /srv/many 20261123222437 0 [[request failed: timeout waiting for ACK]]',
      ].join('\n'),
      from: 'testdata/amanda, a run of 3.5.1 behind a firewall',
    },
  ],
}
