import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const keepaliveLate: FaultKind = setupKind({
  code: 'keepalive-late',
  severity: 'notice',
  symptom: 'Stock Amanda runs here, and idle connections of it send nothing for hours',
  cause: 'Linux begins with TCP keepalive after two hours unless told otherwise, and firewalls forget idle connections sooner. Stock Amanda has idle connections for as long as a dump lasts. Holdfast sends heartbeats and does not need this.',
  advice: 'Let keepalive begin after two minutes.',
  cures: [
    { on: 'Linux', commands: ['sysctl -w net.ipv4.tcp_keepalive_time=120 net.ipv4.tcp_keepalive_intvl=30', "printf 'net.ipv4.tcp_keepalive_time = 120\\nnet.ipv4.tcp_keepalive_intvl = 30\\n' > /etc/sysctl.d/60-keepalive.conf"], steps: ['On server and clients of stock Amanda; what it is about stands in idle-connection-cut.'] },
  ],
  check: 'sysctl net.ipv4.tcp_keepalive_time says 120.',
  lines: [
    'note    stock Amanda is installed here (/etc/amanda), and idle connections send nothing for 7200 s: a firewall between may forget them. [keepalive-late]',
  ],
})
