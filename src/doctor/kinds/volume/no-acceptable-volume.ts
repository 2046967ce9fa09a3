import type { FaultKind } from '../../contract.ts'

export const noAcceptableVolume: FaultKind = {
  code: 'no-acceptable-volume',
  severity: 'failure',
  symptom: 'The taper found no volume that it may write',
  cause: 'Every slot holds a volume that is still needed (fewer than tapecycle newer ones), a volume of another label, or none; and empty volumes may not be labelled, because autolabel is not set or does not name what was found.',
  confidence: 'certain',
  advice: 'Put in or label a volume that may be written, or allow autolabel.',
  cures: [
    { on: 'server', steps: ['amtape CONFIG inventory shows what is in each slot, and amadmin CONFIG tape which volume is expected.', 'Put a volume in that may be written, label a new one with amlabel, or allow it: autolabel "NAME-%%%" empty in amanda.conf.', 'What is on the holding disk goes to a volume later with amflush CONFIG.'] },
    { on: 'server of Holdfast', commands: ['holdfast check', 'holdfast storage check'], steps: ['They say why each volume may not be written. Add slots, lower keep of the storage (volumes, days, fulls), or allow what is in a slot with autolabel.', 'What is on the holding disk goes to a volume later with holdfast flush.'] },
  ],
  check: 'amcheck -t CONFIG, or holdfast check, names the volume it will write.',
  faultCodes: ['no-volume'],
  words: ['No acceptable volumes found', 'no volume of storage ', 'taper found no tape'],
  patterns: [/No acceptable volumes found/, /no volume of storage \S+ may be written: /, /taper found no tape/],
  followsFrom: ['volume-directory-missing', 'tape-device-missing', 'volume-not-writable'],
  samples: [
    { line: 'FAIL taper "ST:main" "POOL:main" client /lab/tree 20261126212213 1 "no volume of storage main may be written: slot1 (lab-0001): it is one of the 1 newest volumes"', from: 'a run log of Holdfast' },
    { line: 'ERROR taper no-tape error [No acceptable volumes found]', from: 'amdump of 3.5.1' },
    { line: 'driver: result time 1.002 from taper0: TAPE-ERROR worker0-0 "No acceptable volumes found"', from: 'amdump of 3.5.1' },
  ],
}
