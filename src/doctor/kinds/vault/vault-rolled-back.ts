import type { FaultKind } from '../../contract.ts'

export const vaultRolledBack: FaultKind = {
  code: 'vault-rolled-back',
  severity: 'failure',
  symptom: 'The vault is older than it was',
  cause: 'Its ledger ends before an entry that was there already: an old copy was put back, files were removed, or the disk lost what it had promised to keep.',
  confidence: 'certain',
  advice: 'Find out who or what put an older state back, before anything is written to it.',
  cures: [
    { on: 'server', commands: ['holdfast vault check'], steps: ['If an old copy was restored on purpose, `holdfast vault check` names the dumps that are whole; then remove the note of the vault in the state directory of the server. Else look for the newer files.'] },
  ],
  check: 'holdfast vault check finds no problem.',
  faultCodes: ['vault-rolled-back'],
  words: ['[vault-rolled-back]', '"code":"vault-rolled-back"'],
  patterns: [/: FAILED: .*\[vault-rolled-back\]/, /"code":"vault-rolled-back"/],
  samples: [
    { line: '{"level":50,"time":"2026-11-26T21:10:04.112Z","run":"20261126211001","code":"vault-rolled-back","error":"the ledger of /srv/vault ends at 120, and 133 was seen","msg":"a run could not be made"}', from: 'the texts of Holdfast' },
  ],
}
