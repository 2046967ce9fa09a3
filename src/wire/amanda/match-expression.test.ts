import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../kernel/fault.ts'
import { matchDatestamp, matchDisk, matchHost, matchLevel } from './match-expression.ts'

// What stock Amanda 3.5.1 answers of every name, asked through its programs.
const HOSTS = ['hosta', 'foo.hosta.org', 'hoSTA.dOMAIna.ORG', 'hostb', 'host', 'ho.aina.org', 'hoina', 'a.b.c', '.', '', 'hosta.', 'x.hosta', 'hosta-1', 'host_a', 'a+b', 'a(b', '[h]', 'ho/st']
const DISKS = ['/', '/usr', '/usr/local', '/dev/sda1', '/dev/sda12', '//windows1/share', '\\\\windows\\share', '\\\\windows\\share1', 'opt', '/opt', '/opt/x', 'my disk', 'a/b', '/a.b', '/usr/', 'C:\\', '/usrx', '', '/usr//local', 'windows/share']
const DATESTAMPS = ['20001212', '20001213', '20001214', '20001224', '20001215120000', '2000', '20101231', '200010', '20001012000000', '2', '', 'abc']
const LEVELS = ['0', '1', '10', '123', '3', '4', '5', '30', '', 'a']

const OF_HOSTS: readonly (readonly [string, readonly string[]])[] = [
  ['hosta', ['hosta', 'foo.hosta.org', 'hoSTA.dOMAIna.ORG', 'hosta.', 'x.hosta']],
  ['host', ['host']],
  ['host?', ['hosta', 'foo.hosta.org', 'hoSTA.dOMAIna.ORG', 'hostb', 'hosta.', 'x.hosta']],
  ['ho*na', ['hoina']],
  ['ho**na', ['hoSTA.dOMAIna.ORG', 'ho.aina.org', 'hoina']],
  ['^hosta', ['hosta', 'hoSTA.dOMAIna.ORG', 'hosta.']],
  ['hosta$', ['hosta', 'x.hosta']],
  ['.hosta.', ['hosta', 'foo.hosta.org', 'hoSTA.dOMAIna.ORG', 'hosta.', 'x.hosta']],
  ['', ['.']],
  ['*', ['hosta', 'foo.hosta.org', 'hoSTA.dOMAIna.ORG', 'hostb', 'host', 'ho.aina.org', 'hoina', 'a.b.c', '.', 'hosta.', 'x.hosta', 'hosta-1', 'host_a', 'a+b', 'a(b', '[h]', 'ho/st']],
  ['?', ['a.b.c', 'x.hosta']],
  ['[!a]osta', ['hosta', 'foo.hosta.org', 'hoSTA.dOMAIna.ORG', 'hosta.', 'x.hosta']],
  ['h[!x]sta', ['hosta', 'foo.hosta.org', 'hoSTA.dOMAIna.ORG', 'hosta.', 'x.hosta']],
  ['.', ['.']],
  ['^', ['.', '']],
  ['$', ['.', '', 'hosta.']],
  ['a\\.b', ['a.b.c']],
  ['=hosta', ['hosta']],
  ['a+b', ['a+b']],
  ['foo.hosta', ['foo.hosta.org']],
  ['foo.*.org', ['foo.hosta.org']],
  ['..', ['.']],
  ['^^hosta', []],
  ['org$', ['foo.hosta.org', 'hoSTA.dOMAIna.ORG', 'ho.aina.org']],
]

const OF_DISKS: readonly (readonly [string, readonly string[]])[] = [
  ['/', ['/']],
  ['/usr', ['/usr', '/usr/local', '/usr/', '/usr//local']],
  ['/usr$', ['/usr']],
  ['sda*', ['/dev/sda1', '/dev/sda12']],
  ['share', ['//windows1/share', '\\\\windows\\share', 'windows/share']],
  ['share*', ['//windows1/share', '\\\\windows\\share', '\\\\windows\\share1', 'windows/share']],
  ['//windows/share', ['\\\\windows\\share']],
  ['opt', ['opt', '/opt', '/opt/x']],
  ['*', ['/', '/usr', '/usr/local', '/dev/sda1', '/dev/sda12', '//windows1/share', '\\\\windows\\share', '\\\\windows\\share1', 'opt', '/opt', '/opt/x', 'my disk', 'a/b', '/a.b', '/usr/', 'C:\\', '/usrx', '/usr//local', 'windows/share']],
  ['^/usr', ['/usr', '/usr/local', '/usr/', '/usr//local']],
  ['^usr', []],
  ['my disk', ['my disk']],
  ['a.b', ['/a.b']],
  ['?usr', []],
  ['=/usr', ['/usr']],
  ['', ['/', '//windows1/share', '\\\\windows\\share', '\\\\windows\\share1', '/usr//local']],
  ['^', ['/', '/usr', '/usr/local', '/dev/sda1', '/dev/sda12', '//windows1/share', '\\\\windows\\share', '\\\\windows\\share1', '/opt', '/opt/x', '/a.b', '/usr/', '/usrx', '', '/usr//local']],
  ['$', ['/', '/usr/', '']],
  ['/$', ['/']],
  ['/usr/loc*', ['/usr/local']],
  ['**local', ['/usr/local', '/usr//local']],
  ['//', ['/', '//windows1/share', '\\\\windows\\share', '\\\\windows\\share1', '/usr//local']],
  ['[!u]sr', []],
  ['sd[a-b]1', ['/dev/sda1']],
  ['share1$', ['\\\\windows\\share1']],
  ['\\\\\\\\windows\\\\share', ['\\\\windows\\share']],
]

const OF_DATESTAMPS: readonly (readonly [string, readonly string[]])[] = [
  ['20001212-14', ['20001212', '20001213', '20001214']],
  ['20001212-24', ['20001212', '20001213', '20001214', '20001224', '20001215120000']],
  ['2000121', ['20001212', '20001213', '20001214', '20001215120000']],
  ['2', ['20001212', '20001213', '20001214', '20001224', '20001215120000', '2000', '20101231', '200010', '20001012000000', '2']],
  ['2000-10', ['20001212', '20001213', '20001214', '20001224', '20001215120000', '2000', '20101231', '200010', '20001012000000']],
  ['200010$', ['200010']],
  ['^20001212$', ['20001212']],
  ['20001212-', ['20001212']],
  ['=20001212', ['20001212']],
  ['20001212000000-20001213', ['20001213', '20001214', '20001215120000']],
]

const OF_LEVELS: readonly (readonly [string, readonly string[]])[] = [
  ['1', ['1', '10', '123']],
  ['3$', ['3']],
  ['3-5', ['3', '4', '5']],
  ['^1', ['1', '10', '123']],
  ['5-3', []],
  ['1-', []],
  ['=1', ['1']],
  ['10-20', ['10']],
  ['-5', ['0', '1', '3', '4', '5', '', 'a']],
]

for (const [what, match, names, expected] of [
  ['hosts', matchHost, HOSTS, OF_HOSTS],
  ['disks', matchDisk, DISKS, OF_DISKS],
  ['datestamps', matchDatestamp, DATESTAMPS, OF_DATESTAMPS],
  ['levels', matchLevel, LEVELS, OF_LEVELS],
] as const) {
  test(`${what} match as stock Amanda has it`, () => {
    for (const [expression, matched] of expected) assert.deepEqual(names.filter((name) => match(expression, name)), matched, JSON.stringify(expression))
  })
}

test('what is no expression is refused in the words of stock Amanda', () => {
  const refused = (work: () => boolean, message: string): void => assert.throws(work, (error) => error instanceof Fault && error.code === 'usage-wrong' && error.message === message)
  const unmatched = 'Unmatched [, [^, [:, [., or [='
  refused(() => matchHost('a[b', 'x'), String.raw`regex "\.a[b\.": ${unmatched}`)
  refused(() => matchDisk('^[', 'x'), String.raw`regex "^[\/": ${unmatched}`)
  refused(() => matchDisk('[$', 'x'), String.raw`regex "\/[$": ${unmatched}`)
  refused(() => matchDisk('**[', 'x'), String.raw`regex "\/.*[\/": ${unmatched}`)
  refused(() => matchDisk('a.b+[', 'x'), String.raw`regex "\/a\.b\+[\/": ${unmatched}`)
  refused(() => matchDisk('[z-a]', 'x'), String.raw`regex "\/[z-a]\/": Invalid range end`)
  for (const expression of ['', '-14', '20001214-12', 'abc', '20001213-1', '1-300', '20001212$-14']) refused(() => matchDatestamp(expression, '2'), `Illegal datestamp expression ${expression}`)
  for (const expression of ['', 'a', '^3-5$', '10$-20']) refused(() => matchLevel(expression, '1'), `Illegal level expression ${expression}`)
})

test('a name behind = matches itself and nothing else', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 40 }), (name, other) => {
      for (const match of [matchHost, matchDisk, matchDatestamp, matchLevel]) {
        assert.ok(match(`=${name}`, name))
        assert.equal(match(`=${name}`, other), name === other)
      }
    }),
  )
})
