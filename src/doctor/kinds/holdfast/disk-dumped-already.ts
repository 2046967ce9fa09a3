import type { FaultKind } from '../../contract.ts'

export const diskDumpedAlready: FaultKind = {
  code: 'disk-dumped-already',
  severity: 'failure',
  symptom: 'Another dump of the same disk was still running on the client',
  cause: 'One disk is dumped once at a time: an earlier dump, or one of another server, had not ended. The agent asks for another try; this run had none left.',
  confidence: 'certain',
  advice: 'Wait for the other dump to end, or cancel it; `holdfast status` shows it if it is of this server.',
  cures: [
    { on: 'server', commands: ['holdfast status', 'holdfast dump HOST DISK'], steps: ['A dump that hangs ends by itself after data-timeout.'] },
    { on: 'client', commands: ['ps -ef | grep tar'], steps: ['A tar of another server that backs up the same disk shows there.'] },
  ],
  check: 'holdfast dump HOST DISK ends well.',
  faultCodes: ['disk-busy'],
  words: ['is being dumped already'],
  patterns: [/(?<disk>\/\S*) is being dumped already/],
  samples: [
    { line: 'FAIL dumper laptop /home 20261126211001 0 [/home is being dumped already]', from: 'the texts of Holdfast' },
  ],
}
