// The small values of a configuration as zod schemas: sizes, durations, paths, names. Each says in one sentence what it wants, and
// carries what the published JSON schema says about it.

import { z } from 'zod'
import { DAY_MS, formatDuration, formatSize, parseDuration, parseSize } from './units.ts'

/** Host names, dumptypes and the like: no blank, no quote, nothing a shell or a path could misread. */
const NAME_PATTERN = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9_])?$/

function complain(ctx: z.core.ParsePayload, message: string): never {
  ctx.issues.push({ code: 'custom', message, input: ctx.value })
  return z.NEVER
}

interface Range {
  readonly min?: number
  readonly max?: number
}

/** A size in bytes: `10 GiB`, `500 MB` or a number of bytes. */
export function sizeSchema(description: string, range: Range = {}): z.ZodType<number> {
  return z
    .unknown()
    .transform((value, ctx) => {
      const bytes = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : typeof value === 'string' ? parseSize(value) : undefined
      if (bytes === undefined) return complain(ctx, 'must be a size such as `10 GiB`')
      if (range.min !== undefined && bytes < range.min) return complain(ctx, `must be at least ${formatSize(range.min)}`)
      return bytes
    })
    .meta({ description, anyOf: [{ type: 'string', pattern: String.raw`^\s*\d+(\.\d+)?\s*([kKmMgGtTpP]([iI]?[bB])?|[bB](ytes?)?)?\s*$` }, { type: 'integer', minimum: 0 }] })
}

/** A duration in milliseconds: `30 s`, `5 min`, `1 d`. */
export function durationSchema(description: string, range: Range = {}): z.ZodType<number> {
  return z
    .unknown()
    .transform((value, ctx) => {
      const ms = typeof value === 'string' ? parseDuration(value) : undefined
      if (ms === undefined) return complain(ctx, 'must be a duration with its unit, such as `30 s`, `5 min` or `1 d`')
      if (range.min !== undefined && ms < range.min) return complain(ctx, `must be at least ${formatDuration(range.min)}`)
      if (range.max !== undefined && ms > range.max) return complain(ctx, `must be at most ${formatDuration(range.max)}`)
      return ms
    })
    .meta({ description, type: 'string', pattern: String.raw`^\s*\d+(\.\d+)?\s*(ms|s|sec|seconds?|min|minutes?|h|hours?|d|days?|w|weeks?)\s*$` })
}

/** A duration of whole days, as a number of days. */
export function daysSchema(description: string): z.ZodType<number> {
  return z
    .unknown()
    .transform((value, ctx) => {
      const ms = typeof value === 'string' ? parseDuration(value) : undefined
      if (ms === undefined || ms % DAY_MS !== 0) return complain(ctx, 'must be whole days, such as `7 d` or `2 weeks`')
      return ms / DAY_MS
    })
    .meta({ description, type: 'string', pattern: String.raw`^\s*\d+\s*(d|days?|w|weeks?)\s*$` })
}

export function pathSchema(description: string): z.ZodType<string> {
  return z
    .string()
    .regex(/^\/[^\0]*$/, 'must be an absolute path, beginning with `/`')
    .meta({ description })
}

export function nameSchema(description: string): z.ZodType<string> {
  return z.string().regex(NAME_PATTERN, 'must be a name of letters, digits, `.`, `_` and `-`').meta({ description })
}

/** A non-empty text without control characters. */
export function textSchema(description: string): z.ZodType<string> {
  return z.string().regex(/^[^\p{Cc}]+$/u, 'must not be empty nor contain control characters').meta({ description })
}

/** `name@host`, or the name of a user of this machine. No display name: it is an envelope address. */
export function mailAddressSchema(description: string): z.ZodType<string> {
  return z
    .string()
    .max(254)
    .regex(/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+(?:@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)?$/, 'must be a mail address such as `root@example.com`')
    .regex(/^[^-]/, 'must not begin with `-`')
    .meta({ description })
}

export function countSchema(description: string, min: number, max: number): z.ZodType<number> {
  return z.int().min(min).max(max).meta({ description })
}

/** A time of the day, `20:15`, as minutes after midnight. */
export function timeOfDaySchema(description: string): z.ZodType<number> {
  return z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as `20:15`')
    .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)))
    .meta({ description })
}

/** One text or a list of them, as a list. */
export function listSchema(description: string): z.ZodType<readonly string[]> {
  return listOf(z.string().regex(/^[^\0\n]+$/, 'must be one line and not empty'), description)
}

/** The same, and a text may be empty. */
export function valuesSchema(description: string): z.ZodType<readonly string[]> {
  return listOf(z.string().regex(/^[^\0\n]*$/, 'must be one line'), description)
}

function listOf(item: z.ZodType<string>, description: string): z.ZodType<readonly string[]> {
  return z
    .union([z.array(item), item])
    .transform((value) => (typeof value === 'string' ? [value] : value))
    .meta({ description })
}
