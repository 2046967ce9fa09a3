// The server with real objects: catalog, holding disk, volumes, the TLS listener and the control socket around the daemon. Started by
// `server run`, and by `dump` and `flush` for one run when no server runs. Ends in the reverse order of its start.

import { createToken, formatToken } from '../transport/tether/enrolment.ts'
import { AgentRegistry } from '../transport/tether/agent-registry.ts'
import { loadIdentity, type Identity } from '../transport/tether/identity.ts'
import type { LinkEvent } from '../transport/tether/peer.ts'
import { ServerEndpoint } from '../transport/tether/server-endpoint.ts'
import { socketLink } from '../transport/probe/probe-sockets.ts'
import { widenSendBuffer } from '../posix/socket-buffers.ts'
import { listenTls } from '../transport/tether/tls-link.ts'
import { openWorkerCatalog } from '../catalog/worker-catalog.ts'
import { runId } from '../catalog/ids.ts'
import { parseAddress } from '../config/address.ts'
import { codesOfDump } from '../doctor/dump-codes.ts'
import { serverLayout, type ServerLayout } from '../config/layout.ts'
import type { ResolvedConfig } from '../config/resolved.ts'
import { BufferPool } from '../kernel/buffer-pool.ts'
import { Fault } from '../kernel/fault.ts'
import { readFile, replaceFile } from '../kernel/disk.ts'
import type { EventSink, Log } from '../kernel/log.ts'
import { Turns } from '../kernel/turns.ts'
import { planRestore } from '../restore/plan.ts'
import { compareLive } from './compare-live.ts'
import { restoreToAgent } from '../restore/to-agent.ts'
import type { AgentAdmin } from '../server/agents/agent-admin.ts'
import { LastSeen } from '../server/agents/last-seen.ts'
import { createLinkLedger } from '../server/agents/link-ledger.ts'
import { CONTROL_SOCKET_NAME, type ServerEvent } from '../server/control/contract.ts'
import { listenControl } from '../server/control/control-socket.ts'
import { createServer, type Server } from '../server/daemon.ts'
import { catalogPlanner } from '../server/planner/catalog-planner.ts'
import { openRunLog } from '../server/taper/run-log-file.ts'
import { openTapelistFile } from '../server/taper/tapelist-file.ts'
import { noTaper } from '../server/taper/no-taper.ts'
import { createTaper, type TaperOptions } from '../server/taper/taper.ts'
import { scanStorage } from '../server/taper/volume-loader.ts'
import { createHoldingArea } from '../storage/holding/holding-area.ts'
import { changerOf } from '../storage/changer-of.ts'
import { permitPrograms } from '../stream/permitted-programs.ts'
import { programVersion } from './commands/version.ts'
import type { CliContext } from './context.ts'
import { reportMailerOf } from './mail/report-mailer.ts'
import { AgentPaths } from './path/agent-path.ts'
import { hostTransports } from './stock-clients.ts'
import { sweptJournal } from './swept-journal.ts'
import { openServerVault } from './vault/server-vault.ts'
import { stampOf } from './run-date.ts'

const MACHINE_ID_BYTES = 16

export interface ServerProcess extends AsyncDisposable {
  readonly server: Server
  /** Where agents are expected. */
  readonly port: number
}

async function needIdentity(context: CliContext, layout: ServerLayout): Promise<Identity> {
  const identity = await loadIdentity(context.disk, layout.identityFile)
  if (identity === undefined) throw new Fault('file-missing', `this server has no key at ${layout.identityFile}`, { next: 'Run `holdfast init` first.' })
  return identity
}

/** Bytes that stay with this machine, so that a copied key is noticed. */
async function machineIdOf(context: CliContext, file: string): Promise<Uint8Array> {
  if ((await context.disk.stat(file)) !== undefined) {
    const bytes = Buffer.from((await readFile(context.disk, file)).toString('utf8').trim(), 'hex')
    if (bytes.length === MACHINE_ID_BYTES) return bytes
  }
  const bytes = context.random.bytes(MACHINE_ID_BYTES)
  await replaceFile(context.disk, file, Buffer.from(`${Buffer.from(bytes).toString('hex')}\n`))
  return bytes
}

/** The agents as the daemon manages them. `portOf` is known once the server listens. */
function adminOf(context: CliContext, config: ResolvedConfig, registry: AgentRegistry, endpoint: ServerEndpoint, identity: Identity, portOf: () => number): AgentAdmin {
  return {
    list: () =>
      endpoint.agents().map(({ host, isConnected, lastSeenMs, heartbeatMs, roundTripMs }) => ({
        host,
        isConnected,
        keyFingerprints: registry.hosts().find((entry) => entry.host === host)?.keys.filter((key) => key.state !== 'revoked').map((key) => key.fingerprint) ?? [],
        ...(lastSeenMs === undefined ? {} : { lastSeenMs }),
        ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
        ...(roundTripMs === undefined ? {} : { roundTripMs: Math.round(roundTripMs * 10) / 10 }),
      })),
    async createToken(host, validForMs) {
      const address = parseAddress(config.tether.publicAddress ?? context.machine.hostname, portOf())
      if (address === undefined) throw new Fault('config-invalid', `\`public-address: ${config.tether.publicAddress}\` is not an address`, { next: 'Write `host` or `host:port`.' })
      const nowMs = context.clock.wallMs()
      const token = createToken(context.random, host, [address], identity.fingerprint, nowMs + validForMs)
      await registry.addToken(host, token.secret, token.expiresMs, nowMs)
      return { token: formatToken(token), expiresMs: token.expiresMs }
    },
    revoke: (host) => endpoint.revoke(host),
    rename: (from, to) => endpoint.rename(from, to),
    renew: (host) => endpoint.renew(host),
  }
}

async function makeDirectories(context: CliContext, config: ResolvedConfig, layout: ServerLayout): Promise<void> {
  for (const dir of [...Object.values(config.directories), layout.indexDir, layout.runLogDir, layout.partCacheDir, ...config.holdingDisks.map((disk) => disk.directory)]) await context.disk.makeDir(dir)
}

/** Starts everything. `onEvent` gets what happens from the first moment on. Rejects with the Fault that says why it cannot start. */
export async function startServerProcess(context: CliContext, config: ResolvedConfig, log: Log, onEvent: EventSink<ServerEvent>): Promise<ServerProcess> {
  const { clock, disk, processes, random } = context
  const layout = serverLayout(config)
  const identity = await needIdentity(context, layout)
  await makeDirectories(context, config, layout)
  await using started = new AsyncDisposableStack()
  const version = await programVersion(context)
  // First of all: a second server on the same state ends here, before it touches anything.
  let handle: Server['handle'] | undefined
  started.use(
    await listenControl(`${layout.runDir}/${CONTROL_SOCKET_NAME}`, (request, emit, signal) => {
      if (handle === undefined) return Promise.reject(new Fault('timed-out', 'the server is still starting', { next: 'Try again in a moment.' }))
      return handle(request, emit, signal)
    }),
  )
  const catalog = started.use(await openWorkerCatalog(layout.catalogFile))
  const registry = await AgentRegistry.open(disk, layout.registryFile)
  const holding = createHoldingArea(disk, config.holdingDisks, log)
  const changer = changerOf(disk, config.storage)
  const tapelist = openTapelistFile(disk, layout.tapelistFile, process.pid)
  const vault = config.storage.kind === 'vault' ? started.use(await openServerVault(context, config.storage, config.directories.state, log)) : undefined

  let emit: EventSink<ServerEvent> = onEvent
  const ledger = createLinkLedger(clock, catalog, (event) => emit(event), log)
  const { heartbeatMs, deadAfterMs, sessionHoldMs } = config.tether
  const machineId = await machineIdOf(context, `${config.directories.state}/machine-id`)
  const seen = await LastSeen.open(clock, catalog, log)
  const endpoint = new ServerEndpoint({ clock, random, log, registry, machineId, program: `holdfast ${version}`, buffers: new BufferPool(), heartbeatMs, deadAfterMs, sessionHoldMs, onLinkEvent: (event: LinkEvent) => ledger.take(event), lastSeenBefore: (host) => seen.of(host) })
  started.defer(() => endpoint.close())
  const { transport, stockHosts } = await hostTransports(context, config, endpoint, log)
  let port = config.tether.port
  const agents = adminOf(context, config, registry, endpoint, identity, () => port)
  started.use(seen.keep(() => agents.list()))
  const remotes = new Map<string, string>()
  const hostOfKey = (fingerprint: string): string | undefined => {
    const admission = registry.admit(fingerprint)
    return admission.kind === 'known' ? admission.host : undefined
  }
  const paths = new AgentPaths({
    clock, random, transport: endpoint, program: `holdfast ${version}`, hostName: context.machine.hostname, connectTimeoutMs: config.limits.connectTimeoutMs,
    programOf: (host) => ledger.programOf(host),
    remoteOf: (host) => remotes.get(host),
    cutsOf: (host) => ledger.of(host).cuts,
    serverAddress: () => parseAddress(config.tether.publicAddress ?? context.machine.hostname, port) ?? { host: context.machine.hostname, port },
  })
  const { storage } = config
  const volumes = storage.kind === 'vtape' ? { organisation: config.organisation, configName: config.name, storage, changer, tapelist, catalog, log } : undefined
  const reportMailer = reportMailerOf(context, config, catalog)
  const server = createServer({
    clock,
    disk,
    processes,
    transport,
    holding,
    indexDir: layout.indexDir,
    indexTurns: new Turns(),
    runLogDir: layout.runLogDir,
    isLinkUp: (host) => stockHosts.has(host) || ledger.of(host).state === 'up',
    userId: process.getuid?.(),
    log,
    config,
    catalog,
    planner: catalogPlanner,
    ...(vault === undefined ? {} : { vault: vault.doors }),
    pruneNotesFile: layout.pruneNotesFile,
    openRunLog: (run) => openRunLog(disk, layout.runLogDir, run),
    openTaper: (run, runLog, onTaperEvent) => volumes === undefined ? noTaper() : createTaper({ ...volumes, run, runLog, onEvent: onTaperEvent, disk, clock, holding, cacheDir: layout.partCacheDir, tapePartials: true } satisfies TaperOptions),
    linkOf: (host) => ledger.of(host),
    pid: process.pid,
    codesOf: ({ faultCode, message, strangeLines }) => codesOfDump({ faultCode, message, lines: strangeLines }),
    changer,
    tapelist,
    forecast: async (count) => volumes === undefined ? [] : (await scanStorage({ ...volumes, run: runId(stampOf(new Date(clock.wallMs()))), onEvent: () => {} })).choices.slice(0, count),
    version,
    agents,
    ...(reportMailer === undefined ? {} : { reportMailer }),
    programOf: (host) => ledger.programOf(host),
    measurePath: (request, emitProgress, signal) => paths.measure(request, emitProgress, signal),
    compareLive: (request, signal) => compareLive({ config, catalog, disk, indexDir: layout.indexDir, transport, connectTimeoutMs: config.limits.connectTimeoutMs, sums: { stores: { catalog, holding, changers: [changer], vault: vault?.doors.vault, permits: permitPrograms(config.disklist, undefined) }, processes } }, request, signal),
    async restoreToAgent(request, signal) {
      const { host, disk: dumpedDisk, notAfter } = request
      const chain = planRestore(await catalog.dumps({ host, disk: dumpedDisk }), { host, disk: dumpedDisk, ...(notAfter === undefined ? {} : { notAfter }) })
      const connection = await transport.connect(request.toHost, AbortSignal.any([signal, AbortSignal.timeout(config.limits.connectTimeoutMs)]))
      try {
        const result = await restoreToAgent({ stores: { catalog, holding, changers: [changer], vault: vault?.doors.vault, permits: permitPrograms(config.disklist, request.allowPrograms) }, processes, clock, events: () => {} }, connection, chain, request, signal)
        return { bytes: result.bytes, strangeLines: result.problems }
      } finally {
        await connection.close(new Fault('cancelled', 'the restore has ended'))
      }
    },
  })
  emit = server.emit
  server.watch(onEvent)
  const listener = started.use(
    await listenTls(
      identity,
      { host: config.tether.address, port: config.tether.port },
      (link, fingerprint, remote) => {
        const host = hostOfKey(fingerprint)
        if (host !== undefined) remotes.set(host, remote)
        endpoint.accept(link, fingerprint, remote)
      },
      (remote, reason) => log.warn('a connection was turned away', { remote, reason }),
      (socket, fingerprint) => {
        const host = hostOfKey(fingerprint)
        if (host === undefined) socket.destroy()
        else paths.take(socketLink(socket), host)
      },
      widenSendBuffer,
    ),
  )
  port = listener.port
  await server.start()
  void sweptJournal(context, config, (line) => log.warn(line))
  handle = (request, sink, signal) => server.handle(request, sink, signal)
  started.defer(() => server.stop())
  const resources = started.move()
  return { server, port, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}
