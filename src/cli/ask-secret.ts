// Asks for a passphrase at the terminal without showing it. What is typed goes nowhere but to the caller.

import { Fault } from '../kernel/fault.ts'
import type { CliContext } from './context.ts'

const PASSPHRASE_CHARACTERS_MAX = 4096
const ENTER = new Set(['\r', '\n'])
const ERASE = new Set(['\u007f', '\b'])
const INTERRUPT = '\u0003'
const END = '\u0004'
const ERASE_LINE = '\u0015'

export interface SecretTerminal {
  readonly input: Pick<NodeJS.ReadStream, 'setRawMode' | 'on' | 'off' | 'resume' | 'pause'>
  readonly output: Pick<NodeJS.WriteStream, 'write'>
}

/** The line that is typed. Rejects with `cancelled` when it is interrupted or `signal` aborts. */
export function askSecret({ input, output }: SecretTerminal, prompt: string, signal: AbortSignal): Promise<string> {
  output.write(prompt)
  input.setRawMode(true)
  input.resume()
  let typed = ''
  return new Promise((resolve, reject) => {
    const end = (answer: string | Fault): void => {
      input.off('data', onData)
      signal.removeEventListener('abort', onAbort)
      input.setRawMode(false)
      input.pause()
      output.write('\n')
      if (typeof answer === 'string') resolve(answer)
      else reject(answer)
    }
    const onAbort = (): void => end(new Fault('cancelled', 'interrupted'))
    const onData = (data: Buffer | string): void => {
      for (const char of data.toString('utf8')) {
        if (ENTER.has(char)) return end(typed)
        if (char === INTERRUPT || (char === END && typed === '')) return onAbort()
        if (ERASE.has(char)) typed = typed.replace(/.$/su, '')
        else if (char === ERASE_LINE) typed = ''
        else if (char >= ' ' && typed.length < PASSPHRASE_CHARACTERS_MAX) typed += char
      }
    }
    input.on('data', onData)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
  })
}

/** A new passphrase, typed twice. Rejects with `usage-wrong` when the two are not the same, or empty. */
export async function askNewSecret(context: Pick<CliContext, 'signal'>, terminal: SecretTerminal, what: string): Promise<string> {
  const first = await askSecret(terminal, `${what}: `, context.signal)
  if (first === '') throw new Fault('usage-wrong', 'the passphrase is empty', { next: 'Type one that nobody guesses.' })
  if ((await askSecret(terminal, 'once more: ', context.signal)) !== first) throw new Fault('usage-wrong', 'the two are not the same', { next: 'Try again.' })
  return first
}
