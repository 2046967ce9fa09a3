// What happened to the links of each host since the server started: counts for the status, rows for the catalog, events for whoever
// watches. The transport tells it; it never asks.

import type { EventSink, Log } from '../../kernel/log.ts'
import { faultOf } from '../../kernel/fault.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Catalog } from '../../catalog/contract.ts'
import type { LinkEvent } from '../../transport/tether/peer.ts'
import { GOAWAY_CODES, type GoawayCode } from '../../wire/tether/goaway.ts'
import type { LinkStatus, ServerEvent } from '../control/contract.ts'

export interface LinkLedger {
  /** The transport's sink. */
  take(event: LinkEvent): void
  /** Counts since the server started. */
  of(host: string): LinkStatus
  programOf(host: string): string | undefined
}

/** Whether a link that ended with this code took its session with it. */
function endsSession(code: string): boolean {
  return code in GOAWAY_CODES && GOAWAY_CODES[code as GoawayCode].ends === 'session'
}

const NO_LINK: LinkStatus = { state: 'none', cuts: 0, resumes: 0, bytesResent: 0 }

export function createLinkLedger(clock: Clock, catalog: Pick<Catalog, 'addLinkEvent'>, events: EventSink<ServerEvent>, log: Log): LinkLedger {
  const links = new Map<string, LinkStatus>()
  const programs = new Map<string, string>()
  const record = (event: Parameters<Catalog['addLinkEvent']>[0]): void => {
    catalog.addLinkEvent(event).catch((error: unknown) => log.warn('a link event could not be recorded', { host: event.host, error: faultOf(error).message }))
  }
  /** The session is over: no cut, and nothing waits for it. Told once, whichever of its signs comes first. */
  const gone = (host: string, code: string, text: string): void => {
    const { downSinceMs: _downSinceMs, ...before } = links.get(host) ?? NO_LINK
    if (before.state === 'none') return
    links.set(host, { ...before, state: 'none', lastReason: code })
    events({ kind: 'agent-disconnected', atMs: clock.wallMs(), host, reason: text })
  }
  return {
    of: (host) => links.get(host) ?? NO_LINK,
    programOf: (host) => programs.get(host),
    take(event) {
      const { host } = event
      const atMs = clock.wallMs()
      const { downSinceMs: _downSinceMs, ...before } = links.get(host) ?? NO_LINK
      switch (event.kind) {
        case 'up':
          programs.set(host, event.peerProgram)
          links.set(host, { ...before, state: 'up', resumes: before.resumes + (event.isResumed ? 1 : 0), bytesResent: before.bytesResent + event.resentBytes })
          record({ atMs, host, kind: 'up', bytesResent: event.resentBytes })
          if (!event.isResumed) events({ kind: 'agent-connected', atMs, host })
          return events({ kind: 'link-up', atMs, host, resumed: event.isResumed, bytesResent: event.resentBytes, downMs: event.outageMs })
        case 'down':
          if (endsSession(event.code)) return gone(host, event.code, event.text)
          links.set(host, { ...before, state: 'down', cuts: before.cuts + 1, downSinceMs: atMs, lastReason: event.code })
          record({ atMs, host, kind: 'down', code: event.code, milliseconds: event.idleMs })
          // A silent link may have carried what we sent until the end; what counts there is how long nothing was heard, which the text says.
          return events({ kind: 'link-down', atMs, host, reason: event.code, ...(event.code === 'silent' ? { text: event.text } : { idleMs: event.idleMs }) })
        case 'reset':
          return gone(host, event.code, event.text)
        case 'path-learned':
        case 'path-relaxed':
          if (event.kind === 'path-learned') record({ atMs, host, kind: 'path-learned', milliseconds: event.heartbeatMs })
          return events({ kind: 'path-learned', atMs, host, heartbeatMs: event.heartbeatMs })
        case 'cloned':
        case 'refused':
          return events({ kind: 'warning', atMs, code: event.kind === 'cloned' ? 'agent-cloned' : event.code, message: event.text, host })
      }
    },
  }
}
