// `holdfast config show` and `holdfast config check`: what the configuration means, and whether it is right.

import { exitCode } from '../exit-codes.ts'
import type { CommandBody } from '../command-line.ts'
import { needServerConfig, readServerConfig } from '../context.ts'
import { stringify } from 'yaml'
import { formatProblem, showResult } from '../output.ts'

export const configShowCommand: CommandBody = {
  details: ['Sizes are bytes and times milliseconds. What is left out of each disk by default stands under excludeFiles.'],
  examples: [
    { line: 'holdfast config show', text: 'as YAML' },
    { line: 'holdfast config show --json', text: 'for a program' },
  ],
  async run(context, given) {
    const config = await needServerConfig(context, given)
    showResult(context.streams, given.isJson, config, (value) => stringify(value, { aliasDuplicateObjects: false }))
    return exitCode('ok')
  },
}

export const configCheckCommand: CommandBody = {
  details: ['Each problem has file, line and column, what is wrong and what to do. Ends with 78 when there are errors.'],
  examples: [{ line: 'holdfast config check --config ./new.yaml', text: 'before it is put in place' }],
  async run(context, given) {
    const { file, config, problems } = await readServerConfig(context, given)
    showResult(context.streams, given.isJson, { file, isValid: config !== undefined, problems }, (value) => {
      const lines = value.problems.map(formatProblem).join('')
      return config === undefined ? lines : `${lines}${file} is good: ${config.disklist.length} disks on ${new Set(config.disklist.map((entry) => entry.host)).size} hosts.\n`
    })
    return config === undefined ? exitCode('config') : exitCode('ok')
  },
}
