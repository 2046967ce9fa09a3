import type { FaultKind } from '../../contract.ts'

export const dumpCancelled: FaultKind = {
  code: 'dump-cancelled',
  severity: 'failure',
  symptom: 'A dump was cancelled before it ended',
  cause: 'An operator cancelled it, or the server was stopped while it ran. What had arrived is kept as a partial dump where that is useful.',
  confidence: 'certain',
  advice: 'Start it again when it suits: `holdfast dump HOST DISK`.',
  cures: [
    { on: 'server', commands: ['holdfast dump HOST DISK'], steps: ['holdfast server stop --after-run lets a run end first.'] },
  ],
  check: 'holdfast report shows the disk as dumped.',
  faultCodes: ['cancelled'],
  words: ['cancelled by the operator', 'the server is stopping'],
  patterns: [/^(?:FAIL \w+ | {2}\S+ .*FAILED ).*(?:cancelled by the operator|the server is stopping)/],
  samples: [
    { line: 'FAIL dumper client /srv/endless 20261126214213 0 [the server is stopping]', from: 'testdata/doctor/own-cancelled, a run of Holdfast' },
    { line: 'FAIL dumper laptop /home 20261126211001 0 [the server is stopping]', from: 'the texts of Holdfast' },
  ],
}
