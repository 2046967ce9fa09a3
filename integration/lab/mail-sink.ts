// A real mail server that keeps what it gets: aiosmtpd of Debian, plain or with STARTTLS and a login that it insists on, and a certificate of its own.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { BackgroundProcess, command, waitUntil } from './commands.ts'
import { freePort } from './holdfast.ts'

/** The system's own: packages of Debian are not seen by another Python. */
export const PYTHON = '/usr/bin/python3'
const START_MS_MAX = 30_000

const SERVER = `import signal, ssl, sys
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import AuthResult, LoginPassword

port, directory, certificate, key, user, password = sys.argv[1:7]

def check(server, session, envelope, mechanism, data):
    is_right = isinstance(data, LoginPassword) and data.login == user.encode() and data.password == password.encode()
    return AuthResult(success=is_right, handled=is_right)

options = {}
if certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    options = dict(tls_context=context, require_starttls=True, auth_required=True, authenticator=check)
controller = Controller(Mailbox(directory), hostname='127.0.0.1', port=int(port), **options)
controller.start()
print('ready', flush=True)
signal.pause()
`

export interface MailLogin {
  readonly user: string
  readonly password: string
}

/** Makes a certificate for 127.0.0.1 and its key in `dir`. */
export async function makeCertificate(dir: string): Promise<{ readonly certificate: string; readonly key: string }> {
  const [certificate, key] = [path.join(dir, 'mail.crt'), path.join(dir, 'mail.key')]
  await command(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=mail lab', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate])
  return { certificate, key }
}

export class MailSink implements AsyncDisposable {
  readonly port: number
  readonly #process: BackgroundProcess
  readonly #directory: string

  private constructor(port: number, started: BackgroundProcess, directory: string) {
    this.port = port
    this.#process = started
    this.#directory = directory
  }

  /** With `secure` it takes mail only after STARTTLS and the login. */
  static async start(dir: string, name: string, secure?: MailLogin & { readonly certificate: string; readonly key: string }): Promise<MailSink> {
    const own = path.join(dir, name)
    mkdirSync(own)
    const program = path.join(own, 'server.py')
    writeFileSync(program, SERVER)
    const port = await freePort()
    const { certificate = '', key = '', user = '', password = '' } = secure ?? {}
    const started = new BackgroundProcess([PYTHON, program, String(port), path.join(own, 'mails'), certificate, key, user, password], path.join(own, 'server.out'))
    await waitUntil('the mail server to listen', START_MS_MAX, () => {
      if (!started.isRunning) throw new Error(`the mail server ended: ${started.output()}`)
      return started.output().includes('ready')
    })
    return new MailSink(port, started, path.join(own, 'mails'))
  }

  /** What arrived, in no order. */
  mails(): string[] {
    const dir = path.join(this.#directory, 'new')
    return existsSync(dir) ? readdirSync(dir).map((name) => readFileSync(path.join(dir, name), 'utf8')) : []
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]()
  }
}
