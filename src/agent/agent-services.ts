// The services of the agent behind one handler, whatever transport brings the requests. A request that cannot be read is answered with a
// NAK that says why; nothing a server sends can stop the agent.

import { Fault, faultOf } from '../kernel/fault.ts'
import { openScratchFile, openSyncFile } from '../kernel/sync-file.ts'
import type { IncomingRequest, RequestHandler } from '../transport/contract.ts'
import type { Dle } from '../wire/amanda/dle.ts'
import { OUR_FEATURES } from '../wire/amanda/features.ts'
import { formatNoopReply } from '../wire/amanda/noop-reply.ts'
import { formatErrorLine } from '../wire/amanda/service-errors.ts'
import type { Application } from './application.ts'
import { createArchiveApplication } from './archive/archive-application.ts'
import { createCommandApplication } from './command-application.ts'
import { serveCompare } from './compare-service.ts'
import { createGnutar } from './gnutar/gnutar.ts'
import { openGnutarSnapshots } from './gnutar/snapshots.ts'
import { openPlugin } from './plugin-application.ts'
import { serveProbe } from './probe-service.ts'
import { serveRestore, sweepRestores } from './restore-service.ts'
import { serveSelfcheck } from './selfcheck.ts'
import { serveSendbackup } from './sendbackup.ts'
import { serveSendsize } from './sendsize.ts'
import { KEPT_VAULT_DUMPS, SnapshotFiles } from './snapshot-files.ts'
import { applicationName, type AgentContext, type AgentParts } from './service-parts.ts'

function createContext(parts: AgentParts): AgentContext {
  const { clock, disk, processes, settings } = parts
  const snapshots = openGnutarSnapshots(disk, parts.stateDir)
  const archiveSnapshots = new SnapshotFiles(disk, `${parts.stateDir}/archive`)
  const kept = new SnapshotFiles(disk, `${parts.stateDir}/vault`, undefined, KEPT_VAULT_DUMPS)
  const access = { create: (path: string) => openSyncFile(path, 'create'), open: (path: string) => openSyncFile(path, 'read'), scratch: openScratchFile }
  const applications = new Map<string, Application>([
    ['archive', createArchiveApplication({ clock, disk, snapshots: archiveSnapshots, kept, access })],
    ['gnutar', createGnutar({ clock, disk, processes, snapshots, ...(settings.tar === undefined ? {} : { tar: settings.tar }) })],
    ['command', createCommandApplication({ clock, processes, allowedCommands: settings.commands })],
  ])
  const swept = Promise.all([snapshots.sweep(), archiveSnapshots.sweep(), kept.sweep()]).catch((error: unknown) => parts.log.warn('the snapshots cannot be looked through', { reason: faultOf(error).message }))
  return {
    ...parts,
    busyDisks: new Set(),
    isProbing: false,
    restoreChains: new Map(),
    stagingJournal: sweepRestores(parts),
    async findApplication(dle: Dle, signal: AbortSignal) {
      // Nothing may be drafted while leftovers are removed.
      await swept
      const name = applicationName(dle)
      const application = applications.get(name)
      if (application !== undefined) return application
      if (settings.pluginDir === undefined) throw new Fault('application-unknown', `this agent has no application ${name}`)
      return await openPlugin(name, { clock, processes, pluginDir: settings.pluginDir }, signal)
    },
  }
}

async function serve(request: IncomingRequest, context: AgentContext): Promise<void> {
  switch (request.service) {
    case 'noop':
      request.rep(formatNoopReply(OUR_FEATURES))
      return
    case 'selfcheck':
      return await serveSelfcheck(request, context)
    case 'sendsize':
      return await serveSendsize(request, context)
    case 'sendbackup':
      return await serveSendbackup(request, context)
    case 'restore':
      return await serveRestore(request, context)
    case 'compare':
      return await serveCompare(request, context)
    case 'probe':
      return await serveProbe(request, context)
    default:
      throw new Fault('wire-malformed', `${request.service}: invalid service`)
  }
}

export interface AgentServices extends RequestHandler {
  /** Resolves when no request is served any more. Scripts that take back what they prepared may run for long after the last link is gone. */
  settled(): Promise<void>
}

export function createAgentServices(parts: AgentParts): AgentServices {
  const context = createContext(parts)
  const open = new Set<Promise<void>>()
  const handler = async (incoming: IncomingRequest): Promise<void> => {
    let isAnswered = false
    const request: IncomingRequest = {
      service: incoming.service,
      body: incoming.body,
      peer: incoming.peer,
      signal: incoming.signal,
      openStream: () => incoming.openStream(),
      prep: (body) => incoming.prep(body),
      rep(body) {
        isAnswered = true
        incoming.rep(body)
      },
      nak: (body) => incoming.nak(body),
    }
    try {
      await serve(request, context)
    } catch (error) {
      const fault = faultOf(error)
      context.log.warn('a request failed', { service: request.service, code: fault.code, reason: fault.message })
      if (!isAnswered) incoming.nak(formatErrorLine(fault.message))
    }
  }
  const tracked = (incoming: IncomingRequest): Promise<void> => {
    const served = handler(incoming).finally(() => open.delete(served))
    open.add(served)
    return served
  }
  return Object.assign(tracked, {
    settled: async () => {
      while (open.size > 0) await Promise.allSettled(open)
    },
  })
}
