import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startRenewal, stepRenewal, type KeyRenewal, type RenewalEffect, type RenewalEvent } from './key-renewal.ts'

/** An agent, its disk, its server and what is between them. Keys are letters. */
interface World {
  readonly agent: KeyRenewal
  /** Effects not carried out yet, in order. */
  readonly todo: readonly RenewalEffect[]
  readonly disk: { readonly current: string; readonly next: string | undefined }
  readonly server: { readonly active: string; readonly next: string | undefined }
  /** Told to the agent, not come yet. */
  readonly toAgent: readonly RenewalEvent[]
  /** Offers that the server has not seen. */
  readonly toServer: readonly string[]
  readonly faults: number
}

const FAULTS_MAX = 3
const START: World = { agent: startRenewal('a', undefined), todo: [], disk: { current: 'a', next: undefined }, server: { active: 'a', next: undefined }, toAgent: [], toServer: [], faults: 0 }

function tell(world: World, event: RenewalEvent): World {
  const [agent, effects] = stepRenewal(world.agent, event)
  return { ...world, agent, todo: [...world.todo, ...effects] }
}

/** A dial as the server answers it: the first link of a next key forgets the old one. */
function dial(world: World): World {
  const key = world.agent.dial
  const cut = { ...world, toAgent: [], toServer: [] }
  if (key === world.server.active) return tell(cut, { kind: 'linked', key })
  if (key === world.server.next) return tell({ ...cut, server: { active: key, next: undefined } }, { kind: 'linked', key })
  return tell(cut, { kind: 'refused', key })
}

function carryOut(world: World): World {
  const [effect, ...todo] = world.todo
  const { agent, disk } = world
  const rest = { ...world, todo }
  switch (effect) {
    case 'make':
      return tell({ ...rest, disk: { ...disk, next: 'b' } }, { kind: 'made', key: 'b' })
    case 'offer':
      return agent.next === undefined || agent.linked === undefined ? rest : { ...rest, toServer: [...world.toServer, agent.next] }
    case 'promote':
      assert.ok(disk.next !== undefined)
      return tell({ ...rest, disk: { current: disk.next, next: undefined } }, { kind: 'promoted' })
    case 'relink':
      return dial(rest)
    default:
      return rest
  }
}

function serve(world: World): World {
  const [key, ...toServer] = world.toServer
  if (key === undefined) return world
  const server = key === world.server.active ? world.server : { ...world.server, next: key }
  return { ...world, server, toServer, toAgent: [...world.toAgent, { kind: 'accepted', key }] }
}

function deliver(world: World): World {
  const [event, ...toAgent] = world.toAgent
  return event === undefined ? world : tell({ ...world, toAgent }, event)
}

/** Everything that may happen next without a fault. */
function moves(world: World): readonly World[] {
  const found: World[] = []
  if (world.todo.length > 0) found.push(carryOut(world))
  if (world.agent.linked === undefined) found.push(dial(world))
  else {
    if (world.toServer.length > 0) found.push(serve(world))
    if (world.toAgent.length > 0) found.push(deliver(world))
  }
  return found
}

/** The agent is killed, before or after the disk has done what was asked of it; the session is reset; a save fails. */
function faultsOf(world: World): readonly World[] {
  if (world.faults >= FAULTS_MAX) return []
  const faults = world.faults + 1
  const killed = (state: World): World => ({ ...state, agent: startRenewal(state.disk.current, state.disk.next), todo: [], toAgent: [], toServer: [], faults })
  const found = [killed(world), tell({ ...world, toAgent: [], toServer: [], faults }, { kind: 'link-lost' })]
  const [first, ...todo] = world.todo
  if (first === 'make' || first === 'promote') found.push(killed(carryOut(world)), tell({ ...world, todo, faults }, { kind: 'failed' }))
  // The server stores the offer and is killed before it answers.
  if (world.toServer.length > 0) found.push(tell({ ...serve(world), toAgent: [], toServer: [], faults }, { kind: 'link-lost' }))
  if (world.agent.mode !== 'making') found.push(tell({ ...world, faults }, { kind: 'asked' }))
  return found
}

function settle(from: World): World {
  let world = from
  for (let count = 0; count < 100; count++) {
    // After a save that failed the agent waits for its next link, which comes some day.
    const next = moves(world)[0] ?? (world.agent.mode === 'pending' ? tell(world, { kind: 'link-lost' }) : undefined)
    if (next === undefined) return world
    world = next
  }
  throw new Error(`no end: ${JSON.stringify(from)}`)
}

test('no order of kills, resets and lost answers locks the agent out, and every one ends with one key on both sides', () => {
  const asked = tell(dial(START), { kind: 'asked' })
  const seen = new Set<string>()
  const todo: World[] = [asked]
  let renewed = 0
  for (let world = todo.pop(); world !== undefined; world = todo.pop()) {
    const name = JSON.stringify(world)
    if (seen.has(name)) continue
    seen.add(name)
    const known = [world.server.active, world.server.next]
    assert.ok(known.includes(world.disk.current) || (world.disk.next !== undefined && known.includes(world.disk.next)), `locked out: ${name}`)
    const end = settle(world)
    assert.equal(end.agent.mode, 'settled', name)
    assert.deepEqual([end.disk.current, end.disk.next, end.server.active, end.agent.linked], [end.agent.current, undefined, end.agent.current, end.agent.current], name)
    if (end.agent.current === 'b') renewed += 1
    todo.push(...moves(world), ...faultsOf(world))
  }
  assert.ok(seen.size > 250 && renewed > 200, `${renewed} of ${seen.size}`)
})

test('a renewal without faults makes, offers, promotes and relinks, once', () => {
  let state = startRenewal('a', undefined)
  const effects = ([{ kind: 'linked', key: 'a' }, { kind: 'asked' }, { kind: 'asked' }, { kind: 'made', key: 'b' }, { kind: 'accepted', key: 'x' }, { kind: 'accepted', key: 'b' }, { kind: 'accepted', key: 'b' }, { kind: 'promoted' }, { kind: 'linked', key: 'b' }] as const).map((event) => {
    const [next, found] = stepRenewal(state, event)
    state = next
    return found.join(' ')
  })
  assert.deepEqual(effects, ['', 'make', '', 'offer', '', 'promote', '', 'relink', ''])
  assert.deepEqual(state, { mode: 'settled', current: 'b', next: undefined, dial: 'b', linked: 'b' })
})

test('an agent whose current key is refused tries the next one, and goes back', () => {
  const [first] = stepRenewal(startRenewal('a', 'b'), { kind: 'refused', key: 'a' })
  assert.equal(first.dial, 'b')
  assert.equal(stepRenewal(first, { kind: 'refused', key: 'b' })[0].dial, 'a')
  assert.deepEqual(stepRenewal(first, { kind: 'linked', key: 'b' })[1], ['promote'])
  assert.equal(stepRenewal(startRenewal('a', undefined), { kind: 'refused', key: 'a' })[0].dial, 'a')
})
