// When stock Amanda runs on this machine too: its connections are kept in firewalls' memory by the system's keepalive alone, which by
// default begins after two hours. Ours need none: the tether sends heartbeats.

import type { Disk } from '../../../kernel/disk.ts'
import { readProcFile } from '../../../kernel/machine/proc-file.ts'
import type { CheckFinding } from '../../control/contract.ts'

/** Signs of a stock server or client. */
const STOCK_PLACES = ['/etc/amanda', '/etc/xinetd.d/amanda', '/lib/systemd/system/amanda.socket', '/etc/systemd/system/amanda.socket'] as const
/** Firewalls forget an idle connection after 350 s (AWS) to an hour; ADR of heartbeats and docs/doctor/idle-connection-cut.md. */
const KEEPALIVE_S_MAX = 300

export async function keepaliveFindings(disk: Disk): Promise<readonly CheckFinding[]> {
  const seconds = Number((await readProcFile(disk, '/proc/sys/net/ipv4/tcp_keepalive_time'))?.trim() || 'none')
  if (!Number.isFinite(seconds) || seconds <= KEEPALIVE_S_MAX) return []
  for (const place of STOCK_PLACES) {
    if ((await disk.stat(place).catch(() => undefined)) === undefined) continue
    return [{ severity: 'note', code: 'keepalive-late', message: `stock Amanda is installed here (${place}), and idle connections send nothing for ${seconds} s: a firewall between may forget them`, next: 'Run `sysctl -w net.ipv4.tcp_keepalive_time=120 net.ipv4.tcp_keepalive_intvl=30` and keep it in /etc/sysctl.d.' }]
  }
  return []
}
