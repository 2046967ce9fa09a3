// Finds any of several hundred words in bytes, most of which it never looks at (Wu and Manber, 1994). Each word is known by a window of it, as long as
// the shortest word; the last three bytes of the window of the text say how far the next possible one is. Of a word the rarest window is taken:
// what every line of a debug file has in it would stop the search at every line. Pure.

const LINE_FEED = 10
const WORD_BYTES_MIN = 4
/** Longer windows skip no more than they lose by being everywhere. */
const WINDOW_BYTES_MAX = 8
const BLOCK_BYTES = 3
/** The table of skips fits into a processor's first cache. */
const HASH_BITS = 15
const HASH_MASK = (1 << HASH_BITS) - 1

/** What healthy logs are full of: a word is known by what is not in here. */
const ORDINARY = `
Mon Tue Wed Thu Fri Sat Sun Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec 2026: pid 26558: thd-0x563872c22c00: dumper: planner: driver: chunker: taper: amandad: sendbackup: sendsize: amdump: amgtar:
security_streaminit(stream=0x563872c47ad0, driver=0x7fb3d77633c0 (BSDTCP)) security_handleinit(handle=0x563872c3e040, security_close( security_stream_close( security_getdriver(name=bsd) returns 0x7
make_socket opening socket with family 2: connect_port: Try  port 50000: available - Success connected to our side is try_socksize: send buffer size is receive buffer size bind_portrange2: Skip port Owned by
 build: VERSION="Amanda-3.5.1" BUILT_DATE="" paths: bindir="/usr/sbin" sbindir= libexecdir= mandir="/usr/share/man" AMANDA_TMPDIR="/tmp/amanda" CONFIG_DIR="/etc/amanda" listed_incr_dir="/var/lib/amanda/gnutar-lists"
 '--build=x86_64-linux-gnu' '--disable-silent-rules' '--libdir=\${prefix}/lib/x86_64-linux-gnu' '--with-fqdn' features=ffffffff9efefbfffffffffffffff3fffbf71f;maxdumps=1;hostname=client;config=lab;timestamp=20261123222437;
driver: state time 0.252 free kps: 80000 space: 204800 taper: idle idle-dumpers: 4 qlen tapeq taper0: 0:0 runq: 0 directq: 0 roomq: 0 wakeup: 0 driver-idle: not-idle driver: interface-state time if default: free
driver: hdisk-state time 0.252 hdisk 0: free 204800 dumpers 0 driver: send-cmd time to dumper0: driver: result time from chunker0: DONE 00-00001 SUCCESS dumper STATS driver INFO pid-done PART taper [sec kb kps orig-kb
 ru_utime : ru_stime : ru_maxrss : ru_minflt : reading config file /etc/amanda/amanda-client.conf ruid 34 euid 34 version 3.5.1: start at rename at finish time sendbackup: start info BACKUP=/bin/tar RECOVER_CMD=
 service_argv[0] = /usr/lib/amanda/ <dle> <program>GNUTAR</program> <disk> <level>0</level> <auth> <record>NO</record> <index>YES</index> <datapath>AMANDA</datapath> </dle> sending ACK pkt: received REP pkt: send request to
Executing: /usr/bin/lsb_release '--description' '-s' am_sem_open shm_ring_link /amanda_shm_control getting estimates took secs got result for host disk tcpm_send_token: data is still flowing
: dgram_recv(dgram=0x563872c22c00, timeout=1, fromaddr=0x563872c22c00) (sockaddr_in *)0x563872c22c00 = { 2, 50000, 10.0.0.1 } am_sem_create am_sem_close service_argv[1] = (null)
`
/** A window that ordinary lines have as a whole is found in them, and not only looked for. */
const FOUND_COST = 64

interface Windowed {
  readonly bytes: Buffer
  /** Where its window begins. */
  readonly offset: number
}

function blockHash(first: number, second: number, third: number): number {
  return ((first << 10) ^ (second << 5) ^ third) & HASH_MASK
}

function hashAt(bytes: Uint8Array, last: number): number {
  return blockHash(bytes[last - 2] ?? 0, bytes[last - 1] ?? 0, bytes[last] ?? 0)
}

/** How often the blocks of `ORDINARY` come, by their hash. */
function ordinaryCounts(): Uint16Array {
  const counts = new Uint16Array(HASH_MASK + 1)
  const text = Buffer.from(ORDINARY, 'latin1')
  for (let last = BLOCK_BYTES - 1; last < text.length; last++) counts[hashAt(text, last)] = (counts[hashAt(text, last)] ?? 0) + 1
  return counts
}

/** Every window that stands in `ORDINARY`. */
function ordinaryWindows(windowBytes: number): ReadonlySet<string> {
  const windows = new Set<string>()
  for (let start = 0; start + windowBytes <= ORDINARY.length; start++) windows.add(ORDINARY.slice(start, start + windowBytes))
  return windows
}

function rarestWindow(bytes: Buffer, windowBytes: number, counts: Uint16Array, windows: ReadonlySet<string>): Windowed {
  let best = { bytes, offset: 0 }
  let bestCost = Number.POSITIVE_INFINITY
  for (let offset = 0; offset + windowBytes <= bytes.length; offset++) {
    let cost = windows.has(bytes.toString('latin1', offset, offset + windowBytes)) ? FOUND_COST : 0
    // A block near the end of the window makes the shortest skip; the last one stops the search altogether.
    for (let last = BLOCK_BYTES - 1; last < windowBytes; last++) cost += (counts[hashAt(bytes, offset + last)] ?? 0) * (last === windowBytes - 1 ? 8 : 1 / (windowBytes - last))
    if (cost >= bestCost) continue
    bestCost = cost
    best = { bytes, offset }
  }
  return best
}

export class WordSearch {
  readonly windowBytes: number
  /** Which words stand where `find` has stopped: their places in the list. */
  readonly found: number[] = []
  readonly #words: readonly Windowed[]
  /** By hash of a block: how far the window may be moved; 0: some word may be here. */
  readonly #skips: Uint8Array
  /** By hash of a window's first block: whether any word has it. Nearly all false alarms of the last block end here. */
  readonly #heads: Uint8Array
  /** By hash of a window's last block: the words that have it. */
  readonly #candidates: readonly (readonly number[] | undefined)[]

  /** Words are strings of bytes, of at least four bytes and without a line feed. Throws a RangeError for others. */
  constructor(words: readonly string[]) {
    const bytes = words.map((word) => Buffer.from(word, 'latin1'))
    for (const [index, word] of bytes.entries()) {
      if (word.length < WORD_BYTES_MIN || word.includes(LINE_FEED)) throw new RangeError(`${JSON.stringify(words[index])} is too short a word, or has a line feed`)
    }
    this.windowBytes = Math.min(WINDOW_BYTES_MAX, ...bytes.map(({ length }) => length))
    const counts = ordinaryCounts()
    const windows = ordinaryWindows(this.windowBytes)
    this.#words = bytes.map((word) => rarestWindow(word, this.windowBytes, counts, windows))
    this.#skips = new Uint8Array(HASH_MASK + 1).fill(this.windowBytes - BLOCK_BYTES + 1)
    this.#heads = new Uint8Array(HASH_MASK + 1)
    const candidates: (number[] | undefined)[] = []
    candidates.length = HASH_MASK + 1
    for (const [index, { bytes: word, offset }] of this.#words.entries()) {
      for (let last = BLOCK_BYTES - 1; last < this.windowBytes; last++) {
        const hash = hashAt(word, offset + last)
        this.#skips[hash] = Math.min(this.#skips[hash] ?? 0, this.windowBytes - 1 - last)
      }
      this.#heads[hashAt(word, offset + BLOCK_BYTES - 1)] = 1
      const hash = hashAt(word, offset + this.windowBytes - 1)
      candidates[hash] = [...(candidates[hash] ?? []), index]
    }
    this.#candidates = candidates
  }

  /**
   * The next place, from `last` on and before `end`, where the window of a word that stands whole in `start`..`end` has its last byte; -1: none.
   * The first one possible is `start + windowBytes - 1`; to go on after one ask again from the place behind it.
   */
  find(bytes: Uint8Array, start: number, last: number, end: number): number {
    const skips = this.#skips
    const heads = this.#heads
    const toHead = this.windowBytes - BLOCK_BYTES
    let at = last
    while (at < end) {
      const hash = (((bytes[at - 2] as number) << 10) ^ ((bytes[at - 1] as number) << 5) ^ (bytes[at] as number)) & HASH_MASK
      const skip = skips[hash] as number
      if (skip === 0) {
        if (heads[hashAt(bytes, at - toHead)] === 1 && this.#isWord(bytes, hash, at, start, end)) return at
        at += 1
      } else at += skip
    }
    return -1
  }

  #isWord(bytes: Uint8Array, hash: number, last: number, start: number, end: number): boolean {
    let isFound = false
    for (const index of this.#candidates[hash] ?? []) {
      const word = this.#words[index]
      if (word === undefined) continue
      const from = last + 1 - this.windowBytes - word.offset
      // The first byte tells nearly all of them apart.
      if (bytes[from] !== word.bytes[0] || from < start || from + word.bytes.length > end || !isAt(bytes, from, word.bytes)) continue
      if (!isFound) this.found.length = 0
      isFound = true
      this.found.push(index)
    }
    return isFound
  }
}

function isAt(bytes: Uint8Array, from: number, word: Uint8Array): boolean {
  for (let index = 0; index < word.length; index++) if (bytes[from + index] !== word[index]) return false
  return true
}
