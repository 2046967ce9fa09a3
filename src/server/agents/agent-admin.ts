// What the server does with agents beside dumping them. The composition root fills it from the transport and the registry.

export interface AgentAdmin {
  /** Connected or known hosts. */
  list(): readonly { readonly host: string; readonly isConnected: boolean; readonly keyFingerprints: readonly string[]; readonly lastSeenMs?: number; readonly heartbeatMs?: number; readonly roundTripMs?: number }[]
  /** A one-time token for `host`. */
  createToken(host: string, validForMs: number): Promise<{ readonly token: string; readonly expiresMs: number }>
  revoke(host: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  renew(host: string): Promise<void>
}
