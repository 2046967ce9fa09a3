// What the catalog worker and its owner say to each other: a call by the method's name, and its value or fault. Values are copied by the
// structured clone; a Fault travels as its fields, because a class does not.

import { Fault } from '../kernel/fault.ts'
import type { FaultCode } from '../kernel/fault-codes.ts'
import type { SqliteCatalog } from './sqlite.ts'

export type CatalogMethod = Exclude<keyof SqliteCatalog, 'close'>

export interface CatalogCall {
  readonly id: number
  readonly method: CatalogMethod | 'close'
  readonly args: readonly unknown[]
}

export interface SentFault {
  readonly code: FaultCode
  readonly message: string
}

export type CatalogAnswer =
  | { readonly id: number; readonly kind: 'value'; readonly value: unknown }
  | { readonly id: number; readonly kind: 'fault'; readonly fault: SentFault }

export function sendFault(fault: Fault): SentFault {
  return { code: fault.code, message: fault.message }
}

export function receiveFault(sent: SentFault): Fault {
  return new Fault(sent.code, sent.message)
}
