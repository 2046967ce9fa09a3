import type { FaultKind } from '../../contract.ts'

export const volumeLabelWrong: FaultKind = {
  code: 'volume-label-wrong',
  severity: 'warning',
  symptom: 'A volume in the changer has a label that does not belong to this configuration',
  cause: 'labelstr says what labels look like that this configuration writes. A volume of another configuration, or one that was labelled before labelstr was changed, is passed over.',
  confidence: 'certain',
  advice: 'Put in volumes of this configuration, or correct labelstr.',
  cures: [
    { on: 'server', commands: ['amtape CONFIG inventory', 'amgetconf CONFIG labelstr'], steps: ['Take volumes of other configurations out of this changer. If labelstr is what is wrong, correct it in amanda.conf.', 'A volume whose data nobody needs gets a new label with amlabel -f CONFIG LABEL slot N: what is on it is lost.'] },
  ],
  check: 'amcheck -t CONFIG names the volume it will write.',
  words: ['match labelstr', 'match the labelstr'],
  patterns: [/do(?:es)? not match labelstr/, /doesn't match the labelstr/],
  samples: [
    { line: 'INFO taper Slot 1 with label DAILY-1 do not match labelstr', from: 'the texts of Amanda 3.5.1' },
    { line: "Label 'BAD1' doesn't match the labelstr 'LOC[0-9][0-9]'.", from: 'amlabel of 3.5.1' },
  ],
}
