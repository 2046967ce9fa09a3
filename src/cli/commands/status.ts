// `holdfast status`: what the server does now; with --live, until it is interrupted.

import type { CommandSpec } from '../command-line.ts'
import { needServerConfig } from '../context.ts'
import { controlCall, needServer } from '../control-call.ts'
import { exitCode } from '../exit-codes.ts'
import { showResult } from '../output.ts'
import { formatStatus } from '../status/status-text.ts'
import { RunWatcher } from '../watch-run.ts'

export const statusCommand: CommandSpec = {
  name: 'status',
  summary: 'Show what the server does now',
  options: [{ flags: '--live', text: 'go on and print what happens; with --json one event a line' }],
  examples: [
    { line: 'holdfast status', text: 'once' },
    { line: 'holdfast status --live', text: 'until Ctrl-C' },
  ],
  async run(context, given) {
    const config = await needServerConfig(context, given)
    if (!given.flag('live')) {
      showResult(context.streams, given.isJson, await controlCall(context, config, { kind: 'status' }), formatStatus)
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
