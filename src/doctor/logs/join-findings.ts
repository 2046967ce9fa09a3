// What several lines say together and none of them alone: which faults of lost connections are really another one, and what was measured of each.
// Called once, when all lines are known. Pure.

import type { Confidence, Measured } from '../contract.ts'
import { LOST_CONNECTIONS } from '../kinds/lost-connections.ts'
import { confidenceOf, describeAtOnce, describeLost, halfCuredKeepaliveS, lostAtOnce, measuredOf } from './idle-age.ts'
import type { LeftStuck, LostConnection } from './lost-connection.ts'
import { areCompatible } from './whose-fault.ts'

/** A fault of one dump, or of a client, or of whoever: what is undefined the lines do not say. */
export interface FaultOf {
  readonly code: string
  readonly host: string | undefined
  readonly disk: string | undefined
}

/** Faults that leave the client alone in mid-dump. */
const CUTS: readonly string[] = [...LOST_CONNECTIONS, 'data-timeout']

/** Faults of the next request that tell that the whole machine, or the way to it, had gone. */
const UNREACHABLE: readonly string[] = ['connect-timed-out', 'connect-refused', 'host-unreachable', 'network-unreachable']

/** Faults for whose findings lost connections are looked at. */
const MEASURED: readonly string[] = [...CUTS, 'client-pipe-broken']

/**
 * A request is asked again for 30 s (req-tries). Over a connection that was made, an amandad that lives acknowledges it, however long its work takes:
 * where nothing came for longer than that, the connection was gone when it was asked again.
 */
const SILENT_REQUEST_S = 45

function isSameClient(a: Pick<FaultOf, 'host'>, b: Pick<FaultOf, 'host'>): boolean {
  return areCompatible({ host: a.host, disk: undefined }, { host: b.host, disk: undefined })
}

/** What of lost connections a fault is about. */
function isAbout(code: string, { how }: LostConnection): boolean {
  if (code === 'data-timeout') return how === 'data timeout'
  return code === 'client-pipe-broken' ? how === 'closed' : how !== 'data timeout' && how !== 'closed'
}

function lostOf({ code, host, disk }: FaultOf, lost: readonly LostConnection[]): readonly LostConnection[] {
  return lost.filter((one) => isAbout(code, one) && areCompatible(one, { host, disk }))
}

/** What `fault` is really, seen beside all others. */
function realCode(fault: FaultOf, faults: readonly FaultOf[], lost: readonly LostConnection[], atOnce: ReadonlySet<LostConnection>, stuck: readonly LeftStuck[]): string {
  const { code } = fault
  if (code === 'no-acknowledgement' && lost.some((one) => one.how === 'no answer' && one.silentS >= SILENT_REQUEST_S && isSameClient(one, fault))) return 'idle-connection-cut'
  if (code === 'no-acknowledgement' || code === 'no-reply') return faults.some((other) => CUTS.includes(other.code) && isSameClient(other, fault)) ? 'client-left-stuck' : code
  // Where nothing else tells of the cut, this is what tells of it.
  if (code === 'client-pipe-broken') return stuck.some((one) => areCompatible(one, fault)) && faults.some((other) => CUTS.includes(other.code) && isSameClient(other, fault)) ? 'client-left-stuck' : code
  if (code !== 'idle-connection-cut' && code !== 'data-timeout') return code
  const own = lostOf(fault, lost)
  if (own.some((one) => atOnce.has(one))) return 'connections-lost-at-once'
  // A reset comes from somebody who answers.
  const isSilent = own.every(({ how }) => how !== 'reset') && (own.length > 0 || code === 'data-timeout')
  if (isSilent && faults.some((other) => UNREACHABLE.includes(other.code) && isSameClient(other, fault))) return 'client-went-away'
  return code === 'idle-connection-cut' && halfCuredKeepaliveS(own) !== undefined ? 'keepalive-half-cure' : code
}

/** The codes of `faults`, in their order, as they are when seen together. */
export function joinedCodes(faults: readonly FaultOf[], lost: readonly LostConnection[], stuck: readonly LeftStuck[]): readonly string[] {
  const atOnce = lostAtOnce(lost.filter(({ how }) => how !== 'closed'))
  const isVague = ({ host }: FaultOf): boolean => host === undefined
  const codes = new Map(faults.map((fault) => [fault, realCode(fault, faults, lost, atOnce, stuck)]))
  // Lines that do not name their client are of those that do, and are what those are, all of them.
  for (const fault of faults.filter(isVague)) {
    const clear = new Set(faults.filter((other) => other.code === fault.code && !isVague(other)).map((other) => codes.get(other)))
    const [only] = clear
    if (clear.size > 1) codes.set(fault, fault.code)
    else if (only !== undefined) codes.set(fault, only)
  }
  return faults.map((fault) => codes.get(fault) ?? fault.code)
}

export interface MeasuredFault {
  readonly details: readonly string[]
  readonly measured: Measured | undefined
  /** Whose connections they were, where the lines do not say it. */
  readonly host: string | undefined
  readonly disk: string | undefined
  /** Undefined: as sure as the words of its lines. */
  readonly confidence: Confidence | undefined
}

export function measureFault(fault: FaultOf, lost: readonly LostConnection[]): MeasuredFault {
  const { host, disk } = fault
  if (fault.code === 'client-left-stuck') {
    const before = lost.filter((one) => isSameClient(one, fault))
    // A machine that is gone answers nobody either.
    return { details: [], measured: undefined, host, disk, confidence: before.length > 0 && before.every(({ how }) => how === 'data timeout') ? 'possible' : undefined }
  }
  if (!MEASURED.includes(fault.code)) return { details: [], measured: undefined, host, disk, confidence: undefined }
  if (fault.code === 'connections-lost-at-once') return { details: describeAtOnce(lost.filter((one) => areCompatible(one, { host, disk: undefined }))), measured: undefined, host, disk, confidence: undefined }
  const own = lostOf(fault, lost)
  const half = halfCuredKeepaliveS(own)
  const secondProbe = fault.code === 'keepalive-half-cure' && half !== undefined ? [`That is ${half} s to the first probe and 75 s to the second, or nearly so.`] : []
  const only = (values: readonly (string | undefined)[]): string | undefined => (new Set(values).size === 1 ? values[0] : undefined)
  return { details: [...describeLost(own), ...secondProbe], measured: measuredOf(own), host: host ?? only(own.map((one) => one.host)), disk: disk ?? only(own.map((one) => one.disk)), confidence: fault.code === 'idle-connection-cut' ? confidenceOf(own) : undefined }
}
