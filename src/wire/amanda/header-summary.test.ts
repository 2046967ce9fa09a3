import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeDumpHeader } from './dump-header.ts'
import { headerSummary } from './header-summary.ts'

// Lines that stock Amanda 3.5.1 prints of these headers.
const LINES: readonly (readonly [string, string])[] = [
  ['TAPESTART DATE 20261127154649 TAPE LAB01', 'start of tape: date 20261127154649 label LAB01'],
  ['TAPEEND DATE 20261127154649', 'end of tape: date 20261127154649'],
  ['NOOP', 'NOOP file'],
  ['FILE 20261127154649 h /d  lev 0 comp N program /bin/tar', 'FILE: date 20261127154649 host h disk /d lev 0 comp N program /bin/tar'],
  ['CONT_FILE 20261127154649 h /d  lev 0 comp N program /bin/tar', 'CONT_FILE: date 20261127154649 host h disk /d lev 0 comp N program /bin/tar'],
  ['SPLIT_FILE 20261127154649 h "my d"  part 2/5  lev 0 comp N program /bin/tar', 'split dumpfile: date 20261127154649 host h disk "my d" part 2/5 lev 0 comp N program /bin/tar'],
  ['SPLIT_FILE 1 h /d  part 1/-1  lev 0 comp .gz program /bin/tar crypt enc server_encrypt /e server_decrypt_option -d', 'split dumpfile: date 1 host h disk /d part 1/UNKNOWN lev 0 comp .gz program /bin/tar crypt enc server_encrypt /e server_decrypt_option -d'],
  ['FILE 1 h /d  lev 0 comp cust program APPLICATION client_custom_compress /z', 'FILE: date 1 host h disk /d lev 0 comp cust program APPLICATION client_custom_compress /z'],
]

test('headers are told as stock Amanda tells them', () => {
  for (const [header, line] of LINES) assert.equal(headerSummary(decodeDumpHeader(Buffer.from(`AMANDA: ${header}\n\f\n`))), line)
  assert.equal(headerSummary(undefined), 'WEIRD file')
})
