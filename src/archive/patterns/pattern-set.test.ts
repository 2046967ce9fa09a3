import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { Glob } from './glob.ts'
import { parsePatternList, PatternSet } from './pattern-set.ts'

const NAMES = ['a', 'b', 'ab', 'a.b', '.a', 'A', '1', '-', '!', '^', '[', ']', 'a[b', '[a]', '\\', 'a\\b', '*', 'a*', '?', ' ', 'a b', '{a,b}', '\xff', 'x:y', '=', 'aa', 'aab', 'b.a']

/** Paths of a tree with these names in three depths; directories first. */
const TREE = NAMES.flatMap((name) => ('ab[!1'.includes(name) ? [name, ...NAMES.flatMap((below) => (below === 'a' ? [`${name}/a`, `${name}/a/b`, `${name}/a/.a`] : [`${name}/${below}`]))] : [name]))

/** What a walk keeps that asks for a directory before what is in it. */
function kept(patterns: readonly string[]): string[] {
  const set = new PatternSet(patterns)
  if (set.matches('.')) return []
  const isOut = (each: string): boolean => {
    const slash = each.lastIndexOf('/')
    const parent = slash < 0 ? '.' : each.slice(0, slash)
    return (slash >= 0 && isOut(parent)) || (set.inDirectory(parent)?.(each.slice(slash + 1)) ?? false)
  }
  return ['.', ...TREE.filter((each) => !isOut(each)).map((each) => `./${each}`)].toSorted()
}

test('patterns leave out what GNU tar leaves out', (t) => {
  if (!/GNU tar/.test(spawnSync('tar', ['--version'], { encoding: 'utf8' }).stdout ?? '')) return t.skip('no GNU tar here')
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-patterns-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const isDirectory = (each: string): boolean => TREE.some((other) => other.startsWith(`${each}/`))
  for (const each of TREE) {
    const full = Buffer.concat([Buffer.from(`${dir}/`), Buffer.from(each, 'latin1')])
    if (isDirectory(each)) mkdirSync(full)
    else writeFileSync(full, '')
  }
  const byTar = (patterns: readonly string[]): string[] => {
    const list = path.join(dir, '..', `${path.basename(dir)}.list`)
    writeFileSync(list, Buffer.from(patterns.map((pattern) => `${pattern}\n`).join(''), 'latin1'))
    const run = spawnSync('tar', ['--create', '--file=/dev/null', '--verbose', '--quoting-style=literal', `--exclude-from=${list}`, '.'], { cwd: dir, env: { ...process.env, LC_ALL: 'C' } })
    rmSync(list)
    assert.equal(run.status, 0, run.stderr.toString())
    return run.stdout.toString('latin1').split('\n').filter((line) => line !== '').map((line) => line.replace(/\/$/, '')).toSorted()
  }
  const fixed = ['a', './a', 'a/', '/a', 'a/a', 'a/*', '*/a', './*/a', '*.b', '.', './', '*', './*', '?a', '[.]a', 'a[b', 'a[', '[', '\\', '\\\\', 'a\\', '*\\', '[!a]', '[^a]', '[]a]', '[a-', '[a\\]b]', '[[:alpha:]]', '[[:foo:]]', '[b-a]', '[[=a=]]b', '[[.-.]]', 'a//b', '{a,b}', '[a-b].[ab]', 'a*b', '*a*', '\\a', '\\*', 'a/a/b', './[ab]/a/?']
  for (const pattern of fixed) assert.deepEqual(kept([pattern]), byTar([pattern]), JSON.stringify(pattern))
  const pattern = fc.string({ unit: fc.constantFrom(...Array.from('abA1.*?[]!^-\\/ {\xff'), 'a', '*', './', '[a', '[!', 'a]', '/'), minLength: 1, maxLength: 6 }).filter((text) => !/[ \t]$/.test(text))
  fc.assert(
    fc.property(fc.array(pattern, { minLength: 1, maxLength: 2 }), (patterns) => assert.deepEqual(kept(patterns), byTar(patterns))),
    { numRuns: 60 },
  )
})

test('a directory in which nothing can match has no test', () => {
  const set = new PatternSet(['./proc/*', './home/*/.cache/*', './var/lib/x'])
  for (const [directory, canMatch] of [['.', true], ['proc', true], ['home', true], ['home/u', true], ['home/u/.cache', true], ['var', false], ['var/lib', true], ['usr', false], ['usr/lib/proc', false], ['pro', false]] as const) {
    const isAsked = set.inDirectory(directory) !== undefined
    assert.ok(isAsked || !canMatch, directory)
    if (!canMatch) assert.equal(isAsked, false, directory)
  }
  assert.equal(set.inDirectory('proc')?.('1'), true)
  assert.equal(set.inDirectory('home/u/.cache')?.('x'), true)
  assert.equal(set.inDirectory('var/lib')?.('y'), false)
  assert.equal(new PatternSet([]).inDirectory('a'), undefined)
  assert.ok(new PatternSet(['x']).inDirectory('a'))
})

test('the lines of a list are patterns, with what GNU tar takes off', () => {
  assert.deepEqual(parsePatternList('a\n\n  b \t\r\n#c\n \nd'), ['a', '  b', '#c', 'd'])
})

test('no pattern takes long, and any is a pattern', () => {
  assert.equal(new Glob(`${'*a'.repeat(200)}b`).matches('a'.repeat(4000), 0), false)
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...Array.from('[]!^-:.=\\*?a'), '[:', ':]', 'alpha'), maxLength: 20 }), fc.string({ maxLength: 10 }), (pattern, text) => typeof new Glob(pattern).matches(text, 0) === 'boolean'))
  assert.throws(() => new PatternSet(['x'.repeat(20_000)]), { code: 'wire-malformed' })
})
