import type { FaultKind } from '../../contract.ts'

export const volumeParityError: FaultKind = {
  code: 'volume-parity-error',
  severity: 'failure',
  symptom: 'A volume that is spread over several devices is not consistent',
  cause: 'In a RAIT array one child has the parity of the others. The block that was read is not what its parity says, or a child failed: one child has a volume of another set, or is damaged.',
  confidence: 'certain',
  advice: 'See that all children have the volumes of the same set.',
  cures: [
    { on: 'server', commands: ['amdevcheck CONFIG RAIT-DEVICE'], steps: ['Look at the label of each child device by itself. With one damaged child, replace its name by MISSING in the device: the others are enough to read.'] },
  ],
  check: 'amcheckdump CONFIG validates the dump.',
  words: ['RAIT is inconsistent', 'RAIT array'],
  patterns: [/RAIT is inconsistent: Parity block did not match data blocks/, /RAIT array \S+ FAILED/],
  samples: [
    { line: 'taper: RAIT is inconsistent: Parity block did not match data blocks.', from: 'the texts of Amanda 3.5.1' },
  ],
}
