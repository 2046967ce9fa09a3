import type { FaultKind } from '../../contract.ts'

export const vaultBlockFalse: FaultKind = {
  code: 'vault-block-false',
  severity: 'failure',
  symptom: 'A block that an agent sent to the vault is not what it says',
  cause: 'The server opens every block before it counts. Its seal, its length or the hash of a segment did not agree: memory of the client or the server that changes bits, a program on the client that is not the agent, or a defect.',
  confidence: 'certain',
  advice: 'Test the memory of both machines; the vault took nothing of the block.',
  cures: [
    { on: 'client', commands: ['dmesg | grep -iE "mce|edac|memory"'], steps: ['Let a memory test run over night when it happens again on the same machine. When the machine may be in strange hands, revoke its key: holdfast agents revoke HOST.'] },
  ],
  check: 'The next dump of the disk ends well.',
  faultCodes: ['vault-block-false'],
  words: ['[vault-block-false]', '"code":"vault-block-false"'],
  patterns: [/: FAILED: .*\[vault-block-false\]/, /"code":"vault-block-false"/],
  samples: [
    { line: '{"level":50,"time":"2026-11-26T21:10:04.112Z","run":"20261126211001","code":"vault-block-false","error":"a block of the dump is false: segment 12 of block 3 has another hash","msg":"a run could not be made"}', from: 'the texts of Holdfast' },
  ],
}
