// `cat` of recovery.

import { Fault } from '../../kernel/fault.ts'
import { fileContent } from '../../restore/recover/file-content.ts'
import { needEntry, type PathWord } from './path-words.ts'
import type { Place } from './recover-source.ts'
import type { Work } from './work.ts'

/** Prints what is in a file, byte by byte. */
export async function printContent(work: Work, { tree }: Place, word: PathWord): Promise<void> {
  const { source, context, printer, signal } = work
  const entry = await needEntry(tree, word)
  const tools = { stores: source.stores, processes: context.processes, openOne: (dump: Place['chain'][number]) => source.openTree([dump]) }
  await printer.flush()
  for await (const piece of fileContent(tools, entry)) {
    if (signal.aborted) throw new Fault('cancelled', 'the command was stopped')
    await printer.bytes(piece)
  }
}
