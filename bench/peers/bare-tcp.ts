// A bare TCP connection, as fast as Node and the kernel carry it: no TLS, nothing read or kept.
//   bare-tcp.ts receive HOST PORT         takes one connection to its end, then ends
//   bare-tcp.ts send HOST PORT BYTES      sends so many bytes, and ends when the other side has taken them

import net from 'node:net'

const PIECE = Buffer.alloc(256 * 1024, 'x')
const [role, host = '', port = '0', bytes = '0'] = process.argv.slice(2)

async function send(): Promise<void> {
  const socket = net.connect({ host, port: Number(port) })
  for (let left = Number(bytes); left > 0; left -= PIECE.length) if (!socket.write(PIECE)) await new Promise((resolve) => socket.once('drain', resolve))
  await new Promise<void>((resolve) => {
    socket.resume().once('close', () => resolve())
    socket.end()
  })
}

function receive(): void {
  const server = net.createServer((socket) => {
    server.close()
    socket.resume().once('end', () => socket.end())
  })
  server.listen(Number(port), host, () => process.stdout.write('ready\n'))
}

if (role === 'receive') receive()
else await send()
