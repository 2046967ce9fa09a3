// The tar member reader, the vetting of members before they are extracted, and their index lines. However the stream is cut, the members
// are the same.

import { indexLine, unescapeName } from '../../../src/wire/tar/index-line.ts'
import { TarMemberReader, type TarMember } from '../../../src/wire/tar/member-reader.ts'
import { placeOf } from '../../../src/wire/tar/member-place.ts'
import { Fault } from '../../../src/kernel/fault.ts'
import { cutUp, must, outcomeOf, type FuzzTarget } from '../target.ts'
import { GNU, signAll, TAR_END, tarArchives } from './tar-inputs.ts'

function read(pieces: readonly Buffer[], sink: (member: TarMember) => void): void {
  const reader = new TarMemberReader(sink)
  for (const piece of pieces) reader.push(piece)
  reader.finish()
}

const tar: FuzzTarget = {
  name: 'tar',
  summary: 'tar streams cut anywhere: members, vetting, index lines (src/wire/tar)',
  codes: ['wire-malformed'],
  corpus: tarArchives,
  words: ['ustar\u000000', GNU, './', '../', '/', 'path=', 'linkpath=', 'size=', 'GNU.sparse.size=', '\u0000', '\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff', '77777777777', '30 path='],
  generate: (random, mutate) => {
    const all = tarArchives()
    return signAll(mutate(all[random.int(all.length)] ?? TAR_END))
  },
  run(input) {
    const members: TarMember[] = []
    const shown = (sink: TarMember[]): string => outcomeOf(() => sink.map((each) => [each.kind, each.name, each.linkName, each.size, each.offset]))
    const others: TarMember[] = []
    const whole = outcomeOf(() => read([Buffer.from(input)], (each) => members.push(each)))
    must(outcomeOf(() => read(cutUp(input), (each) => others.push(each))) === whole && shown(others) === shown(members), 'the cut of the bytes makes no difference')
    for (const each of members) {
      const line = indexLine(each)
      must(line.startsWith('/') && !line.includes('\n'), 'an index line begins with a slash and is one line')
      unescapeName(line)
      must(each.size >= 0 && each.dataBytes >= 0, 'sizes are not negative')
      try {
        const place = placeOf(each.name, 'a member')
        must(!place.directory.startsWith('/') && ![...place.directory.split('/'), place.name].some((part) => part === '..' || part === '.'), 'a member that is placed stays below its target')
      } catch (error) {
        if (!(error instanceof Fault) || error.code !== 'restore-unsafe') throw error
      }
    }
    read([Buffer.from(input)], () => undefined)
  },
}

export const TAR_TARGETS: readonly FuzzTarget[] = [tar]
