// `holdfast version`: this program, its Node and its platform, for bug reports.

import { readFile } from '../../kernel/disk.ts'
import { Fault } from '../../kernel/fault.ts'
import type { CommandBody } from '../command-line.ts'
import type { CliContext } from '../context.ts'
import { exitCode } from '../exit-codes.ts'
import { packageRoot } from '../package-root.ts'
import { showResult } from '../output.ts'

export async function programVersion(context: CliContext): Promise<string> {
  const text = (await readFile(context.disk, `${packageRoot(import.meta.dirname)}/package.json`)).toString('utf8')
  const version: unknown = (JSON.parse(text) as { version?: unknown }).version
  if (typeof version !== 'string') throw new Fault('internal', 'package.json has no version')
  return version
}

export const versionCommand: CommandBody = {
  examples: [{ line: 'holdfast version --json', text: 'for a bug report' }],
  async run(context, given) {
    const value = { version: await programVersion(context), node: process.versions.node, platform: `${process.platform}-${process.arch}` }
    showResult(context.streams, given.isJson, value, ({ version, node, platform }) => `holdfast ${version} (Node ${node}, ${platform})\n`)
    return exitCode('ok')
  },
}
