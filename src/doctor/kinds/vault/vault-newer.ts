import type { FaultKind } from '../../contract.ts'

export const vaultNewer: FaultKind = {
  code: 'vault-newer',
  severity: 'failure',
  symptom: 'The vault was written by a newer Holdfast',
  cause: 'Its format has a version that this program does not know.',
  confidence: 'certain',
  advice: 'Update Holdfast on this machine.',
  cures: [
    { on: 'server', commands: ['holdfast version'], steps: ['An older program refuses to write, so that nothing is lost.'] },
  ],
  check: 'holdfast vault stats answers.',
  faultCodes: ['vault-newer'],
  words: ['[vault-newer]', '"code":"vault-newer"'],
  patterns: [/: FAILED: .*\[vault-newer\]/, /"code":"vault-newer"/],
  samples: [
    { line: '{"level":50,"time":"2026-11-26T21:10:04.112Z","run":"20261126211001","code":"vault-newer","error":"/srv/vault has version 2 of the format, and this program knows version 1","msg":"a run could not be made"}', from: 'the texts of Holdfast' },
  ],
}
