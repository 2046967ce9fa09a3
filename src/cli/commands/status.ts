// `holdfast status`: what the server does now; with --live, until it is interrupted.

import type { CommandBody } from '../command-line.ts'
import type { ResolvedConfig } from '../../config/resolved.ts'
import type { StatusSnapshot } from '../../server/control/contract.ts'
import { needServerConfig, type CliContext } from '../context.ts'
import { controlCall, needServer } from '../control-call.ts'
import { doctorNotes, type DoctorNote } from '../doctor-notes.ts'
import { exitCode } from '../exit-codes.ts'
import { showResult } from '../output.ts'
import { formatStatus } from '../status/status-text.ts'
import { RunWatcher } from '../watch-run.ts'

/** The server's snapshot, and what the doctor knows about the dumps of the run that goes on, or else of the last one. */
async function statusOf(context: CliContext, config: ResolvedConfig): Promise<StatusSnapshot & { readonly findings: readonly DoctorNote[] }> {
  const snapshot = await controlCall(context, config, { kind: 'status' })
  return { ...snapshot, findings: doctorNotes((snapshot.current ?? snapshot.lastRun)?.dumps ?? []) }
}

export const statusCommand: CommandBody = {
  options: [{ flags: '--live', text: 'go on and print what happens; with --json one event a line' }],
  examples: [
    { line: 'holdfast status', text: 'once' },
    { line: 'holdfast status --live', text: 'until Ctrl-C' },
  ],
  async run(context, given) {
    const config = await needServerConfig(context, given)
    if (!given.flag('live')) {
      showResult(context.streams, given.isJson, await statusOf(context, config), formatStatus)
      return exitCode('ok')
    }
    await using client = await needServer(context, config)
    const watcher = new RunWatcher(context, given.isJson)
    await client.call({ kind: 'watch' }, (event) => {
      if (given.isJson) context.streams.out(`${JSON.stringify(event)}\n`)
      else {
        if (event.kind === 'snapshot') context.streams.out(formatStatus(event.snapshot))
        watcher.take(event)
      }
    })
    watcher.end()
    return exitCode('ok')
  },
}
