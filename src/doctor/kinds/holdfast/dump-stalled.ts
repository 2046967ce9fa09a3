import type { FaultKind } from '../../contract.ts'

export const dumpStalled: FaultKind = {
  code: 'dump-stalled',
  severity: 'failure',
  symptom: 'A dump did not move although its agent was connected',
  cause: 'Nothing came for data-timeout: the program that makes the dump waits, most often for a disk or a network file system that hangs, or it looks for changes for longer than that without a word. The connection is well.',
  confidence: 'likely',
  advice: 'See what the disk of the client waits for; raise data-timeout if so long a silence is normal there.',
  cures: [
    { on: 'client', commands: ['ps -eo pid,stat,wchan:32,etime,args | grep tar', 'dmesg | tail -n 50'], steps: ['A tar in state D waits for a disk: look for a dying disk in the kernel log, or for a network file system whose server is away (findmnt -t nfs,nfs4,cifs).'] },
    { on: 'holdfast.yaml', steps: ['limits: {data-timeout: 2 h} if the program really is silent for so long, for example a database that is written to a file first.'] },
  ],
  check: 'holdfast dump HOST DISK ends well; holdfast status shows its rate while it runs.',
  faultCodes: ['dump-stalled'],
  words: ['although it was connected'],
  patterns: [/nothing came from (?<host>\S+) for \d+ s although it was connected/],
  samples: [
    { line: 'FAIL dumper client /srv/stalled 20261126214121 0 [nothing came from client for 2 s although it was connected]', from: 'testdata/doctor/own-programs, a run of Holdfast' },
  ],
}
