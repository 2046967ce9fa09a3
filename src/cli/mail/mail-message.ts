// The mail of a report: whether there is one, its subject in the form that filters for Amanda's mails know, and its text. Pure.

import type { MailConfig } from '../../config/resolved.ts'
import { exitCode } from '../exit-codes.ts'
import { formatReport } from '../report/report-text.ts'
import type { ReportView } from '../report/report-view.ts'
import { printable } from '../text-table.ts'

export interface MailMessage {
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
}

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']

/** `20261123220906` → `November 23, 2026`, as in Amanda's subjects. */
function dateOfRun(run: string): string {
  const month = MONTHS[Number(run.slice(4, 6)) - 1]
  return month === undefined ? run : `${month} ${Number(run.slice(6, 8))}, ${run.slice(0, 4)}`
}

/** Something was not backed up, or is on no volume although it should be. */
function isFailed({ exitCode: code, run }: ReportView): boolean {
  return run.status !== 'done' || (code & ~(exitCode('strange') | exitCode('missing'))) !== 0
}

function outcomeWord(view: ReportView): string {
  if (isFailed(view)) return ' FAIL:'
  if ((view.exitCode & exitCode('missing')) !== 0) return ' MISSING:'
  return (view.exitCode & exitCode('strange')) === 0 ? '' : ' STRANGE:'
}

/** Whether the operator wants the report of such a run. */
export function isMailWanted(when: MailConfig['when'], view: ReportView): boolean {
  switch (when) {
    case 'always':
      return true
    case 'strange':
      return view.exitCode !== 0 || isFailed(view)
    case 'failed':
      return (view.exitCode & ~exitCode('strange')) !== 0 || isFailed(view)
  }
}

/** `Example FAIL: HOLDFAST MAIL REPORT FOR November 23, 2026`; the configuration follows where the organisation does not name it. */
export function mailSubject(view: ReportView): string {
  const config = view.organisation === view.configName ? '' : ` (${view.configName})`
  return printable(`${view.organisation}${outcomeWord(view)} HOLDFAST MAIL REPORT FOR ${dateOfRun(view.run.id)}${config}`)
}

export function mailMessage(mail: MailConfig, view: ReportView): MailMessage {
  return { from: mail.from ?? `holdfast@${view.hostname}`, to: mail.to, subject: mailSubject(view), text: formatReport(view) }
}
