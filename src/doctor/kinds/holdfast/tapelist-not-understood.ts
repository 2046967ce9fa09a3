import type { FaultKind } from '../../contract.ts'

export const tapelistNotUnderstood: FaultKind = {
  code: 'tapelist-not-understood',
  severity: 'failure',
  symptom: 'The tapelist has a line that cannot be understood',
  cause: 'The list says which volume was written when. It was edited by hand with a mistake, or cut short by a full disk.',
  confidence: 'certain',
  advice: 'Correct the line that is named, or make the list again with `holdfast catalog rebuild`.',
  cures: [
    { on: 'server', commands: ['holdfast catalog rebuild'], steps: ['The rebuild reads the volumes. Marks such as no-reuse stand only in the list: note them before.'] },
  ],
  check: 'holdfast check names the volume that the next run writes.',
  faultCodes: ['tapelist-damaged'],
  words: ['tapelist line ', 'tapelist: '],
  patterns: [/tapelist(?: line \d+)?: (?:label|date|tapelist|\S+ )/],
  samples: [
    { line: 'FAIL taper "ST:main" "POOL:main" laptop /home 20261126211001 0 "/var/lib/holdfast/tapelist: tapelist line 4: label home-0002 stands there twice"', from: 'the texts of Holdfast' },
  ],
}
