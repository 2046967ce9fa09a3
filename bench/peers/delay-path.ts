// A path with a rate and a delay between two interfaces, for kernels that have no such queue of their own: carries packets from one TUN interface to the other and back.
//   delay-path.ts NAME NAME DELAY_MS RATE_BITS QUEUE_MS
// makes both interfaces and prints `ready`; whoever asked moves them to their namespaces. Each way has the delay, the rate, and a queue of so many milliseconds before
// it, beyond which packets are lost. Packets are those of the kernel's segmentation offload, up to 64 KiB: they occupy the line for the time of all their bytes.

import { openSync, read, writeSync } from 'node:fs'
import { nativeCall } from '../../src/posix/libc.ts'

/** linux/if_tun.h */
const TUNSETIFF = 0x4004_54ca
const TUNSETOFFLOAD = 0x4004_54d0
const IFF_TUN_NO_PI_VNET_HDR = 0x0001 | 0x1000 | 0x4000
const TUN_F_CSUM_TSO4 = 0x01 | 0x02
/** A head of virtio, and the longest packet. */
const PACKET_BYTES_MAX = 10 + 65_536

const [first = '', second = '', delayMs = '0', rateBits = '0', queueMs = '0'] = process.argv.slice(2)
const bytesPerMs = Number(rateBits) / 8 / 1000

function openTun(name: string): number {
  const withPointer = nativeCall('int ioctl(int fd, unsigned long request, void *argument)')
  const withNumber = nativeCall('int ioctl(int fd, unsigned long request, unsigned long argument)')
  if (withPointer === undefined || withNumber === undefined) throw new Error('there is no C library to make interfaces with')
  const fd = openSync('/dev/net/tun', 'r+')
  const request = Buffer.alloc(40)
  request.write(name, 'latin1')
  request.writeUInt16LE(IFF_TUN_NO_PI_VNET_HDR, 16)
  if (withPointer(fd, TUNSETIFF, request) !== 0 || withNumber(fd, TUNSETOFFLOAD, TUN_F_CSUM_TSO4) !== 0) throw new Error(`the interface ${name} cannot be made; this needs root`)
  return fd
}

/** One way. */
class Way {
  readonly #from: number
  readonly #to: number
  readonly #spare: Buffer[] = []
  #queue: { readonly buffer: Buffer; readonly bytes: number; readonly dueMs: number }[] = []
  #next = 0
  #freeMs = 0

  constructor(from: number, to: number) {
    this.#from = from
    this.#to = to
    this.#listen()
  }

  deliver(): void {
    const nowMs = performance.now()
    for (let packet = this.#queue[this.#next]; packet !== undefined && packet.dueMs <= nowMs; packet = this.#queue[++this.#next]) {
      try {
        writeSync(this.#to, packet.buffer, 0, packet.bytes)
      } catch {
        // The interface is not up yet, or no more: a packet is lost.
      }
      this.#spare.push(packet.buffer)
    }
    if (this.#next < 4096) return
    this.#queue = this.#queue.slice(this.#next)
    this.#next = 0
  }

  #listen(): void {
    const buffer = this.#spare.pop() ?? Buffer.allocUnsafeSlow(PACKET_BYTES_MAX)
    read(this.#from, buffer, 0, PACKET_BYTES_MAX, null, (error, bytes) => {
      if (error === null) this.#take(buffer, bytes)
      this.#listen()
    })
  }

  #take(buffer: Buffer, bytes: number): void {
    const nowMs = performance.now()
    const startMs = Math.max(nowMs, this.#freeMs)
    if (startMs - nowMs > Number(queueMs)) return void this.#spare.push(buffer)
    this.#freeMs = startMs + bytes / bytesPerMs
    this.#queue.push({ buffer, bytes, dueMs: this.#freeMs + Number(delayMs) })
  }
}

const [here, there] = [openTun(first), openTun(second)]
const ways = [new Way(here, there), new Way(there, here)]
setInterval(() => {
  for (const way of ways) way.deliver()
}, 1)
process.stdout.write('ready\n')
