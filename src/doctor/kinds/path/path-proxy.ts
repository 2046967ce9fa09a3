import type { PathKind } from '../../path/path-kind.ts'

export const pathProxy: PathKind = {
  code: 'path-proxy',
  severity: 'warning',
  symptom: "Something on the path answers in the peer's place",
  cause: 'A transparent proxy, a TCP accelerator or a TLS inspector ends connections itself and opens others to the peer. A connection that comes up then says nothing about the peer, and each half has limits of its own. Where it shows another key than the peer, it reads what passes.',
  confidence: 'likely',
  advice: 'Take the port of the backup out of the proxy, the accelerator or the TLS inspection.',
  measured: 'A connection to a port at which nobody listens comes up; or connections come up much faster than the peer answers; or TLS comes up with another key than the one that is pinned.',
  cures: [{ on: 'the proxy', steps: ['Except the two addresses and the port from it (often called bypass, pass through, or do not inspect).', 'Holdfast refuses a connection that shows another key, so an inspected tether never comes up.'] }],
  check: 'Measure again: the signs are gone.',
}
