import type { FaultKind } from '../../contract.ts'

export const vaultLocked: FaultKind = {
  code: 'vault-locked',
  severity: 'failure',
  symptom: 'The vault is in use by another process',
  cause: 'One process owns a vault: the server, or a command that works without one. It holds the lock file as long as it runs.',
  confidence: 'certain',
  advice: 'Wait until the other process has ended, or let the server do it.',
  cures: [
    { on: 'server', commands: ['cat VAULT/lock', 'holdfast status'], steps: ['The lock names the process. When it died, the lock is free by itself on a local disk; on a network file system make sure that no other machine uses the vault before you remove it.'] },
  ],
  check: 'The command runs.',
  faultCodes: ['vault-locked'],
  words: ['[vault-locked]', '"code":"vault-locked"'],
  patterns: [/: FAILED: .*\[vault-locked\]/, /"code":"vault-locked"/],
  samples: [
    { line: '{"level":50,"time":"2026-11-26T21:10:04.112Z","run":"20261126211001","code":"vault-locked","error":"/srv/vault is in use by process 4711 on desk","msg":"a run could not be made"}', from: 'the texts of Holdfast' },
  ],
}
