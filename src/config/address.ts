// `host`, `host:port`, `[v6]:port`: where a server is.

export interface HostAddress {
  readonly host: string
  readonly port: number
}

/** Undefined when `text` is no address. */
export function parseAddress(text: string, defaultPort: number): HostAddress | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.%a-z]+)\]|([^\s:[\]/]+))(?::(\d{1,5}))?$/.exec(text.trim())
  if (match === null) return /^[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*$/.test(text.trim()) ? { host: text.trim(), port: defaultPort } : undefined
  const port = match[3] === undefined ? defaultPort : Number(match[3])
  const host = match[1] ?? match[2]
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port }
}
