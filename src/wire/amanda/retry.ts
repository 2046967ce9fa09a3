// `delay D level L message "M"`: how a client asks for another try, in a reply (RETRY) and on MESG (`sendbackup: retry`).

import { Fault } from '../../kernel/fault.ts'
import { quoteString, splitWords, unquoteString } from './quote.ts'
import { oneLineText } from './service-errors.ts'

export interface RetryAdvice {
  /** Pause before the next try. */
  readonly delaySeconds?: number
  /** Level of the next try. */
  readonly level?: number
  readonly message?: string
}

const DELAY_SECONDS_MAX = 7 * 86_400

/** The words after `retry`. The message is always quoted, as it is passed on unread. */
export function formatRetry(advice: RetryAdvice): string {
  const words: string[] = []
  if (advice.delaySeconds !== undefined) words.push(`delay ${advice.delaySeconds}`)
  if (advice.level !== undefined) words.push(`level ${advice.level}`)
  if (advice.message !== undefined) {
    const quoted = quoteString(oneLineText(advice.message))
    words.push(`message ${quoted.startsWith('"') ? quoted : `"${quoted}"`}`)
  }
  return words.join(' ')
}

function count(text: string | undefined, what: string, limit: number): number {
  const value = text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(value <= limit)) throw new Fault('wire-malformed', `retry: ${what} ${JSON.stringify(text)} is not a number up to ${limit}`)
  return value
}

export function parseRetry(text: string): RetryAdvice {
  const words = splitWords(text)
  const advice: { -readonly [Key in keyof RetryAdvice]: RetryAdvice[Key] } = {}
  for (let index = 0; index < words.length; index += 2) {
    const value = words[index + 1]
    switch (words[index]) {
      case 'delay':
        advice.delaySeconds = count(value, 'delay', DELAY_SECONDS_MAX)
        break
      case 'level':
        advice.level = count(value, 'level', 399)
        break
      case 'message':
        advice.message = unquoteString(value ?? '')
        break
      default:
        throw new Fault('wire-malformed', `retry: ${JSON.stringify(words[index])} is not known`)
    }
  }
  return advice
}
