// `holdfast storage check`: runs the suite that every device must pass against a scratch volume beside the real ones, so that a file
// system that lies about what it stored is found before a backup trusts it.

import { checkDevice, type DeviceCheck } from '../../storage/device-suite.ts'
import { openVtapeDevice } from '../../storage/vtape/vtape-device.ts'
import { Fault } from '../../kernel/fault.ts'
import type { Disk } from '../../kernel/disk.ts'
import type { CommandBody } from '../command-line.ts'
import { needServerConfig } from '../context.ts'
import { exitCode } from '../exit-codes.ts'
import { showResult } from '../output.ts'

/** Large enough for every check, small enough to be filled to its end. */
const SCRATCH_BYTES = 32 * 1024 * 1024

async function removeScratch(disk: Disk, dir: string): Promise<void> {
  for (const entry of await disk.list(dir)) await disk.remove(`${dir}/${entry.name}`)
  await disk.removeDir(dir)
}

function formatChecks(checks: readonly DeviceCheck[]): string {
  const lines = checks.map((check) => (check.failure === undefined ? `ok      ${check.name}\n` : `FAILED  ${check.name}: ${check.failure}\n`))
  const failed = checks.filter((check) => check.failure !== undefined).length
  return `${lines.join('')}${failed === 0 ? 'The storage can be trusted.' : `${failed} of ${checks.length} checks failed: do not trust this storage.`}\n`
}

export const storageCheckCommand: CommandBody = {
  details: ['Writes a scratch volume of some MiB beside the real ones, reads it back in every way Holdfast uses, and removes it. Nothing else is touched.'],
  examples: [{ line: 'holdfast storage check', text: 'before the first dump, and after a change of the file system' }],
  async run(context, given) {
    const config = await needServerConfig(context, given)
    const { directory } = config.storage
    if ((await context.disk.stat(directory))?.kind !== 'directory') throw new Fault('volume-missing', `the storage ${directory} is not there`)
    const scratch = `${directory}/check-${Buffer.from(context.random.bytes(6)).toString('hex')}`
    await context.disk.makeDir(scratch)
    try {
      const checks = await checkDevice(() => Promise.resolve(openVtapeDevice(context.disk, scratch, SCRATCH_BYTES)))
      showResult(context.streams, given.isJson, { storage: config.storage.name, checks }, (value) => formatChecks(value.checks))
      return exitCode(checks.some((check) => check.failure !== undefined) ? 'data' : 'ok')
    } finally {
      await removeScratch(context.disk, scratch)
    }
  },
}
