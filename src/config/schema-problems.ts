// What zod found wrong, as sentences with a place and an advice.

import type { z } from 'zod'
import { jsonSchemaOf, knownKeys } from './json-schema.ts'
import { nearestWord } from './nearest.ts'
import type { ConfigProblem } from './resolved.ts'
import type { Place, ValuePath, YamlDocument } from './yaml-document.ts'

type Issue = z.core.$ZodIssue

/** Problems of one text; a text with thousands of them is not a configuration. */
const PROBLEM_COUNT_MAX = 200

const KIND_WORDS: Readonly<Record<string, string>> = { object: 'a group of settings', record: 'a group of named entries', array: 'a list', string: 'a text', int: 'a whole number', number: 'a number', boolean: 'true or false' }

const READ_MORE = 'See docs/configuration.md for what may stand here.'

function pathText(path: ValuePath): string {
  return path.length === 0 ? 'the file' : path.map((key, index) => (typeof key === 'number' ? `[${key + 1}]` : `${index === 0 ? '' : '.'}${String(key)}`)).join('')
}

/** Branches of a union that fail already by their kind are not what the writer meant. */
function likelyBranch(errors: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const plausible = errors.filter((issues) => !issues.some((issue) => issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value')))
  return plausible.toSorted((a, b) => a.length - b.length)[0]
}

/** What a schema says in words of its own about a value that is none of its. */
function ownWords(issue: Issue): string | undefined {
  return issue.code === 'invalid_value' && !issue.message.startsWith('Invalid ') ? issue.message : undefined
}

interface Found {
  readonly place: Place
  readonly message: string
  readonly next: string
}

function unionKinds(errors: readonly (readonly Issue[])[]): string {
  const words = errors.flatMap((issues) =>
    issues.flatMap((issue) => {
      if (issue.code === 'invalid_type') return [KIND_WORDS[issue.expected] ?? issue.expected]
      if (issue.code === 'invalid_value') return [issue.values.map((value) => `\`${String(value)}\``).join(', ')]
      return []
    }),
  )
  return [...new Set(words)].join(' or ')
}

function foundOf(issue: Issue, base: ValuePath, document: YamlDocument, schema: z.ZodType): Found[] {
  const path = [...base, ...issue.path]
  const what = pathText(path)
  const one = (message: string, next = READ_MORE): Found[] => [{ place: document.placeOf(path), message, next }]
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = knownKeys(jsonSchemaOf(schema), path)
      return issue.keys.map((key) => {
        const near = nearestWord(key, known)
        const next = near === undefined ? `Remove it; known here: ${known.toSorted().join(', ')}.` : `Did you mean \`${near}\`?`
        return { place: document.placeOfKey([...path, key]), message: `\`${key}\` is not a setting${path.length === 0 ? '' : ` of ${what}`}`, next }
      })
    }
    case 'invalid_type':
      if (isMissing(path, document)) return one(`${what} is missing`, `Add \`${String(path.at(-1) ?? '')}\`. ${READ_MORE}`)
      return one(`${what} must be ${KIND_WORDS[issue.expected] ?? issue.expected}`)
    case 'invalid_value': {
      const own = ownWords(issue)
      if (own !== undefined) return one(`${what} ${own}`)
      const values = issue.values.map(String)
      const near = nearestWord(String(valueAt(document.value, path)), values)
      return one(`${what} must be one of ${values.join(', ')}`, near === undefined ? READ_MORE : `Did you mean \`${near}\`?`)
    }
    case 'invalid_key':
      return [{ place: document.placeOfKey(path), message: `\`${String(path.at(-1))}\` ${issue.issues[0]?.message ?? 'is not a possible name'}`, next: 'Choose another name.' }]
    case 'invalid_union': {
      const branch = likelyBranch(issue.errors)
      if (branch !== undefined) return branch.flatMap((inner) => foundOf(inner, path, document, schema))
      const own = issue.errors.flat().map(ownWords).find((words) => words !== undefined)
      if (own !== undefined) return one(`${what} ${own}`)
      const kinds = unionKinds(issue.errors)
      return one(isMissing(path, document) ? `${what} is missing` : `${what} must be ${kinds === '' ? 'something else' : kinds}`)
    }
    case 'too_small':
      if (issue.origin === 'array') return one(`${what} must not be empty`)
      return one(`${what} must be at least ${issue.minimum}`)
    case 'too_big':
      return one(`${what} must be at most ${issue.maximum}`)
    default:
      return one(isMissing(path, document) ? `${what} is missing` : `${what} ${issue.message}`)
  }
}

function valueAt(value: unknown, path: ValuePath): unknown {
  let at = value
  for (const key of path) at = typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined
  return at
}

function isMissing(path: ValuePath, document: YamlDocument): boolean {
  const value = valueAt(document.value, path)
  return value === undefined || value === null
}

/** All problems of `error`, in the order of the text. */
export function schemaProblems(error: z.ZodError, document: YamlDocument, schema: z.ZodType): ConfigProblem[] {
  return error.issues
    .flatMap((issue) => foundOf(issue, [], document, schema))
    .slice(0, PROBLEM_COUNT_MAX)
    .map(({ place, message, next }) => ({ file: document.file, ...place, severity: 'error' as const, message, next }))
    .toSorted((a, b) => a.line - b.line || a.column - b.column)
}
