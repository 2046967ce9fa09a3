import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { askNewSecret, askSecret, type SecretTerminal } from './ask-secret.ts'

class FakeInput extends EventEmitter {
  isRaw = false
  setRawMode(isRaw: boolean): this {
    this.isRaw = isRaw
    return this
  }
  resume(): this {
    return this
  }
  pause(): this {
    return this
  }
}

function terminal(): { readonly input: FakeInput; readonly shown: string[]; readonly terminal: SecretTerminal } {
  const input = new FakeInput()
  const shown: string[] = []
  return { input, shown, terminal: { input: input as never, output: { write: (text: string) => shown.push(text) > 0 } as never } }
}

const never = new AbortController().signal

test('what is typed is not shown, and can be corrected', async () => {
  const { input, shown, terminal: at } = terminal()
  const answer = askSecret(at, 'passphrase: ', never)
  assert.equal(input.isRaw, true)
  input.emit('data', 'wrong\u0015sesamx')
  input.emit('data', Buffer.from('\u007fe ö\r'))
  assert.equal(await answer, 'sesame ö')
  assert.deepEqual([shown.join(''), input.isRaw, input.listenerCount('data')], ['passphrase: \n', false, 0])
})

test('an interrupt ends the question and gives the terminal back', async () => {
  for (const key of ['ab\u0003', '\u0004']) {
    const { input, terminal: at } = terminal()
    const answer = askSecret(at, '', never)
    input.emit('data', key)
    await assert.rejects(answer, { code: 'cancelled' })
    assert.equal(input.isRaw, false)
  }
})

test('a new passphrase is typed twice', async () => {
  const ask = async (...lines: string[]): Promise<string> => {
    const { input, terminal: at } = terminal()
    const answer = askNewSecret({ signal: never }, at, 'new passphrase')
    const type = async (): Promise<void> => {
      for (const line of lines) {
        input.emit('data', `${line}\r`)
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    return (await Promise.all([answer, type()]))[0]
  }
  assert.equal(await ask('sesame', 'sesame'), 'sesame')
  await assert.rejects(ask('sesame', 'barley'), { code: 'usage-wrong' })
  await assert.rejects(ask(''), { code: 'usage-wrong' })
})
