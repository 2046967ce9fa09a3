import type { FaultKind } from '../../contract.ts'

export const catalogDamaged: FaultKind = {
  code: 'catalog-damaged',
  severity: 'failure',
  symptom: 'The catalog of the server is damaged',
  cause: 'The database file does not hold what SQLite expects: a disk that lost data, or a copy that was made while the server ran.',
  confidence: 'certain',
  advice: 'Move the database file aside and run `holdfast catalog rebuild`; the volumes hold all that is needed.',
  cures: [
    { on: 'server', commands: ['holdfast server stop', 'mv /var/lib/holdfast/catalog.sqlite /var/lib/holdfast/catalog.sqlite.bad', 'holdfast catalog rebuild'], steps: ['Look at the disk as well (dmesg): a database does not break by itself.'] },
  ],
  check: 'holdfast report and holdfast ls answer.',
  faultCodes: ['catalog-damaged'],
  words: ['database disk image is', '"code":"catalog-damaged"'],
  patterns: [/database disk image is malformed/, /"code":"catalog-damaged"/],
  samples: [
    { line: '{"level":50,"time":"2026-11-26T21:10:04.112Z","run":"20261126211001","code":"catalog-damaged","error":"/var/lib/holdfast/catalog.sqlite: database disk image is malformed","msg":"a run could not be made"}', from: 'the texts of Holdfast' },
  ],
}
