// Amanda's files: dump header, tapelist, run log.

import { decodeDumpHeader, encodeDumpHeader, type DumpHeader } from '../../../src/wire/amanda/dump-header.ts'
import { Fault } from '../../../src/kernel/fault.ts'
import { formatRunLogEntry, parsePartEntry, parseRunLog } from '../../../src/wire/amanda/run-log.ts'
import { formatTapelist, parseTapelist } from '../../../src/wire/amanda/tapelist.ts'
import { must, testdata, type FuzzTarget } from '../target.ts'

const OURS: DumpHeader = {
  kind: 'split-file', datestamp: '20260101000000', host: 'h', disk: '/a b"', level: 1, part: { number: 2, total: -1 }, compress: '.zst', isEncrypted: true, program: 'APPLICATION', application: 'gnutar', serverCustomCompress: '/usr/bin/zstd',
  isPartial: true, originalKib: 9, nativeCrc: '00000000:9', clientCrc: '00000001:9', serverCrc: '0000000f:9', dleXml: '<dle>\n  <disk>/</disk>\n</dle>\n', decryptCommand: 'gpg -d |', uncompressCommand: 'zstd -dc |', recoverCommand: 'tar -xf -', blockKib: 32,
}

/** A corpus of text without the padding, which would only dilute the mutations. */
function unpadded(block: Buffer): Buffer {
  const end = block.indexOf(0)
  return end < 0 ? block : block.subarray(0, end)
}

const header: FuzzTarget = {
  name: 'dump-header',
  summary: 'headers of volumes and holding files (dump-header.ts)',
  codes: ['wire-malformed'],
  corpus: () => [
    ...testdata('amanda/vtapes-bsdtcp/slot1/00000.LAB01', 'amanda/vtapes-bsdtcp/slot1/00001.amclient._srv_small.0', 'amanda/vtapes-bsdtcp-amgtar/slot1/00001.amclient._srv_small.0').map((file) => unpadded(file.subarray(0, 32_768))),
    unpadded(encodeDumpHeader(OURS)),
    unpadded(encodeDumpHeader({ kind: 'tapeend', datestamp: '20260101000000' })),
  ],
  words: ['AMANDA: ', 'NETDUMP: ', 'FILE ', 'SPLIT_FILE ', 'CONT_FILE ', 'TAPESTART DATE ', 'TAPEEND DATE ', ' TAPE ', ' lev ', ' comp ', ' program ', ' part 1/-1', ' crypt enc', 'server_custom_compress', 'DLE=<<ENDDLE\n', 'ENDDLE\n', 'ORIGSIZE=', 'NATIVE_CRC=', 'CONT_FILENAME=', 'PARTIAL=YES', '\tdd if=<tape> bs=32k skip=1 |', '\f', '\n', '"', '\\'],
  run(input) {
    const decoded = decodeDumpHeader(input)
    let again: Buffer
    try {
      again = encodeDumpHeader(decoded)
    } catch (error) {
      // A word of another's header may be one that we do not write.
      if (error instanceof Fault) return
      throw error
    }
    must(decodeDumpHeader(again).kind === decoded.kind, 'a header that was written can be read')
  },
}

const tapelist: FuzzTarget = {
  name: 'tapelist',
  summary: 'the tapelist; what is read and written again loses no volume (tapelist.ts)',
  codes: ['wire-malformed'],
  corpus: () => [...testdata('amanda/tapelist'), Buffer.from('20260102000000 B-2 no-reuse BARCODE:x META:m # a comment\n0 B-3 reuse\n')],
  words: ['reuse', 'no-reuse', 'BLOCKSIZE:', 'POOL:', 'STORAGE:', 'CONFIG:', 'BARCODE:', 'META:', ' #', '\n', '\t', '20260102000000 ', '0 ', '\u00a0', '\u2028'],
  run(input) {
    const entries = parseTapelist(input.toString('utf8'))
    const again = parseTapelist(formatTapelist(entries))
    const shown = (list: typeof entries): string => JSON.stringify(list.map((entry) => Object.entries(entry).filter(([key]) => key !== 'comment').toSorted(([a], [b]) => (a < b ? -1 : 1))).toSorted((a, b) => (String(a) < String(b) ? -1 : 1)))
    must(shown(again) === shown(entries), 'a tapelist that was read and written says the same')
  },
}

const runLog: FuzzTarget = {
  name: 'run-log',
  summary: 'the log of a run and its PART lines (run-log.ts)',
  codes: ['wire-malformed'],
  corpus: () => [...testdata('amanda/log.20261123220906.0', 'amanda/log.20261123222437.0'), Buffer.from('PART taper ST:main POOL:main VOL-1 1 h / 20260101000000 1/-1 0 [sec 1.0 bytes 5 kps 5.0]\n')],
  words: ['PART taper ', 'DONE taper ', 'FAIL dumper ', 'START taper ', 'ST:', 'POOL:', '\n  ', '\n', '"', '\\', ' 1/-1 '],
  run(input) {
    const entries = parseRunLog(input.toString('utf8'))
    for (const entry of entries) {
      must(parseRunLog(formatRunLogEntry(entry)).length === 1, 'an entry that was read is written as one')
      try {
        parsePartEntry(entry)
      } catch (error) {
        if (!(error instanceof Fault)) throw error
      }
    }
  },
}

export const AMANDA_FILE_TARGETS: readonly FuzzTarget[] = [header, tapelist, runLog]
