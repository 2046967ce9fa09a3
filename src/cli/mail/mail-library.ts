// Messages as bytes, and SMTP: the only file that knows nodemailer. It encodes heads and long lines, so that no name in a report can become a
// header; it is never asked to read a file or a URL. Loaded when the first mail is sent.

import { createTransport } from 'nodemailer'
import { Fault } from '../../kernel/fault.ts'
import type { MailVia } from '../../config/resolved.ts'
import type { MailMessage } from './mail-message.ts'

export interface SmtpLogin {
  readonly user: string
  readonly password: string
}

export interface SmtpParts {
  readonly via: Extract<MailVia, { kind: 'smtp' }>
  /** Name of this machine, for the greeting. */
  readonly hostname: string
  readonly login: SmtpLogin | undefined
  /** PEM; undefined: the system's. */
  readonly trusted: string | undefined
  /** For each step of the conversation. */
  readonly timeoutMs: number
}

/** Programs that answer mail by themselves leave such a one alone (RFC 3834). */
const HEADERS = { 'Auto-Submitted': 'auto-generated' }
const NO_FILES = { disableFileAccess: true, disableUrlAccess: true }

function fieldsOf({ from, to, subject, text }: MailMessage, wallMs: number) {
  // As text, the name of a user of this machine would be taken for a display name without an address, and left out.
  const address = (text: string) => ({ name: '', address: text })
  return { from: address(from), to: to.map(address), subject, text, date: new Date(wallMs), headers: HEADERS }
}

/** The whole message, lines ended by a line feed as mail programs take them. */
export async function composeMail(message: MailMessage, wallMs: number): Promise<Uint8Array> {
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'unix', ...NO_FILES })
  const { message: bytes } = await composer.sendMail(fieldsOf(message, wallMs))
  return Buffer.isBuffer(bytes) ? bytes : Promise.reject(new Fault('internal', 'the message was not made in memory'))
}

function securityOf({ security }: SmtpParts['via'], trusted: string | undefined) {
  const proven = trusted === undefined ? {} : { tls: { ca: trusted } }
  switch (security) {
    case 'tls':
      return { secure: true, ...proven }
    case 'starttls':
      return { secure: false, requireTLS: true, ...proven }
    case 'offered':
      // No certificate is asked for: without TLS the mail would go in the clear, which is no better.
      return { secure: false, opportunisticTLS: true, tls: { rejectUnauthorized: false } }
    case 'none':
      return { secure: false, ignoreTLS: true }
  }
}

/** Rejects with `mail-failed` and the server's own words. */
export async function sendBySmtp(message: MailMessage, wallMs: number, parts: SmtpParts): Promise<void> {
  const { via, hostname, login, trusted, timeoutMs } = parts
  const limits = { dnsTimeout: timeoutMs, connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs }
  const auth = login === undefined ? {} : { auth: { user: login.user, pass: login.password } }
  const transporter = createTransport({ host: via.host, port: via.port, name: hostname, ...securityOf(via, trusted), ...auth, ...limits, ...NO_FILES })
  try {
    const { accepted, rejected } = await transporter.sendMail(fieldsOf(message, wallMs))
    if (rejected.length > 0) throw new Fault('mail-failed', `${via.host} refused ${rejected.length} of ${rejected.length + accepted.length} recipients`)
  } catch (error) {
    if (error instanceof Fault) throw error
    throw new Fault('mail-failed', `${via.host}:${via.port}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  } finally {
    transporter.close()
  }
}
