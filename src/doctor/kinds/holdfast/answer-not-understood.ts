import type { FaultKind } from '../../contract.ts'

export const answerNotUnderstood: FaultKind = {
  code: 'answer-not-understood',
  severity: 'failure',
  symptom: 'What an agent or a file said is not in the expected form',
  cause: 'The other side is damaged, of another version, or not what it should be; or a file on the holding disk is.',
  confidence: 'possible',
  advice: 'Update both programs to the same version; if the line names a file, check the disk that it is on.',
  cures: [
    { on: 'server and client', commands: ['holdfast version', 'holdfast agents list'], steps: ['If both are of one version, report it with the lines of both logs: it is a defect of Holdfast.'] },
  ],
  check: 'holdfast dump HOST DISK ends well.',
  faultCodes: ['wire-malformed'],
  words: ['opens no DATA or no MESG', 'a reply has neither CONNECT', '[answer-not-understood]'],
  patterns: [/the reply to sendbackup opens no DATA or no MESG/, /a reply has neither CONNECT nor ERROR/, /: FAILED: .*\[answer-not-understood\]/],
  samples: [
    { line: 'FAIL dumper laptop /home 20261126211001 0 [a reply has neither CONNECT nor ERROR]', from: 'the texts of Holdfast' },
  ],
}
