// How an agent changes its key without ever being locked out: one pure step function. It knows keys by their fingerprints; who carries out
// its effects keeps the keys (src/cli/agent-keys.ts). docs/protocol/tether.md, section 7, has the server's part.
//
//   mode       on disk        event                      next        effect
//   settled    current        asked                      making      make
//   making     current        made                       pending     offer, if linked
//   making     current        failed                     settled     –
//   pending    current, next  linked by the current key  pending     offer
//   pending    current, next  linked by the next key     promoting   promote
//   pending    current, next  asked                      pending     offer, if linked
//   pending    current, next  accepted                   promoting   promote
//   pending    current, next  refused                    pending     dial with the other key from now on
//   promoting  current, next  promoted (next is current) settled     relink, unless linked by this key
//   promoting  current, next  failed                     pending     – (the next link tries again)
//   any                       linked by another key      same        relink
//
// The next key is durable before it is offered, and becomes the current one in one durable rename after the server has stored it. So at
// every instant the server knows one of the keys on disk; a process that starts with both begins as pending.

export interface KeyRenewal {
  readonly mode: 'settled' | 'making' | 'pending' | 'promoting'
  readonly current: string
  readonly next: string | undefined
  /** The key to dial with. */
  readonly dial: string
  /** The key of the live link; undefined: there is none. */
  readonly linked: string | undefined
}

export type RenewalEvent =
  /** The server or a person wants a new key. */
  | { readonly kind: 'asked' }
  /** The next key is durable. */
  | { readonly kind: 'made'; readonly key: string }
  /** The next key is the current one, durably. */
  | { readonly kind: 'promoted' }
  /** What `make` or `promote` asked for came to nothing. */
  | { readonly kind: 'failed' }
  /** A link made with `key` carries the session. */
  | { readonly kind: 'linked'; readonly key: string }
  | { readonly kind: 'link-lost' }
  /** The server does not know `key`, or has revoked it. */
  | { readonly kind: 'refused'; readonly key: string }
  /** The server has stored `key`. */
  | { readonly kind: 'accepted'; readonly key: string }

/** `make`: create a key and save it as the next one. `promote`: make the next key the current one. `relink`: dial anew with `dial`. */
export type RenewalEffect = 'make' | 'offer' | 'promote' | 'relink'

/** The state of an agent that starts with these keys on its disk. */
export function startRenewal(current: string, next: string | undefined): KeyRenewal {
  return { mode: next === undefined ? 'settled' : 'pending', current, next, dial: current, linked: undefined }
}

export function stepRenewal(state: KeyRenewal, event: RenewalEvent): readonly [KeyRenewal, readonly RenewalEffect[]] {
  const { mode, next, linked } = state
  const offer: readonly RenewalEffect[] = linked === undefined ? [] : ['offer']
  switch (event.kind) {
    case 'asked':
      if (mode === 'settled') return [{ ...state, mode: 'making' }, ['make']]
      return [state, mode === 'pending' ? offer : []]
    case 'made':
      return mode === 'making' ? [{ ...state, mode: 'pending', next: event.key }, offer] : [state, []]
    case 'promoted':
      if (mode !== 'promoting' || next === undefined) return [state, []]
      return [{ ...state, mode: 'settled', current: next, next: undefined, dial: next }, linked === undefined || linked === next ? [] : ['relink']]
    case 'failed':
      return [{ ...state, mode: mode === 'making' ? 'settled' : mode === 'promoting' ? 'pending' : mode }, []]
    case 'linked':
      return takeLink({ ...state, linked: event.key }, event.key)
    case 'link-lost':
      return [{ ...state, linked: undefined }, []]
    case 'refused':
      if (mode !== 'pending' || next === undefined) return [state, []]
      return [{ ...state, dial: event.key === state.current ? next : state.current }, []]
    case 'accepted':
      return mode === 'pending' && event.key === next ? [{ ...state, mode: 'promoting' }, ['promote']] : [state, []]
  }
}

function takeLink(state: KeyRenewal, key: string): readonly [KeyRenewal, readonly RenewalEffect[]] {
  if (state.mode === 'pending') return key === state.next ? [{ ...state, mode: 'promoting' }, ['promote']] : [state, ['offer']]
  // A link that was being dialled when the key changed.
  if (state.mode === 'settled' && key !== state.current) return [state, ['relink']]
  return [state, []]
}
