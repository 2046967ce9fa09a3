// `amfetchdump --extract`: an archive of tar is put into a directory by our own extractor, which lets nothing out of it, whatever the archive says. Lists of
// incremental dumps are obeyed. What is no archive of tar takes the application that made it.

import { readFileSync } from 'node:fs'
import { extractArchive } from '../../archive/extract/extract-archive.ts'
import { pathSelection } from '../../archive/extract/path-selection.ts'
import { problemText } from '../../archive/extract/problem-text.ts'
import type { ByteSource } from '../../kernel/byte-stream.ts'
import type { Disk } from '../../kernel/disk.ts'
import { Fault } from '../../kernel/fault.ts'
import type { DumpFileHeader } from '../../wire/amanda/dump-header.ts'
import { isTarArchive } from '../../wire/amanda/tar-dump.ts'
import type { AmfetchdumpCall } from './amfetchdump-options.ts'
import { systemWords } from './amanda-files.ts'

type Extract = NonNullable<AmfetchdumpCall['extract']>

export type Selection = (path: string) => boolean

function readList(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter((line) => line !== '')
  } catch (error) {
    throw new Fault('usage-wrong', `cannot read the list ${path}: ${systemWords(error)}`, { cause: error })
  }
}

/** Which members are wanted; undefined: all. Reads the lists. */
export function selectionOf({ included, includeLists, excluded, excludeLists }: Extract): Selection | undefined {
  const wanted = [...included, ...includeLists.flatMap(readList)]
  const unwanted = [...excluded, ...excludeLists.flatMap(readList)]
  if (wanted.length === 0 && unwanted.length === 0) return undefined
  const isWanted = wanted.length === 0 ? (): boolean => true : pathSelection(wanted)
  const isUnwanted = unwanted.length === 0 ? (): boolean => false : pathSelection(unwanted)
  return (path) => isWanted(path) && !isUnwanted(path)
}

export interface ExtractPlace {
  readonly target: string
  readonly select: Selection | undefined
  readonly disk: Disk
  /** Only root gives files to others. */
  readonly isRoot: boolean
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** Throws `restore-target` for a dump that is no archive of tar. Returns a consumer that says whether all was restored. */
export function extractor(header: DumpFileHeader, { target, select, disk, isRoot, signal, say }: ExtractPlace): (bytes: ByteSource) => Promise<boolean> {
  if (!isTarArchive(header)) {
    throw new Fault('restore-target', `a dump of the application ${header.application ?? header.program} cannot be extracted here: fetch it without --extract and give it to that application`)
  }
  return async (bytes) => {
    const options = { target, existing: 'replace', owners: isRoot ? 'number' : 'none', isIncremental: select === undefined, ...(select === undefined ? {} : { select }) } as const
    const { problems } = await extractArchive(bytes, options, { disk }, () => undefined, signal)
    for (const problem of problems) say(`application stderr: ${problemText(problem)}`)
    return !problems.some(({ severity }) => severity === 'failed')
  }
}
