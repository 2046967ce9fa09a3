// The holdfast.yaml that `holdfast import` writes: a resolved Amanda configuration with comments. What became of the settings that have no place in it stands at its end.

import { asWritten } from '../../as-written.ts'
import { formatYaml } from '../../format-yaml.ts'
import type { ServerInput } from '../../schema.ts'
import { formatRemark, severityOf, type AmandaRemark } from './remark.ts'

export interface ImportSource {
  /** What was read, for the head of the file. */
  readonly file: string
  readonly input: ServerInput
  readonly remarks: readonly AmandaRemark[]
  /** What Amanda's configuration says of dumptypes, by their names here. */
  readonly comments: ReadonlyMap<string, string>
}

const HEADINGS = { error: 'What cannot be used:', warning: 'What is not as in Amanda:', note: 'What was left out and changes no backup:' } as const

export function importYaml({ file, input, remarks, comments }: ImportSource): string {
  const tail = (['error', 'warning', 'note'] as const).flatMap((severity) => {
    const own = remarks.filter((remark) => severityOf(remark) === severity)
    return own.length === 0 ? [] : ['', HEADINGS[severity], ...own.map((remark) => `  ${formatRemark(remark).replace(`: ${severity}: `, ': ')}`)]
  })
  return formatYaml(asWritten(input), {
    head: [`From ${file}, by \`holdfast import\`. All settings: docs/configuration.md.`, 'Amanda is started by cron. To have the server start runs by itself: `schedule: {at: "45 0 * * *"}`, and take amdump out of the crontab.'],
    above: new Map([...comments].map(([dumptype, text]) => [`dumptypes/${dumptype}`, text])),
    tail,
  })
}
