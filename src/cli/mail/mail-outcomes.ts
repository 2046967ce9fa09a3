// What became of the reports that were to be mailed, in one small file of the state directory: the newest outcome for status, and the failures
// that no later report has told yet. A file that cannot be read is none: it is not worth a run.

import { z } from 'zod'
import type { RunId } from '../../catalog/contract.ts'
import { readFile, replaceFile, type Disk } from '../../kernel/disk.ts'
import type { MailOutcome } from '../../server/control/contract.ts'

const FILE_BYTES_MAX = 256 * 1024
/** A mail server that is away for longer than that is told of by the newest ones. */
const UNTOLD_MAX = 10
const MESSAGE_CHARS_MAX = 1000

const outcomeSchema = z.object({ run: z.string().regex(/^\d{14}$/), atMs: z.number(), status: z.enum(['sent', 'failed', 'not-wanted']), message: z.string().optional() })
const fileSchema = z.object({ version: z.literal(1), last: outcomeSchema.optional(), untold: z.array(outcomeSchema).max(UNTOLD_MAX) })

export interface MailOutcomes {
  readonly last: MailOutcome | undefined
  /** Failures, oldest first. */
  readonly untold: readonly MailOutcome[]
}

export const NO_OUTCOMES: MailOutcomes = { last: undefined, untold: [] }

function outcomeOf({ run, atMs, status, message }: z.output<typeof outcomeSchema>): MailOutcome {
  return { run: run as RunId, atMs, status, ...(message === undefined ? {} : { message }) }
}

export async function readMailOutcomes(disk: Disk, file: string): Promise<MailOutcomes> {
  try {
    const parsed = fileSchema.parse(JSON.parse((await readFile(disk, file, FILE_BYTES_MAX)).toString('utf8')))
    return { last: parsed.last === undefined ? undefined : outcomeOf(parsed.last), untold: parsed.untold.map(outcomeOf) }
  } catch {
    return NO_OUTCOMES
  }
}

/** A report that was sent has told all failures before it; a report of the same run takes the place of an earlier one. */
export function withOutcome({ untold }: MailOutcomes, outcome: MailOutcome): MailOutcomes {
  const short = outcome.message === undefined ? outcome : { ...outcome, message: outcome.message.slice(0, MESSAGE_CHARS_MAX) }
  const others = untold.filter(({ run }) => run !== outcome.run)
  switch (outcome.status) {
    case 'sent':
      return { last: short, untold: [] }
    case 'failed':
      return { last: short, untold: [...others, short].slice(-UNTOLD_MAX) }
    case 'not-wanted':
      return { last: short, untold }
  }
}

export async function writeMailOutcomes(disk: Disk, file: string, { last, untold }: MailOutcomes): Promise<void> {
  await replaceFile(disk, file, Buffer.from(`${JSON.stringify({ version: 1, ...(last === undefined ? {} : { last }), untold })}\n`))
}
