// `holdfast server run`: the server, until it is told to stop.

import { serverLayout } from '../../config/layout.ts'
import type { CommandBody } from '../command-line.ts'
import { needServerConfig } from '../context.ts'
import { exitCode } from '../exit-codes.ts'
import { openLog } from '../log.ts'
import { startServerProcess } from '../server-process.ts'
import { formatEvent } from '../status/event-text.ts'

export const serverRunCommand: CommandBody = {
  details: ['Listens for agents, makes the runs of the schedule, answers `status`, `dump` and the other commands. Cleans up after a crash by itself. Ends at SIGTERM or Ctrl-C; dumps that run then are kept as partial.'],
  examples: [{ line: 'holdfast server run', text: 'as a service of the system' }],
  async run(context, given) {
    const config = await needServerConfig(context, given)
    const log = openLog({ file: serverLayout(config).serverLogFile, isVerbose: given.isVerbose, plain: context.streams.err })
    await using running = await startServerProcess(context, config, log, (event) => {
      const line = formatEvent(event)
      // What the doctor says of all dumps together is in `report`; each dump's line has its codes.
      if (line !== undefined) log.info(event.kind === 'run-ended' ? (line.split('\n', 1)[0] ?? '') : line.trimEnd())
    })
    log.info('the server listens', { address: config.tether.address, port: running.port })
    await new Promise<void>((resolve) => {
      context.signal.addEventListener('abort', () => resolve(), { once: true })
      if (context.signal.aborted) resolve()
      void running.server.stopped.then(resolve)
    })
    log.info('the server stops')
    return exitCode('ok')
  },
}
