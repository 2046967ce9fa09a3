import type { FaultKind } from '../../contract.ts'

export const vaultKeyWrong: FaultKind = {
  code: 'vault-key-wrong',
  severity: 'failure',
  symptom: 'The key does not open the vault',
  cause: 'The passphrase, key file or paper key belongs to no slot of this vault, or the key slots or the configuration of the vault were changed.',
  confidence: 'certain',
  advice: 'Use the passphrase, key file or paper key with which the vault was made or that was added to it.',
  cures: [
    { on: 'server', commands: ['ls VAULT/keys'], steps: ['Each file below keys is one way in and names itself by its label. Holdfast cannot open a vault without one of them, and nobody can.'] },
  ],
  check: 'holdfast vault stats answers.',
  faultCodes: ['vault-key-wrong'],
  words: ['[vault-key-wrong]', '"code":"vault-key-wrong"'],
  patterns: [/: FAILED: .*\[vault-key-wrong\]/, /"code":"vault-key-wrong"/],
  samples: [
    { line: '{"level":50,"time":"2026-11-26T21:10:04.112Z","run":"20261126211001","code":"vault-key-wrong","error":"no key slot of /srv/vault opens with this key","msg":"a run could not be made"}', from: 'the texts of Holdfast' },
  ],
}
