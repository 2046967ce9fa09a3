// Stock Amanda's server and ours against the same unchanged client behind the same firewall, row by row, printed as a table. Ours must dump every disk,
// unless the client answers nobody any more; where nothing but silence is to be survived, at the first try. `firewall-stock` alone plays the short row, `firewall-stock:all` all, and any of them
// by name: AUTH-PHASE-VERDICT, with -lowered where the kernels' keepalive is low, but not low enough.

import { chmodSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { playOurs, playStock, type Played } from '../lab/firewall-play.ts'
import { FIREWALL_ROWS, type FirewallRow } from '../lab/firewall-rows.ts'
import { must } from '../lab/must.ts'
import { noFirewall } from '../lab/namespaces.ts'
import { STOCK_PROGRAMS } from '../lab/stock-amanda.ts'

/** Rows side by side: they wait nearly all of the time, but each has two servers. */
const AT_ONCE_MAX = 4

function told({ diskCount }: FirewallRow, { dumped, firstFailure, tries, seconds }: Played): string {
  const end = seconds === undefined ? 'end not waited for' : `${dumped} of ${diskCount} dumped in ${seconds} s, ${tries} ${tries === 1 ? 'try' : 'tries'}`
  return firstFailure === undefined ? `${end}, no failure` : `${end}, first failure after ${firstFailure.seconds} s: ${firstFailure.words}`
}

async function playRow(row: FirewallRow, context: CaseContext): Promise<string> {
  const dir = path.join(context.dir, row.name)
  for (const side of ['stock', 'ours']) mkdirSync(path.join(dir, side), { recursive: true })
  const [stock, ours] = await Promise.all([playStock(path.join(dir, 'stock'), row, context.signal), playOurs(path.join(dir, 'ours'), row, context.signal)])
  const line = `| ${row.name} | ${told(row, stock)} | ${told(row, ours)} |`
  must(ours.dumped === row.diskCount || (row.isClientStuck === true && ours.dumped >= stock.dumped), `ours lost a dump: ${line}`)
  must(row.fault.phase === 'restart' || ours.tries === row.diskCount, `ours began again although only silence had to be survived: ${line}`)
  must(row.isShort !== true || stock.firstFailure !== undefined, `stock Amanda was expected to fail in the short row: ${line}`)
  return line
}

async function run(context: CaseContext): Promise<string> {
  chmodSync(context.dir, 0o755)
  const wanted = context.parts.length === 0 ? ['short'] : context.parts
  const rows = FIREWALL_ROWS.filter(({ name }) => wanted.includes('all') || wanted.includes(name))
  must(rows.length > 0, `no such row; there are: all, ${FIREWALL_ROWS.map(({ name }) => name).join(', ')}`)
  context.note('| row | stock Amanda 3.5 | Holdfast |')
  const waiting = [...rows]
  const failures: string[] = []
  const work = async (): Promise<void> => {
    for (let row = waiting.shift(); row !== undefined && !context.signal.aborted; row = waiting.shift()) {
      try {
        context.note(await playRow(row, context))
      } catch (error) {
        failures.push((error as Error).message)
        context.note(`NOT AS IT MUST BE: ${(error as Error).message}`)
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE_MAX }, work))
  if (failures.length > 0) throw new Error(failures.join('\n'))
  return `${rows.length} of ${FIREWALL_ROWS.length} rows, ${rows.some(({ isClientStuck }) => isClientStuck) ? 'no dump of ours lost but to clients that answer nobody' : 'no dump of ours lost'}`
}

export const integrationCase: IntegrationCase = {
  name: 'firewall-stock',
  summary: "stock Amanda's server and ours against the same unchanged client behind a firewall that forgets, as a table (a part is a row; all: every one)",
  needs: ['ip', 'nft', 'conntrack', 'sysctl', 'perl', 'tar', 'ss', ...STOCK_PROGRAMS],
  needsRoot: true,
  probe: noFirewall,
  isPatient: true,
  timeoutMs: 7_200_000,
  run,
}
