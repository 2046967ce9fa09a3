// Days of our server with unchanged clients of Amanda: what an operator does with them from the first check to a restore.

import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { RunSummary } from '../../src/server/control/contract.ts'
import { compareTrees } from '../../testkit/tree-compare.ts'
import { makeRandomTree } from '../../testkit/tree.ts'
import type { CaseContext } from '../case.ts'
import { command } from './commands.ts'
import { SERVER_ADDRESS, type FirewallLab } from './firewall-lab.ts'
import { HoldfastLab } from './holdfast.ts'
import { must } from './must.ts'
import type { StockAmanda } from './stock-amanda.ts'

const PORT = 10_070

/** An unchanged client, as the configuration names it. */
export interface StockHost {
  readonly host: string
  readonly auth: string
  /** The value of `transport`. */
  readonly transport: string
  /** Where its disks are. */
  readonly side: 'client' | 'server'
}

export interface Stage {
  readonly context: CaseContext
  readonly lab: FirewallLab
  readonly stock: StockAmanda
  /** Words that run a program where Holdfast's server is; default: in the network of the server. */
  readonly on?: (argv: readonly string[]) => [string, ...string[]]
}

export function hostsYaml(hosts: readonly StockHost[], disk: string, settings = ''): string {
  return `hosts:\n${hosts.map(({ host, transport }) => `  ${host}:\n    transport: ${transport}\n    application: gnutar\n${settings}    disks: [${disk}]\n`).join('')}`
}

export function holdfastAt({ context, lab, on = (argv) => lab.on('server', argv) }: Stage, name: string, serverYaml: string): HoldfastLab {
  return new HoldfastLab({ dir: path.join(context.dir, name), on: (_side, argv) => on(argv), listenAddress: SERVER_ADDRESS, port: PORT, serverYaml })
}

export function mustBeGood(summary: RunSummary, what: string): RunSummary['dumps'][number] {
  const [dump] = summary.dumps
  if (dump === undefined || summary.good + summary.strange !== summary.dumps.length) throw new Error(`${what}: ${summary.failed} failed: ${summary.dumps.map(({ message }) => [message].join(' / ')).join('; ')}`)
  return dump
}

async function restoredAlike(holdfast: HoldfastLab, host: string, disk: string, tree: string, target: string): Promise<number> {
  await holdfast.must('server', ['restore', host, disk, '--to', target])
  const { differences, entryCount } = compareTrees(tree, target, { extendedAttributes: false })
  must(differences.length === 0, `the restore of ${host} differs: ${differences.slice(0, 5).join('; ')}`)
  rmSync(target, { recursive: true, force: true })
  return entryCount
}

/** Stock Amanda asks tar for whole seconds. */
async function wholeSeconds(tree: string, date: string): Promise<void> {
  await command(['find', tree, '-depth', '-exec', 'touch', '--no-dereference', `--date=${date}`, '{}', '+'])
  await command(['chown', '-R', 'backup:backup', tree])
}

/** Check, level 0, a change, level 1, browse and restore, for every host at once. `name` is that of the disk as well. */
export async function goodDays(stage: Stage, hosts: readonly StockHost[], name: string, storage: 'volumes' | 'vault' = 'volumes'): Promise<string> {
  const { context, stock } = stage
  const disk = `/srv/${name}`
  const treeOf = (side: StockHost['side']): string => path.join(stock.at(side, 'srv'), name)
  const trees = [...new Set(hosts.map(({ side }) => side))].map(treeOf)
  for (const tree of trees) {
    makeRandomTree(tree, 7, { fileCount: 150, dirCount: 20, fileBytesMax: 60_000 })
    await wholeSeconds(tree, '2020-02-02 02:02:02 UTC')
  }
  await using holdfast = holdfastAt(stage, name, `${hostsYaml(hosts, disk)}${storage === 'vault' ? `storage: {kind: vault, directory: ${context.dir}/the-vault}\n` : ''}`)
  await holdfast.startServer()
  const checked = await holdfast.run('server', ['check'])
  for (const { host, auth } of hosts) must(checked.stdout.includes(`${host} answers over ${auth} as Amanda 3.5`), `${host} is not ready: ${checked.stdout}${checked.stderr}`)
  for (const level of [0, 1]) {
    if (level === 1) for (const tree of trees) await changeOf(tree)
    const summaries = await Promise.all(hosts.map(({ host }) => holdfast.dump(host)))
    for (const [index, summary] of summaries.entries()) {
      const what = `${name}: ${hosts[index]?.auth}`
      const dump = mustBeGood(summary, `${what} at level ${level}`)
      must(dump.level === level, `${what} made level ${dump.level} instead of ${level}`)
      must(dump.attempt === 1, `${what} took ${dump.attempt} tries`)
    }
  }
  let entries = 0
  for (const { host, side } of hosts) {
    const listed = await holdfast.must('server', ['ls', host, disk, '/'])
    must(listed.includes('new file'), `ls does not show the new file of ${host}: ${listed.slice(0, 500)}`)
    entries = await restoredAlike(holdfast, host, disk, treeOf(side), path.join(context.dir, 'restored'))
  }
  return `${name}: ${hosts.map(({ auth }) => auth).join(', ')} at levels 0 and 1, ${entries} entries restored alike from each`
}

async function changeOf(tree: string): Promise<void> {
  writeFileSync(path.join(tree, 'new file'), 'of the second day\n')
  await command(['touch', '--date=2021-01-01 01:01:01 UTC', path.join(tree, 'new file'), tree])
  await command(['chown', 'backup:backup', path.join(tree, 'new file')])
}

/** What became of the one dump of `summary`, as an operator reads it. */
export function wordsOf(summary: RunSummary): string {
  const [dump] = summary.dumps
  return `${dump?.message ?? ''} (${[dump?.faultCode, ...(dump?.doctorCodes ?? [])].join(', ')})`
}
