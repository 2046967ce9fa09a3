import type { FaultKind } from '../../contract.ts'

export const connectionsLostAtOnce: FaultKind = {
  code: 'connections-lost-at-once',
  severity: 'failure',
  symptom: 'Connections of several dumps were lost at one moment, though they had begun at different times',
  cause: 'No limit for idle connections does that. Something in between forgot all of them at once: a firewall was restarted, failed over to another or had its table emptied; or the machine or the network went down at that moment.',
  confidence: 'likely',
  advice: 'Find out what happened to the firewall, the network or the client at that moment, and let the dumps run at another time.',
  cures: [
    { on: 'firewall', steps: ['Look into its log at that time: a restart, a failover, new rules that empty the table of connections (conntrack -F, pfctl -F states, clear conn). Move it out of the time of the backup, or let the second firewall take over the table (conntrackd, pfsync, stateful failover).'] },
    { on: 'client', steps: ['uptime, last reboot and the system log at that time: was it restarted?'] },
    { on: 'this backup', steps: ['Dump what was lost again: amdump CONFIG CLIENT. With an agent of Holdfast the dumps would have gone on from where they were, over a new connection.'] },
  ],
  check: 'The next run ends well. If it fails at the same time of the day again, something is done to the firewall then; if at the same age, it is a limit (idle-connection-cut).',
  seenIn: ['idle-connection-cut', 'data-timeout'],
  words: [],
  patterns: [],
  samples: [
    {
      line: [
        'driver: send-cmd time 1.000 to dumper0: SHM-DUMP 00-00001 57737 NULL 1 amclient ffff /srv/many NODEVICE 0 1970:1:1:0:0:0 GNUTAR',
        'driver: send-cmd time 9.000 to dumper1: SHM-DUMP 00-00003 57739 NULL 1 amclient ffff /srv/more NODEVICE 0 1970:1:1:0:0:0 GNUTAR',
        'driver: result time 41.100 from dumper0: FAILED 00-00001 "[data timeout]"',
        'driver: result time 41.300 from dumper1: FAILED 00-00003 "[data timeout]"',
      ].join('\n'),
      from: 'two dumps of 3.5.1 while the firewall was restarted (shortened; all of it is in testdata/doctor)',
    },
  ],
}
