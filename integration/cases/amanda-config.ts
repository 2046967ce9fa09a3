// Ours against stock Amanda's: the same configurations are read by both, and every parameter of every section must be printed the same. The configurations are Amanda's own
// examples and ones that a generator makes from the table of parameters, of the seeds that are named as parts of the case; stock Amanda reads them in a private mount namespace.
// A few questions go to the program itself.

import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { textOf, type AmandaConfiguration } from '../../src/config/amanda/configuration.ts'
import { DisklistReader } from '../../src/config/amanda/disklist.ts'
import { listSections, lookUp } from '../../src/config/amanda/lookup.ts'
import { PARAMETERS, SECTION_TYPES } from '../../src/config/amanda/parameters.ts'
import type { ConfigFiles } from '../../src/config/amanda/parser.ts'
import { formatAmandaProblem } from '../../src/config/amanda/problems.ts'
import { readAmandaConfig } from '../../src/config/amanda/read-config.ts'
import { machineConfigFiles } from '../../src/cli/amanda/amanda-files.ts'
import { seededRandom } from '../../src/kernel/random.ts'
import { generateConfig } from '../../testkit/amanda-config.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { putConfig, putExamples } from '../lab/amanda-examples.ts'
import { command, runCommand } from '../lab/commands.ts'
import { must } from '../lab/must.ts'
import { noMounts } from '../lab/namespaces.ts'
import { StockRoom } from '../lab/stock-room.ts'

const AMGETCONF = '/usr/sbin/amgetconf'
/** Configurations that are generated from each seed. */
const GENERATED = 60
const SEED = '20261127'
const DIFFERENCES_SHOWN = 12
const LIST = '--list '

/** Reads the configurations named on its command line, each in a process of its own, and prints for each the complaints and the answers to the questions on stdin. */
const ASK_STOCK = String.raw`
use lib '/usr/lib/x86_64-linux-gnu/amanda/perl';
use strict; use warnings;
use Amanda::Config qw(:getconf :init); use Amanda::Disklist;
$| = 1;
my @questions = <STDIN>; chomp @questions;
for my $name (@ARGV) {
  print "CONF $name\n";
  my $pid = fork();
  if ($pid == 0) {
    alarm(1); # a wrong list can keep stock Amanda busy for ever
    open(STDERR, '>&', \*STDOUT);
    select(STDERR); $| = 1; select(STDOUT);
    config_init_with_global($CONFIG_INIT_EXPLICIT_NAME | $CONFIG_INIT_USE_CWD, $name);
    my ($level) = config_errors();
    config_print_errors() if $level >= $CFGERR_WARNINGS;
    exit 0 if $level >= $CFGERR_ERRORS;
    my $disks = Amanda::Disklist::read_disklist(filename => Amanda::Config::config_dir_relative(getconf($CNF_DISKFILE)));
    print "DISKLIST\n" if $disks >= $CFGERR_ERRORS;
    for my $question (@questions) {
      my @lines = $question =~ /^--list (.*)/ ? getconf_list($1) : getconf_byname_strs($question, 0);
      print "$question\x1f", join("\x1f", @lines), "\n" if @lines;
    }
    exit 0;
  }
  waitpid($pid, 0);
  print "KILLED\n" if $? & 127;
}
`

/** Paths of /etc/amanda are those of the room. */
function filesOf(etc: string): ConfigFiles {
  return { ...machineConfigFiles, read: (file) => machineConfigFiles.read(file.replace(/^\/etc\/amanda/, etc)) }
}

function ask(etc: string, name: string, questions: readonly string[]): string[] {
  const { configuration, context } = readAmandaConfig({ scope: 'server', root: '/etc/amanda', name, directory: `/etc/amanda/${name}`, overrides: [] }, filesOf(etc))
  const complaints = configuration.problems.map(formatAmandaProblem)
  if (configuration.hasErrors) return complaints
  new DisklistReader(context).readFile(`/etc/amanda/${name}/${textOf(configuration.globals, 'DISKFILE')}`, undefined)
  return [...complaints, ...answers(configuration, questions)]
}

function answers(configuration: AmandaConfiguration, questions: readonly string[]): string[] {
  return questions.flatMap((question) => {
    const lines = question.startsWith(LIST) ? (listSections(configuration, question.slice(LIST.length)) ?? []) : lookUp(configuration, question)
    return lines.length === 0 ? [] : [`${question}\u001F${lines.join('\u001F')}`]
  })
}

/** What stock Amanda has in its messages for its own use: numbers of tokens, and complaints about itself. */
function withoutTokens(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/line (\d+): \d+ (.* parameter expected)$/, 'line $1: $2').replace(/name expected: \d+ \d+$/, 'name expected')).filter((line) => line !== '')
}

/** Whether nothing was answered. The words of complaints are compared one by one in the unit tests; here that what is refused is refused. */
function isRefused(lines: readonly string[]): boolean {
  return !lines.some((line) => line.includes('\u001F'))
}

function questionsOf(sections: readonly (readonly [(typeof SECTION_TYPES)[number], string])[]): string[] {
  return [
    ...PARAMETERS.server.keys(),
    ...SECTION_TYPES.map((type) => `${LIST}${type}`),
    ...sections.flatMap(([type, name]) => [...PARAMETERS[type].keys()].map((keyword) => `${type}:${name}:${keyword}`)),
  ]
}

function putGenerated(etc: string, seed: string): string[] {
  must(/^\d{1,9}$/.test(seed), `a part of this case is the seed of its configurations, a number of at most nine digits; not ${seed}`)
  const random = seededRandom(Number(seed))
  return Array.from({ length: GENERATED }, (_, index) => {
    const { conf, disklist } = generateConfig(random, index % 3 === 2)
    putConfig(etc, `made${seed}-${index}`, conf, disklist)
    return `made${seed}-${index}`
  })
}

async function run({ dir, parts, note }: CaseContext): Promise<string> {
  const backupId = Number(await command(['id', '-u', 'backup']))
  using room = new StockRoom(dir, backupId)
  const etc = path.join(dir, 'etc')
  const examples = putExamples(etc)
  const generated = (parts.length === 0 ? [SEED] : parts).flatMap((seed) => putGenerated(etc, seed))
  const names = [...examples, ...generated]
  const sections = [...SECTION_TYPES.flatMap((type) => ['a', 'b', 'c'].map((name) => [type, name] as const)), ...['NO-HOLD', 'NO-FULL', 'BSD-AUTH', 'SRVCOMPRESS', 'global', 'user-tar', 'custom(h:_d).1'].map((name) => ['dumptype', name] as const)]
  const questions = questionsOf(sections)
  writeFileSync(path.join(dir, 'ask.pl'), ASK_STOCK)
  const stock = await runCommand(room.words(['perl', path.join(dir, 'ask.pl'), ...names], false), { input: questions.map((question) => `${question}\n`).join('') })
  must(stock.status === 0, `stock Amanda's library could not be asked: ${stock.stderr}`)
  const blocks = new Map(stock.stdout.split(/^CONF /m).slice(1).map((block) => [block.slice(0, block.indexOf('\n')), block.slice(block.indexOf('\n') + 1).split('\n')]))
  let answerCount = 0
  let complaintCount = 0
  let killedCount = 0
  let refusedDisklists = 0
  const differences: string[] = []
  for (const name of names) {
    const said = withoutTokens(blocks.get(name) ?? [])
    // Which dumptypes stock Amanda refuses in a disklist, and why, it does not say here; what it says of the parameters is compared all the same.
    const theirs = said.filter((line) => line !== 'DISKLIST')
    if (theirs.length < said.length) refusedDisklists++
    // Stock Amanda crashes on a comma where a statement should begin, and never ends with some lists that do not.
    if (theirs.includes('KILLED')) {
      killedCount++
      ask(etc, name, [])
      continue
    }
    const ours = ask(etc, name, questions).flatMap((line) => line.split('\n')).filter((line) => line !== '')
    if (isRefused(theirs)) {
      complaintCount++
      if (!isRefused(ours)) differences.push(`${name}: stock refuses it with ${JSON.stringify(theirs[0])}`)
      continue
    }
    const at = ours.findIndex((line, index) => line !== theirs[index])
    if (at >= 0 || ours.length !== theirs.length) {
      const where = at < 0 ? ours.length : at
      differences.push(`${name}: ours ${JSON.stringify(ours[where])}, stock ${JSON.stringify(theirs[where])}`)
    }
    answerCount += ours.length
  }
  must(differences.length === 0, `configurations below ${etc} are read differently: ${differences.slice(0, DIFFERENCES_SHOWN).join('; ')}`)
  note(`${answerCount} lines of ${names.length} configurations are the same, ${complaintCount} are refused by both`)
  const asked = await compareProgram(room, etc)
  return `${names.length} configurations: ${answerCount} lines are those of stock Amanda, ${complaintCount} configurations are refused by both (${killedCount} ended stock Amanda, ${refusedDisklists} have a disklist that it refuses without a word), and ${asked} of the program itself`
}

/** Questions to the program itself: its words, its exit codes. */
async function compareProgram(room: StockRoom, etc: string): Promise<number> {
  putConfig(etc, 'asked', 'org "x"\ndefine dumptype d {\n  index no\n}\nproperty "a" "b"\n', 'h /d d\n')
  putConfig(etc, 'wrong', 'orgg "x"\ntapecycle 0\n', '')
  const calls = [['asked', 'org'], ['asked', 'nosuch'], ['asked', 'dumptype:d:index'], ['--list', 'asked', 'dumptype'], ['-l', 'asked', 'nosuch'], ['wrong', 'org'], ['nowhere', 'org'], ['asked', 'property:a'], ['-o', 'org=y', 'asked', 'org'], ['-o', 'nosuch=y', 'asked', 'org'], ['build.version'], ['build.nosuch'], ['--client', 'asked', 'auth']]
  for (const call of calls) {
    const stock = await runCommand(room.words([AMGETCONF, ...call], false))
    const ours = await runCommand(room.words([process.execPath, '--disable-warning=ExperimentalWarning', path.resolve(import.meta.dirname, '../../src/cli/main.ts'), 'amgetconf', ...call], false))
    const shown = ({ status, stdout, stderr }: { readonly status: number | null; readonly stdout: string; readonly stderr: string }): string => JSON.stringify([status, stdout, stderr.replaceAll(/ at \/usr\/sbin\/amgetconf line \d+\.\n?/g, '').trim()])
    must(shown(ours) === shown(stock), `amgetconf ${call.join(' ')}: ours ${shown(ours)}, stock ${shown(stock)}`)
  }
  return calls.length
}

export const integrationCase: IntegrationCase = {
  name: 'amanda-config',
  summary: "every parameter of Amanda's configuration, as stock Amanda reads it",
  needs: ['unshare', 'perl', AMGETCONF],
  needsRoot: true,
  probe: noMounts,
  timeoutMs: 60_000,
  run,
}
