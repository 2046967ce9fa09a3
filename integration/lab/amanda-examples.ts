// The configurations that come with Amanda as examples, as directories below one that stands for /etc/amanda.

import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'

export const TEMPLATES = '/usr/share/amanda/template.d'
const EXAMPLE = '/usr/share/doc/amanda-common/amanda.conf.gz'

/** A configuration of that name below `etc`. */
export function putConfig(etc: string, name: string, conf: string, disklist: string): void {
  mkdirSync(path.join(etc, name))
  writeFileSync(path.join(etc, name, 'amanda.conf'), conf, 'latin1')
  writeFileSync(path.join(etc, name, 'disklist'), disklist, 'latin1')
}

/** Amanda's examples, by their names below `etc`: those that are complete, and the lists that they include. */
export function putExamples(etc: string): string[] {
  for (const name of readdirSync(TEMPLATES)) copyFileSync(path.join(TEMPLATES, name), path.join(etc, name))
  const complete = readdirSync(TEMPLATES).filter((name) => /^(?:amanda-|advanced).*\.conf$/.test(name))
  for (const name of complete) {
    putConfig(etc, name.replace(/\.conf$/, ''), readFileSync(path.join(TEMPLATES, name), 'latin1'), '')
    for (const part of ['dumptypes', 'tapetypes', 'advanced.conf']) copyFileSync(path.join(TEMPLATES, part), path.join(etc, name.replace(/\.conf$/, ''), part))
  }
  putConfig(etc, 'example', gunzipSync(readFileSync(EXAMPLE)).toString('latin1'), '')
  putConfig(etc, 'lists', `includefile "${'/etc/amanda/dumptypes'}"\nincludefile "/etc/amanda/tapetypes"\n`, '')
  return [...complete.map((name) => name.replace(/\.conf$/, '')), 'example', 'lists']
}
