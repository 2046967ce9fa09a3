import type { FaultKind } from '../../contract.ts'

export const vaultMissing: FaultKind = {
  code: 'vault-missing',
  severity: 'failure',
  symptom: 'The vault is not there',
  cause: 'The directory does not exist or holds no vault: a disk is not mounted, or the path is wrong.',
  confidence: 'certain',
  advice: 'Mount the disk, correct the directory of the storage, or make a vault with `holdfast vault init`.',
  cures: [
    { on: 'server', commands: ['ls VAULT/config', 'findmnt -T VAULT'], steps: ['A vault is never made by itself where one was expected, so that an unmounted disk does not look like an empty vault.'] },
  ],
  check: 'holdfast vault stats answers.',
  faultCodes: ['vault-missing'],
  words: ['[vault-missing]', '"code":"vault-missing"'],
  patterns: [/: FAILED: .*\[vault-missing\]/, /"code":"vault-missing"/],
  samples: [
    { line: '{"level":50,"time":"2026-11-26T21:10:04.112Z","run":"20261126211001","code":"vault-missing","error":"/srv/vault holds no vault","msg":"a run could not be made"}', from: 'the texts of Holdfast' },
  ],
}
