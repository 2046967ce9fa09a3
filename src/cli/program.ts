// The composition root: builds the real objects, hands them to the command that was asked for, and ends the process with its code. Started by main.ts.

import { systemClock } from '../kernel/clock.ts'
import { nodeDisk } from '../kernel/node-disk.ts'
import { nodeProcesses } from '../kernel/node-processes.ts'
import { systemRandom } from '../kernel/random.ts'
import { runCommandLine } from './command-line.ts'
import { COMMAND_GROUPS, COMMANDS } from './commands.ts'
import type { CliContext } from './context.ts'
import { thisMachine } from './machine.ts'
import { processStreams } from './output.ts'

// Keys, state and logs are nobody else's business.
process.umask(0o077)

const controller = new AbortController()
let interrupts = 0
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    controller.abort()
    // Whoever asks three times does not want to wait for a clean end.
    if (++interrupts >= 3) process.exit(130)
  })
}
// A reader that went away (`holdfast ls | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 74))

const context: CliContext = { machine: thisMachine(), clock: systemClock, disk: nodeDisk, processes: nodeProcesses, random: systemRandom, streams: processStreams, signal: controller.signal }
const code = await runCommandLine(COMMANDS, COMMAND_GROUPS, context, process.argv.slice(2))
// Output that is still in a pipe's buffer is written before the end.
process.stdout.write('', () => process.exit(code))
