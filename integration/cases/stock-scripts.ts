// A stock server dumps a disk of our agent with a script that moves the dump to another directory, and one whose script fails. The agent
// stands where the server expects amandad (auth local), in a private mount namespace.

import { chmodSync, mkdirSync, readFileSync, writeFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { command, runCommand } from '../lab/commands.ts'
import { must } from '../lab/must.ts'
import { noMounts } from '../lab/namespaces.ts'
import { amandaConf, AUTOLABEL } from '../lab/stock-amanda.ts'
import { StockRoom } from '../lab/stock-room.ts'

const AMANDAD = '/usr/lib/amanda/amandad'
const STAND_IN = path.resolve(import.meta.dirname, '../lab/amandad-stand-in.ts')
const CONFIG = 'lab'

function dumptype(name: string, plugin: string): string {
  return `define script-tool s-${name} {
    plugin "${plugin}"
    execute-where client
    execute-on pre-dle-estimate, post-dle-estimate, pre-dle-backup, post-dle-backup
    property "to-where" "a place"
}
define dumptype ${name} {
    program "GNUTAR"
    auth "local"
    index yes
    compress none
    script "s-${name}"
}
`
}

/** Answers `support`, notes its words in \`trace\`, then does \`body\`. */
function writeScript(dir: string, name: string, body: string): void {
  writeFileSync(path.join(dir, name), `#!/bin/sh\n[ "$1" = support ] && { echo CONFIG YES; exit 0; }\necho "${name} $*" >> '${dir}/../trace'\n${body}\n`, { mode: 0o755 })
}

async function run({ dir }: CaseContext): Promise<string> {
  await command(['chmod', '755', dir])
  const backupId = Number(await command(['id', '-u', 'backup']))
  const at = (...names: string[]): string => path.join(dir, ...names)
  for (const name of ['plain', 'moved', 'scripts', 'state']) mkdirSync(at(name))
  writeFileSync(at('plain', 'in-plain'), 'plain')
  writeFileSync(at('moved', 'in-moved'), 'moved')
  writeFileSync(at('trace'), '')
  writeScript(at('scripts'), 'mover', `case "$1" in PRE-*) echo 'PROPERTY directory ${at('moved')}'; echo 'the dump is moved' ;; esac`)
  writeScript(at('scripts'), 'refuser', 'case "$1" in PRE-DLE-BACKUP) echo "no snapshot can be had" >&2; exit 1 ;; esac')
  using room = new StockRoom(at('room'), backupId)
  const lab = (...names: string[]): string => at('room', 'lib', CONFIG, ...names)
  for (const slot of [1, 2, 3]) mkdirSync(lab('vtapes', `slot${slot}`), { recursive: true })
  for (const name of ['holding', 'log']) mkdirSync(lab(name))
  mkdirSync(at('room', 'etc', CONFIG))
  writeFileSync(at('room', 'etc', CONFIG, 'amanda.conf'), amandaConf(`tapecycle 3\ninparallel 2\netimeout 60\ndtimeout 60\nctimeout 30\n${AUTOLABEL}`, dumptype('moved', 'mover') + dumptype('refused', 'refuser')))
  writeFileSync(at('room', 'etc', CONFIG, 'disklist'), `localhost moved ${at('plain')} moved\nlocalhost refused ${at('plain')} refused\n`)
  const standIn = at('amandad')
  writeFileSync(standIn, `#!/bin/sh\nexec '${process.execPath}' --disable-warning=ExperimentalWarning '${STAND_IN}' '${at('state')}' '${at('scripts')}'\n`)
  chmodSync(standIn, 0o755)
  await command(['chown', '-R', 'backup:backup', at('room'), at('state'), at('trace')])
  const inRoom = (...argv: string[]): [string, ...string[]] => room.words(['sh', '-c', `mount --bind '${standIn}' ${AMANDAD} && exec setpriv --reuid=backup --regid=backup --init-groups "$@"`, 'sh', ...argv], false)
  const dumped = await runCommand(inRoom('amdump', CONFIG), { timeoutMs: 150_000 })
  const [name = ''] = readdirSync(lab('log')).filter((one) => /^log\.\d{14}\.0$/.test(one))
  const log = name === '' ? '' : readFileSync(lab('log', name), 'utf8')
  const about = `${dumped.status} ${dumped.stderr} ${log}`
  must(/^(?:SUCCESS|DONE|PART) .*localhost "?moved"? /m.test(log), `the moved disk was not dumped: ${about}`)
  must(/FAIL dumper localhost refused \d+ 0 \[Script 'refuser' command 'PRE-DLE-BACKUP': no snapshot can be had\]/.test(log), `the refused disk was not refused: ${about}`)
  const index = await command(['sh', '-c', `find '${lab('index')}' -name '*.gz' -exec gzip -dc {} +`])
  must(index.includes('/in-moved') && !index.includes('/in-plain'), `the index of the moved disk is ${JSON.stringify(index)}`)
  const trace = readFileSync(at('trace'), 'utf8')
  const points = (script: string): string => [...trace.matchAll(new RegExp(`^${script} (\\S+) .*--to-where a place$`, 'gm'))].map(([, point]) => point).join()
  must(points('mover') === 'PRE-DLE-ESTIMATE,POST-DLE-ESTIMATE,PRE-DLE-BACKUP,POST-DLE-BACKUP', `scripts of the moved disk: ${trace}`)
  must(points('refuser').startsWith('PRE-DLE-ESTIMATE,POST-DLE-ESTIMATE,PRE-DLE-BACKUP,POST-DLE-BACKUP'), `scripts of the refused disk: ${trace}`)
  return 'a stock server had our agent run scripts around estimates and dumps: one moved the dump, one refused it'
}

export const integrationCase: IntegrationCase = {
  name: 'stock-scripts',
  summary: 'a stock server dumps our agent with scripts: one moves the dump, one refuses it',
  needs: ['unshare', 'setpriv', 'amdump', 'tar', AMANDAD],
  needsRoot: true,
  probe: noMounts,
  timeoutMs: 200_000,
  run,
}
