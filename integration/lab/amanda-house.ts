// One machine with stock Amanda (Debian's) as server and client over bsdtcp, and our programs beside it: its own /etc/amanda, /var/lib/amanda, logs, /srv and names by bind
// mounts, its own network and processes. Everything in it ends with the script that runs there; nothing on the machine is changed.

import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { command, runCommand } from './commands.ts'

export const AMANDA_HOUSE_PROGRAMS = ['unshare', 'setpriv', 'mount', 'ip', 'sh', 'xinetd', '/usr/sbin/amdump', '/usr/lib/amanda/amandad', 'chown']

const MAIN = path.resolve(import.meta.dirname, '../../src/cli/main.ts')
const TEMP_DIR = '/tmp/amanda'
/** Where each directory of the house is seen. */
const MOUNTS: Readonly<Record<string, string>> = { etc: '/etc/amanda', lib: '/var/lib/amanda', log: '/var/log/amanda', tmp: TEMP_DIR, srv: '/srv', hosts: '/etc/hosts', amandahosts: '/etc/amandahosts' }
const SLOTS = 5

export interface HouseOptions {
  /** Lines of the disklist. */
  readonly disklist: string
  /** More lines of amanda.conf. */
  readonly settings?: string
}

const CONF = `org "lab"
dumpuser "backup"
mailto ""
send-amreport-on never
infofile "/var/lib/amanda/lab/curinfo"
logdir "/var/lib/amanda/lab/log"
indexdir "/var/lib/amanda/lab/index"
tapelist "/etc/amanda/lab/tapelist"
dumpcycle 7
runspercycle 7
tapecycle 3
inparallel 4
etimeout 60
dtimeout 60
ctimeout 10
tpchanger "chg-disk:/var/lib/amanda/lab/vtapes"
labelstr "LAB[0-9][0-9]"
autolabel "LAB%%" empty volume_error
tapetype VTAPE
define tapetype VTAPE {
    length 200 mbytes
}
holdingdisk hd1 {
    directory "/var/lib/amanda/lab/holding"
    use 200 mbytes
}
define dumptype gtar {
    program "GNUTAR"
    index yes
    compress none
    auth "bsdtcp"
    client-port "10080"
}
define dumptype gtarz {
    gtar
    compress server fast
}
`

const XINETD = `defaults { instances = 50
 cps = 1000 1
}
service amanda
{
 type = UNLISTED
 flags = IPv4
 socket_type = stream
 protocol = tcp
 wait = no
 port = 10080
 user = backup
 group = backup
 groups = yes
 server = /usr/lib/amanda/amandad
 server_args = -auth=bsdtcp amdump amindexd amidxtaped
}
`

/** glibc finds no name on a machine whose only address is of the loopback, so there is another link. `stock` runs a program as the user of Amanda, `ours` one of our programs, who may use low ports and read this checkout. */
function prelude(dir: string): string {
  const as = 'setpriv --reuid=backup --regid=backup --init-groups'
  const caps = '+net_bind_service,+dac_read_search'
  return [
    'set -e',
    'ip link set lo up; ip link add v0 type veth peer name v1; ip addr add 10.99.0.1/24 dev v0; ip link set v0 up; ip link set v1 up',
    ...Object.entries(MOUNTS).map(([name, target]) => `mount --bind '${path.join(dir, name)}' ${target}`),
    'cd /tmp',
    'export TZ=UTC LC_ALL=C HOME=/var/lib/amanda',
    `xinetd -dontfork -f '${dir}/xinetd.conf' >'${dir}/xinetd.out' 2>&1 &`,
    'set +e',
    `stock() { ${as} "$@"; }`,
    `ours() { ${as} --inh-caps ${caps} --ambient-caps ${caps} '${process.execPath}' --disable-warning=ExperimentalWarning '${MAIN}' "$@"; }`,
  ].join('\n')
}

export class AmandaHouse {
  readonly dir: string
  readonly #hadTempDir = existsSync(TEMP_DIR)

  private constructor(dir: string) {
    this.dir = dir
  }

  /** `dir` must not be there yet. */
  static async build(dir: string, { disklist, settings = '' }: HouseOptions): Promise<AmandaHouse> {
    const house = new AmandaHouse(dir)
    for (const name of ['etc/lab', 'lib/lab/holding', 'lib/lab/log', 'lib/gnutar-lists', 'log', 'tmp', 'srv']) mkdirSync(house.at(name), { recursive: true })
    for (let slot = 1; slot <= SLOTS; slot++) mkdirSync(house.at(`lib/lab/vtapes/slot${slot}`), { recursive: true })
    const files: Readonly<Record<string, string>> = { 'etc/lab/amanda.conf': `${CONF}${settings}`, 'etc/lab/disklist': disklist, 'lib/amandates': '', amandahosts: 'localhost backup amdump amindexd amidxtaped\n', hosts: '127.0.0.1 localhost\n', 'xinetd.conf': XINETD }
    for (const [name, text] of Object.entries(files)) writeFileSync(house.at(name), text)
    chmodSync(house.at('amandahosts'), 0o600)
    await house.settle()
    return house
  }

  at(name: string): string {
    return path.join(this.dir, name)
  }

  /** Everything in the house is its user's, who can go there. */
  async settle(): Promise<void> {
    await command(['chown', '-R', 'backup:backup', this.dir])
    for (let at = this.dir; at.startsWith('/tmp/') && at !== '/tmp'; at = path.dirname(at)) chmodSync(at, 0o755)
  }

  /** The same house at another place. */
  async copy(dir: string): Promise<AmandaHouse> {
    cpSync(this.dir, dir, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
    const house = new AmandaHouse(dir)
    await house.settle()
    return house
  }

  /** What `script`, for sh, prints in the house, errors too. */
  async run(script: string): Promise<string> {
    mkdirSync(TEMP_DIR, { recursive: true })
    const { stdout } = await runCommand(['unshare', '--mount', '--net', '--pid', '--fork', '--mount-proc', 'sh', '-c', `${prelude(this.dir)}\nexec 2>&1\n${script}\n`])
    return stdout
  }

  demolish(): void {
    rmSync(this.dir, { recursive: true, force: true })
    if (!this.#hadTempDir) rmSync(TEMP_DIR, { recursive: true, force: true })
  }
}
