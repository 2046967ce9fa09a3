// JSON of the vault's objects: written canonically (names of fields sorted, no blanks, undefined fields left out), read field by field. What is not as expected is `vault-damaged`
// with the name of the field; fields that are not asked for belong to a newer version and are ignored.

import { Fault } from '../../kernel/fault.ts'
import { NAME_BYTES_MAX } from './limits.ts'

type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue | undefined }

export type JsonFields = { readonly [name: string]: JsonValue | undefined }

export function canonicalJson(value: JsonFields): string {
  return JSON.stringify(value, (_name, field: unknown) => (isObject(field) ? Object.fromEntries(Object.entries(field).toSorted(([a], [b]) => (a < b ? -1 : 1))) : field))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const NAME = /^[0-9a-zA-Z][0-9a-zA-Z._-]*$/

export class JsonReader {
  readonly #fields: Record<string, unknown>
  readonly #what: string

  private constructor(fields: Record<string, unknown>, what: string) {
    this.#fields = fields
    this.#what = what
  }

  /** The object that `text` is. */
  static of(text: string, what: string): JsonReader {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (error) {
      throw new Fault('vault-damaged', `${what} is not JSON`, { cause: error })
    }
    if (!isObject(value)) throw new Fault('vault-damaged', `${what} is not a JSON object`)
    return new JsonReader(value, what)
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#fields, name)
  }

  text(name: string, bytesMax = NAME_BYTES_MAX): string {
    const value = this.#get(name)
    if (typeof value !== 'string' || Buffer.byteLength(value) > bytesMax) throw this.fault(name)
    return value
  }

  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined
  }

  /** Of an object: letters, digits, `.`, `_` and `-`, so that it is no path. */
  objectName(name: string): string {
    const value = this.text(name, 200)
    if (!NAME.test(value)) throw this.fault(name)
    return value
  }

  /** An integer of at least 0. */
  count(name: string): number {
    const value = this.#get(name)
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw this.fault(name)
    return value
  }

  optionalCount(name: string): number | undefined {
    return this.has(name) ? this.count(name) : undefined
  }

  flag(name: string): boolean {
    const value = this.#get(name)
    if (typeof value !== 'boolean') throw this.fault(name)
    return value
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T {
    const value = values.find((candidate) => candidate === this.#get(name))
    if (value === undefined) throw this.fault(name)
    return value
  }

  /** Lower-case hexadecimal digits of `bytes` bytes. */
  hex(name: string, bytes: number): string {
    const value = this.#get(name)
    if (typeof value !== 'string' || value.length !== bytes * 2 || !/^[0-9a-f]*$/.test(value)) throw this.fault(name)
    return value
  }

  texts(name: string): readonly string[] {
    return this.#list(name).map((value) => {
      if (typeof value !== 'string' || Buffer.byteLength(value) > NAME_BYTES_MAX) throw this.fault(name)
      return value
    })
  }

  objects(name: string): readonly JsonReader[] {
    return this.#list(name).map((value) => this.#object(name, value))
  }

  object(name: string): JsonReader {
    return this.#object(name, this.#get(name))
  }

  fault(name: string): Fault {
    return new Fault('vault-damaged', `${this.#what}: ${name} is not what it must be`)
  }

  #get(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined
  }

  #list(name: string): readonly unknown[] {
    const value = this.#get(name)
    if (!Array.isArray(value)) throw this.fault(name)
    return value
  }

  #object(name: string, value: unknown): JsonReader {
    if (!isObject(value)) throw this.fault(name)
    return new JsonReader(value, `${this.#what}: ${name}`)
  }
}
