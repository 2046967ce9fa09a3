// Which processes of a run are alive, from its log: every process of Amanda writes `INFO <name> <name> pid <n>` when it begins and `INFO <name> pid-done <n>` when it
// ends. amdump and amflush of Amanda 3.5 do not refuse to run beside each other; amcleanup does not touch a log while a process of it is alive.

export interface LoggedProcess {
  readonly name: string
  readonly pid: number
}

/** The processes that have begun and not ended, as the log says, in the order in which they began. */
export function openProcesses(lines: Iterable<string>): LoggedProcess[] {
  const open = new Map<number, LoggedProcess>()
  for (const line of lines) {
    const [, name, pid] = /^INFO \S+ (\S+) pid (\d{1,10})$/.exec(line) ?? []
    if (name !== undefined && pid !== undefined) open.set(Number(pid), { name, pid: Number(pid) })
    const [, done] = /^INFO \S+ pid-done (\d{1,10})$/.exec(line) ?? []
    if (done !== undefined) open.delete(Number(done))
  }
  return [...open.values()]
}
