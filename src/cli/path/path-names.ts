// What the name service says of an address: its names, and whether one of them leads back.

import { lookup, reverse } from 'node:dns/promises'
import type { NameFacts } from '../../wire/probe/path-facts.ts'

/** Milliseconds. A name service that takes longer has failed; nothing of a measurement waits for it longer. */
const LOOKUP_MS_MAX = 3000

function withinLimit<T>(work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_resolve, reject) => setTimeout(() => reject(new Error(`no answer within ${LOOKUP_MS_MAX / 1000} s`)), LOOKUP_MS_MAX).unref())
  return Promise.race([work, late])
}

async function leadsTo(name: string, address: string): Promise<boolean> {
  try {
    return (await withinLimit(lookup(name, { all: true }))).some((found) => found.address === address)
  } catch {
    return false
  }
}

/** Never rejects. */
export async function nameFacts(address: string): Promise<NameFacts> {
  try {
    const names = await withinLimit(reverse(address))
    const isBack = await Promise.all(names.map((name) => leadsTo(name, address)))
    return { address, names, isConsistent: isBack.includes(true) }
  } catch (error) {
    return { address, names: [], error: error instanceof Error ? error.message : String(error) }
  }
}

/** The address alone of `address:port` or `[v6]:port`. */
export function hostOf(address: string): string {
  return address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
}
