import type { FaultKind } from '../../contract.ts'

export const vaultDamaged: FaultKind = {
  code: 'vault-damaged',
  severity: 'failure',
  symptom: 'An object of the vault is damaged or missing',
  cause: 'A file below the vault\'s directory is not what was sealed under its name: the disk lost data, somebody removed, cut, replaced or exchanged files.',
  confidence: 'certain',
  advice: 'Run `holdfast vault check --data`: it names every object that is hit and every dump that needs it; the others can be restored.',
  cures: [
    { on: 'server', commands: ['holdfast vault check --data', 'dmesg | grep -iE "i/o error|blk_update"'], steps: ['Bring the named files back from a copy of the vault\'s directory, if there is one: each is good or bad by itself. What is in the next dumps is stored anew when its pack is gone.'] },
  ],
  check: 'holdfast vault check finds no problem.',
  faultCodes: ['vault-damaged'],
  words: ['[vault-damaged]', '"code":"vault-damaged"'],
  patterns: [/: FAILED: .*\[vault-damaged\]/, /"code":"vault-damaged"/],
  samples: [
    { line: '{"level":50,"time":"2026-11-26T21:10:04.112Z","run":"20261126211001","code":"vault-damaged","error":"packs/3f/3f0a…: block 7 cannot be opened","msg":"a run could not be made"}', from: 'the texts of Holdfast' },
  ],
}
