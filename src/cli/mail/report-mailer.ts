// Mails the report of one run: builds it, asks whether it is wanted, sends it within its time, and notes the outcome. It never rejects: a report that
// cannot be mailed is told in status and in the next report.

import type { Catalog, RunId } from '../../catalog/contract.ts'
import { serverLayout } from '../../config/layout.ts'
import type { MailConfig, MailVia, ResolvedConfig } from '../../config/resolved.ts'
import { withTimeout } from '../../kernel/clock.ts'
import { readFile } from '../../kernel/disk.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { MailOutcome } from '../../server/control/contract.ts'
import type { ReportMailer } from '../../server/daemon.ts'
import type { CliContext } from '../context.ts'
import { reportOfRun } from '../report/report-of-run.ts'
import type { SmtpLogin } from './mail-library.ts'
import { isMailWanted, mailMessage, type MailMessage } from './mail-message.ts'
import { NO_OUTCOMES, readMailOutcomes, withOutcome, writeMailOutcomes, type MailOutcomes } from './mail-outcomes.ts'
import { sendByProgram } from './program-mail.ts'

const PASSWORD_BYTES_MAX = 4096
const CERTIFICATES_BYTES_MAX = 4 * 1024 * 1024

type Context = Pick<CliContext, 'clock' | 'disk' | 'processes' | 'machine'>
type Smtp = Extract<MailVia, { kind: 'smtp' }>

async function loginOf({ disk }: Context, { user, passwordFile }: Smtp): Promise<SmtpLogin | undefined> {
  if (user === undefined || passwordFile === undefined) return undefined
  const password = (await readFile(disk, passwordFile, PASSWORD_BYTES_MAX)).toString('utf8').replace(/\r?\n$/, '')
  return { user, password }
}

async function send(context: Context, { via, timeoutMs }: MailConfig, message: MailMessage): Promise<void> {
  const { clock, disk, processes, machine } = context
  const wallMs = clock.wallMs()
  // A command that mails nothing has no use for the library.
  const { composeMail, sendBySmtp } = await import('./mail-library.ts')
  await withTimeout(clock, timeoutMs, 'sending the mail', async (signal) => {
    if (via.kind === 'program') return sendByProgram(via.argv, await composeMail(message, wallMs), processes, signal)
    const trusted = via.caFile === undefined ? undefined : (await readFile(disk, via.caFile, CERTIFICATES_BYTES_MAX)).toString('utf8')
    return sendBySmtp(message, wallMs, { via, hostname: machine.hostname, login: await loginOf(context, via), trusted, timeoutMs })
  })
}

class ConfiguredMailer implements ReportMailer {
  readonly #context: Context
  readonly #config: ResolvedConfig
  readonly #mail: MailConfig
  readonly #catalog: Catalog
  readonly #file: string
  #outcomes: MailOutcomes = NO_OUTCOMES

  constructor(context: Context, config: ResolvedConfig, mail: MailConfig, catalog: Catalog, file: string) {
    this.#context = context
    this.#config = config
    this.#mail = mail
    this.#catalog = catalog
    this.#file = file
  }

  async last(): Promise<MailOutcome | undefined> {
    return (await this.#newest()).last
  }

  /** `report --mail` writes the file too; when it cannot be written, what this process knows is newer. */
  async #newest(): Promise<MailOutcomes> {
    const written = await readMailOutcomes(this.#context.disk, this.#file)
    return (written.last?.atMs ?? 0) >= (this.#outcomes.last?.atMs ?? 0) ? written : this.#outcomes
  }

  /** `isForced`: whatever `when` says. */
  async send(id: RunId, isForced = false): Promise<MailOutcome> {
    const { clock, disk, machine } = this.#context
    this.#outcomes = await this.#newest()
    let result: Pick<MailOutcome, 'status' | 'message'>
    try {
      result = { status: await this.#try(id, isForced, machine.hostname) }
    } catch (error) {
      result = { status: 'failed', message: faultOf(error).message }
    }
    const outcome: MailOutcome = { run: id, atMs: clock.wallMs(), ...result }
    this.#outcomes = withOutcome(this.#outcomes, outcome)
    // Kept in memory as well: what cannot be written now is told as long as the server lives.
    await writeMailOutcomes(disk, this.#file, this.#outcomes).catch(() => undefined)
    return outcome
  }

  async #try(id: RunId, isForced: boolean, hostname: string): Promise<'sent' | 'not-wanted'> {
    const run = (await this.#catalog.runs()).find((candidate) => candidate.id === id)
    if (run === undefined) throw new Fault('dump-missing', `the catalog has no run ${id}`)
    // Nobody is making it any more: a run that is still called running could not be recorded to its end.
    const ended = run.status === 'running' ? { ...run, status: 'crashed' as const } : run
    const view = await reportOfRun(this.#catalog, this.#config, hostname, ended, this.#outcomes.untold.filter((failure) => failure.run !== id), this.#context.disk)
    if (!isForced && !isMailWanted(this.#mail.when, view)) return 'not-wanted'
    await send(this.#context, this.#mail, mailMessage(this.#mail, view))
    return 'sent'
  }
}

/** Undefined when the configuration has no `mail`. */
export function reportMailerOf(context: Context, config: ResolvedConfig, catalog: Catalog): ConfiguredMailer | undefined {
  return config.mail === undefined ? undefined : new ConfiguredMailer(context, config, config.mail, catalog, serverLayout(config).mailOutcomesFile)
}
