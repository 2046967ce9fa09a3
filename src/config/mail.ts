// The `mail` part of holdfast.yaml → MailConfig: which port and which security follow from what is said, and what would send a password in
// the clear is refused. Pure.

import { parseAddress } from './address.ts'
import { SERVER_DEFAULTS as DEFAULTS } from './defaults.ts'
import type { Complain } from './dumptypes.ts'
import type { MailConfig, MailVia } from './resolved.ts'
import type { ServerInput } from './schema.ts'

/** RFC 8314: TLS from the first byte. */
const SUBMISSIONS_PORT = 465
/** RFC 6409: for senders with a name and a password. */
const SUBMISSION_PORT = 587
/** RFC 5321: a mail server that takes mail from machines it knows. */
const SMTP_PORT = 25

type MailInput = NonNullable<ServerInput['mail']>
type SmtpInput = Extract<NonNullable<MailInput['via']>, { smtp: string }>

export function mailOf(input: ServerInput, complain: Complain): MailConfig | undefined {
  const { mail } = input
  if (mail === undefined) return undefined
  return {
    to: typeof mail.to === 'string' ? [mail.to] : mail.to,
    from: mail.from,
    when: mail.when ?? DEFAULTS.mail.when,
    via: viaOf(mail.via, complain),
    timeoutMs: mail.timeout ?? DEFAULTS.mail.timeoutMs,
  }
}

function viaOf(via: MailInput['via'], complain: Complain): MailVia {
  if (via !== undefined && 'smtp' in via) return smtpOf(via, complain)
  const [program = '', ...rest] = via?.program ?? DEFAULTS.mail.program
  if (!program.startsWith('/')) complain(['mail', 'via', 'program'], `the mail program \`${program}\` must be named by its whole path`, 'Write for example `[/usr/sbin/sendmail, -t, -i]`.')
  return { kind: 'program', argv: [program, ...rest] }
}

function smtpOf(via: SmtpInput, complain: Complain): MailVia {
  const { user, 'password-file': passwordFile, 'ca-file': caFile } = via
  const defaultPort = via.security === 'tls' ? SUBMISSIONS_PORT : user === undefined ? SMTP_PORT : SUBMISSION_PORT
  const address = parseAddress(via.smtp, defaultPort)
  if (address === undefined) complain(['mail', 'via', 'smtp'], `\`${via.smtp}\` is not an address`, 'Write `host` or `host:port`.')
  const { host, port } = address ?? { host: via.smtp, port: defaultPort }
  const security = via.security ?? (port === SUBMISSIONS_PORT ? 'tls' : user === undefined ? 'offered' : 'starttls')
  if ((user === undefined) !== (passwordFile === undefined)) complain(['mail', 'via'], '`user` and `password-file` belong together', 'Give both or neither.')
  if (user !== undefined && (security === 'none' || security === 'offered')) complain(['mail', 'via', 'security'], `with \`security: ${security}\` the password could go over the network in the clear`, 'Use `starttls` or `tls`.')
  if (caFile !== undefined && (security === 'none' || security === 'offered')) complain(['mail', 'via', 'ca-file'], `with \`security: ${security}\` no certificate is looked at`, 'Use `starttls` or `tls`, or leave `ca-file` out.')
  return { kind: 'smtp', host, port, security, user, passwordFile, caFile }
}
