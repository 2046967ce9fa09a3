// `amadmin reuse` and `no-reuse`: whether volumes may be written again.

import { TapelistStore } from '../../../records/tapelist-store.ts'
import type { TapelistEntry } from '../../../wire/amanda/tapelist.ts'
import type { AmadminCall } from './call.ts'

function marking(name: 'reuse' | 'no-reuse'): (call: AmadminCall) => Promise<number> {
  const isReusable = name === 'reuse'
  const word = isReusable ? 'reusable' : 'not reusable'
  return async (call) => {
    const { words, session, err } = call
    if (words.length === 0) {
      err(`amadmin: expecting "${name} <tapelabel> ..."\n`)
      return 0
    }
    await new TapelistStore(call, session.places.tapelist).change((entries) => {
      const said: string[] = []
      let changed: readonly TapelistEntry[] = entries
      for (const label of words) {
        const entry = changed.find((one) => one.label === label)
        if (entry === undefined) said.push(`label '${label}' not found in tapelist file '${session.places.tapelist}'.`)
        else if (entry.isReusable === isReusable) said.push(`tape '${label}' already ${word}.`)
        else {
          said.push(`marking tape '${label}' as ${word}.`)
          changed = [{ ...entry, isReusable }, ...changed.filter((one) => one !== entry)]
        }
      }
      for (const line of said) err(`${line}\n`)
      return changed === entries ? undefined : changed
    })
    return 0
  }
}

export const REUSE_SUBCOMMANDS = { reuse: marking('reuse'), 'no-reuse': marking('no-reuse') }
