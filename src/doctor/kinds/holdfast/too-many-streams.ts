import type { FaultKind } from '../../contract.ts'

export const tooManyStreams: FaultKind = {
  code: 'too-many-streams',
  severity: 'failure',
  symptom: 'One connection has as many dumps or requests open as the protocol allows',
  cause: 'Too many disks of one host are dumped at once.',
  confidence: 'certain',
  advice: 'Lower max-dumps of the disks of the host that is named.',
  cures: [
    { on: 'holdfast.yaml', steps: ['max-dumps: 4 in the dumptype, or below the host. More dumps at once from one host are rarely faster.'] },
  ],
  check: 'holdfast dump HOST ends well.',
  faultCodes: ['tether-limit'],
  words: ['are open on one connection'],
  patterns: [/more than \d+ (?:requests|streams) are open on one connection/],
  samples: [
    { line: 'FAIL dumper laptop /home 20261126211001 0 [more than 64 requests are open on one connection]', from: 'the texts of Holdfast' },
  ],
}
