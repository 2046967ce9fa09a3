// Values with bytes in them as plain ones, so that what was written and what was read compare equal whatever kind of array holds their bytes. Fields that are undefined are left out.

export function comparable(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')
  if (value instanceof Uint32Array || Array.isArray(value)) return Array.from(value as ArrayLike<unknown>, comparable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined).map(([name, field]) => [name, comparable(field)]))
}
