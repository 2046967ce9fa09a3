// Our amdump and stock Amanda's over the same configuration and the same tree: the programs of stock Amanda say the same of what each has left, read our dumps back, and stock's planner goes on
// from our run. Parts: `nights`, the two take turns in one house, and the
// memory of each disk is that of a house in which stock alone ran; `flush`, runs without taper, dumps or either, and amflush; `crash`, runs that are told to stop or killed.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseInfo } from '../../src/wire/amanda/curinfo.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { command } from '../lab/commands.ts'
import { AMANDA_HOUSE_PROGRAMS, AmandaHouse } from '../lab/amanda-house.ts'
import { must } from '../lab/must.ts'
import { noMounts } from '../lab/namespaces.ts'

const ONE_DISK = 'localhost "/srv/with blänk" gtarz\n'
const DISKLIST = `localhost /srv/plain gtar\n${ONE_DISK}`
const SECTION = '=== '
/** What the programs of stock Amanda are asked when a run is over. */
const QUESTIONS: Readonly<Record<string, string>> = {
  find: 'stock amadmin lab find',
  info: 'stock amadmin lab info',
  report: 'stock amreport lab',
  status: 'stock amstatus lab --file /var/lib/amanda/lab/log/amdump.1',
}

/** All at once: each of them takes its time to begin. */
function ask(questions: Readonly<Record<string, string>>): string {
  const names = Object.keys(questions)
  const begun = names.map((name) => `{ echo '${SECTION}${name}'; ${questions[name] ?? ''}; echo "exit $?"; } >/tmp/amanda/${name}.told 2>&1 & told="$told $!"`)
  return [...begun, 'wait $told', ...names.map((name) => `cat /tmp/amanda/${name}.told`)].join('\n')
}

function answers(output: string): Map<string, string> {
  return new Map(output.split(SECTION).slice(1).map((text) => [text.slice(0, text.indexOf('\n')), text.slice(text.indexOf('\n') + 1)]))
}

/** Without what no two runs have alike: times of day, seconds, rates, shares of time. */
function normal(answer: string): string {
  return answer
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\b20\d{12}\b|\d\d:\d\d:\d\d/g, 'TIME')
    .replace(/^.*(?:busy|idle|qlen|holding space).*\n|^ +(?:no-dumpers|not-idle|client-constrained).*\n|^From .*\n|^Using: .*\n| +0:\n/gm, '')
    .replace(/(?<=\d )\d+$/gm, 'S')
    .replace(/\d+:\d\d|-?\d+\.\d/g, 'N')
    .replace(/ +/g, ' ')
    .replace(/-{5,}/g, '----')
}

async function makeTrees(house: AmandaHouse): Promise<void> {
  for (const [name, count] of [['plain', 3], ['with blänk', 5]] as const) {
    const tree = house.at(`srv/${name}`)
    mkdirSync(path.join(tree, 'sub'), { recursive: true })
    for (let file = 1; file <= count; file++) writeFileSync(path.join(tree, file % 2 === 0 ? 'sub' : '.', `file ${file}`), `${file} `.repeat(20_000 * file))
  }
  await command(['find', house.at('srv'), '-exec', 'touch', '--date=2020-02-02 02:02:02 UTC', '{}', '+'])
  await house.settle()
}

function compare(stock: Map<string, string>, ours: Map<string, string>, notes: (text: string) => void): void {
  for (const [name, answer] of stock) {
    const [a, b] = [normal(answer), normal(ours.get(name) ?? '')]
    if (a !== b) notes(`${name} after stock's run:\n${answer}\nafter ours:\n${ours.get(name)}`)
    must(a === b, `${name} says something else after our run`)
  }
}

/** One night by each, then what stock says, reads and plans. */
async function oneNight({ dir, note }: CaseContext): Promise<string> {
  const stock = await AmandaHouse.build(path.join(dir, 'stock'), { disklist: ONE_DISK })
  await makeTrees(stock)
  const ours = await stock.copy(path.join(dir, 'ours'))
  writeFileSync(ours.at('etc/mailer'), '#!/bin/sh\n{ printf "[%s]" "$@"; echo; cat; } > /tmp/amanda/mail\n', { mode: 0o755 })
  const after = {
    // One after the other: each reserves the volume.
    read: 'stock amcheckdump lab; mkdir /tmp/amanda/out; chown backup /tmp/amanda/out; cd /tmp/amanda/out; stock amfetchdump -a lab localhost; tar -tf localhost.* | sort',
    next: 'stock /usr/lib/amanda/planner lab --starttime 20991231000000 --log-filename /var/lib/amanda/lab/log/log.20991231000000.0',
  }
  const [theirs, mine] = await Promise.all([
    stock.run(`stock amdump lab; echo "${SECTION}rc\n$?"\n${ask(QUESTIONS)}`),
    ours.run(`ours amdump lab -o mailto=me -o mailer=/etc/amanda/mailer -o send-amreport-on=all; echo "${SECTION}rc\n$?"\n${ask(QUESTIONS)}\n${ask(after)}`),
  ])
  const told = answers(mine)
  compare(answers(theirs), told, note)
  must(told.get('rc')?.trim() === '0', `our amdump ended with ${told.get('rc')}: ${mine.slice(0, 2000)}`)
  const read = told.get('read') ?? ''
  must(/All images? \(1\) successfully validated/.test(read), `amcheckdump of our run: ${read}`)
  must(read.includes('./sub/file 2'), `amfetchdump of our dump: ${read}`)
  const next = /^DUMP localhost \S+ "\/srv\/with blänk" 20991231000000 \S+ 1 .*$/m.exec(told.get('next') ?? '')
  must(next !== null && (told.get('next') ?? '').includes('last night 0, so tonight level 1'), `stock's planner after our run: ${told.get('next')}`)
  const mail = readFileSync(ours.at('tmp/mail'), 'utf8')
  must(/^\[-s\]\[.*lab.*\]\[me\]\n/.test(mail) && mail.includes('DUMP SUMMARY:') && mail.includes('/srv/with blänk'), `the mail of our run: ${mail.slice(0, 1500)}`)
  compareLogs(stock, ours)
  ours.demolish()
  stock.demolish()
  return 'find, info, amreport and amstatus say the same after our amdump as after stock\'s; amcheckdump and amfetchdump read our dumps; stock\'s planner goes on from them; our report is mailed'
}

/** Lines of a run log of one kind, without numbers that no two runs have alike. */
function logLines(house: AmandaHouse): string[] {
  const text = readFileSync(house.at('lib/lab/log/log'), 'utf8')
  const numberless = text.replace(/20\d{12}/g, 'TS').replace(/(?<=sec |kps |time )\d+(?:\.\d+)?/g, 'N').replace(/[\da-f]{8}(?=:\d)/g, 'CRC').replace(/hostname \S+/, 'hostname H').replace(/(?<=bytes |CRC:)\d+/g, (bytes) => `${Math.trunc(Number(bytes) / 1024)}K`)
  return numberless.split('\n').filter((line) => line !== '' && !/ pid(?:-done)? /.test(line)).toSorted()
}

function compareLogs(stock: AmandaHouse, ours: AmandaHouse): void {
  const [a, b] = [logLines(stock), logLines(ours)]
  const missing = a.filter((line) => !b.includes(line))
  const added = b.filter((line) => !a.includes(line))
  must(missing.length + added.length === 0, `the run log lacks:\n${missing.join('\n')}\nand has besides:\n${added.join('\n')}`)
}

const NIGHTS = 6

/** Ours every other night in one house, stock alone in the other. */
async function nights({ dir, note, signal }: CaseContext): Promise<string> {
  const stock = await AmandaHouse.build(path.join(dir, 'stock-nights'), { disklist: DISKLIST })
  await makeTrees(stock)
  const mixed = await stock.copy(path.join(dir, 'mixed-nights'))
  for (let night = 0; night < NIGHTS; night++) {
    signal.throwIfAborted()
    const program = night % 2 === 0 ? 'ours amdump' : 'stock amdump'
    const order = night === 3 ? "stock amadmin lab force localhost '=/srv/plain'; " : night === 4 ? 'stock amadmin lab force-bump localhost; ' : ''
    await Promise.all([[stock, 'stock amdump'], [mixed, program]].map(async ([house, words]) => {
      const at = house as AmandaHouse
      writeFileSync(at.at(`srv/plain/night ${night}`), 'x'.repeat(10_000 * (night + 1)))
      await at.settle()
      const output = await at.run(`${order}${words as string} lab; echo "rc $?"`)
      must(output.includes('rc 0'), `${words as string} in night ${night}: ${output}\n${await at.run('stock amreport lab')}`)
    }))
    for (const disk of ['_srv_plain', '_srv_with blänk']) {
      const [a, b] = [stock, mixed].map((house) => memory(house, disk))
      if (a !== b) note(`night ${night}, ${disk}: stock\n${a}\nmixed\n${b}`)
      must(a === b, `the memory of ${disk} is another after night ${night}`)
    }
  }
  mixed.demolish()
  stock.demolish()
  return `${NIGHTS} nights in turns leave the memory of stock's`
}

/** Levels, sizes, runs and files on volumes; not rates and dates, and not which volume it was: ours keeps those that others build on, too. */
function memory(house: AmandaHouse, disk: string): string {
  const { command: order, stats, last, history } = parseInfo(readFileSync(house.at(`lib/lab/curinfo/localhost/${disk}/info`), 'utf8'))
  return JSON.stringify({ order, last, stats: stats.map(({ level, sizeKib, place }) => [level, sizeKib, place?.fileNumber]), history: history.map(({ level, sizeKib }) => [level, sizeKib]) })
}

const RESERVE_NOTHING = "sed -i '1i reserve 0' /etc/amanda/lab/amanda.conf"
const SLOW = `mkdir -p /tmp/amanda/bin; printf '#!/bin/sh\\nif [ "$1" = -d ]; then cat; else head -c 100000; sleep 6; cat; fi\\n' >/tmp/amanda/bin/slow; chmod 755 /tmp/amanda/bin/slow
printf 'define dumptype slow {\\n gtar\\n estimate server\\n compress client custom\\n client_custom_compress "/tmp/amanda/bin/slow"\\n}\\n' >>/etc/amanda/lab/amanda.conf
echo 'localhost /srv/plain slow' >/etc/amanda/lab/disklist`
const LOG = '/var/lib/amanda/lab/log'

/** Runs without taper or without dumps, and amflush after them: both leave the same. */
async function flush({ dir, note }: CaseContext): Promise<string> {
  const stock = await AmandaHouse.build(path.join(dir, 'stock-flush'), { disklist: ONE_DISK })
  await makeTrees(stock)
  const ours = await stock.copy(path.join(dir, 'ours-flush'))
  const script = (mine: string): string => [
    `${mine} amdump --no-taper lab; echo "${SECTION}degraded\n$?"; grep '^FAIL' ${LOG}/log`,
    `${RESERVE_NOTHING}; ${mine} amdump --no-taper lab; echo "${SECTION}held\n$?"; stock amadmin lab find | sed 's/ *$//'; cat /etc/amanda/lab/command_file`,
    `${mine} amflush -b -f lab; echo "${SECTION}flushed\n$?"; grep -v pid ${LOG}/log; stock amadmin lab find; cat /etc/amanda/lab/command_file; stock amreport lab`,
    `${mine} amdump --no-dump lab; echo "${SECTION}idle\n$?"`,
    `${mine} amdump --no-taper lab; echo "${SECTION}again\n$?"; ${mine} amflush -b -f lab; echo "$?"; stock amadmin lab find`,
  ].join('\n')
  const [theirs, mine] = await Promise.all([stock.run(script('stock')), ours.run(script('ours'))])
  const [a, b] = [answers(theirs), answers(mine)]
  for (const [name, answer] of a) {
    const words = [answer, b.get(name) ?? ''].map((text) => normal(text.replace(/(?<=sec |kps |time )\d\S*/g, 'N').replace(/\b[\da-f]{8}:\d+/g, 'CRC').replace(/(?<=bytes )\d+/g, 'B').replace(/hostname \S+/, '')).split('\n').filter((line) => !/^ID \d+$/.test(line)).toSorted().join('\n'))
    if (words[0] !== words[1]) note(`${name}: stock\n${words[0]}\nours\n${words[1]}`)
    must(words[0] === words[1], `${name} is another than with stock: ${mine.slice(0, 200)}`)
  }
  stock.demolish()
  ours.demolish()
  return 'degraded, held, flushed and idle runs are as with stock'
}

/** Told to stop, and killed: stock's amcleanup is content, and the next run is whole. */
async function crash({ dir }: CaseContext): Promise<string> {
  const house = await AmandaHouse.build(path.join(dir, 'crash'), { disklist: ONE_DISK })
  await makeTrees(house)
  const begun = `for i in $(seq 200); do ls /var/lib/amanda/lab/holding/*/localhost._srv_plain.0.tmp >/dev/null 2>&1 && break; sleep 0.1; done; sleep 1`
  const start = `begin_ours amdump lab; ${begun}`
  const output = await house.run([
    SLOW,
    `${start}; kill -TERM $pid; wait $pid; echo "${SECTION}term\n$?"; grep -cE 'FINISH driver|amdump pid-done' ${LOG}/log; tail -1 ${LOG}/amdump.1; cat /etc/amanda/lab/command_file; stock amadmin lab find`,
    `${start}; kill -KILL $pid; wait $pid; echo "${SECTION}kill\n$?"; stock amcleanup lab; echo "$?"; stock amadmin lab find; ls ${LOG}; ls /var/lib/amanda/lab/holding/*`,
    // The client of the killed run goes on until nobody takes what it sends; beside it the next dump would be strange.
    `for i in $(seq 100); do pgrep sendbackup >/dev/null || break; sleep 0.2; done; ours amdump lab; echo "${SECTION}next\n$?"; stock amadmin lab find`,
  ].join('\n'))
  const told = answers(output)
  const term = told.get('term') ?? ''
  must(term.startsWith('4\n2\namdump: end at ') && term.includes('WORKING:0 TODO') && /HOLDING.*PARTIAL PARTIAL/.test(term), `a run that is told to stop: ${output}`)
  const killed = told.get('kill') ?? ''
  must(killed.startsWith('137\n') && /HOLDING.*PARTIAL PARTIAL[\s\S]*HOLDING.*PARTIAL PARTIAL/.test(killed) && !killed.includes('.0.tmp') && !/^amdump$/m.test(killed), `after a run that was killed: ${killed}`)
  must(told.get('next')?.startsWith('0\n') === true && /LAB01 +1 +1\/1 OK/.test(told.get('next') ?? ''), `the run after it: ${told.get('next')}`)
  house.demolish()
  return "a run that is told to stop ends in order; after one that was killed stock's amcleanup and the next run are content"
}

const PARTS: Readonly<Record<string, (context: CaseContext) => Promise<string>>> = { night: oneNight, nights, flush, crash }

async function run(context: CaseContext): Promise<string> {
  const seen: string[] = []
  for (const part of context.parts.length === 0 ? ['night'] : context.parts) {
    const work = PARTS[part]
    must(work !== undefined, `amdump has no part ${part}: ${Object.keys(PARTS).join(', ')}`)
    seen.push((await work?.(context)) ?? '')
  }
  return seen.join('; ')
}

export const integrationCase: IntegrationCase = {
  name: 'amdump',
  summary: "our amdump and stock Amanda's over the same configuration leave the same",
  needs: [...AMANDA_HOUSE_PROGRAMS, 'pgrep'],
  needsRoot: true,
  probe: noMounts,
  timeoutMs: 280_000,
  run,
}
