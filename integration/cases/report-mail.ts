// Reports by mail, to a real mail server (plain; STARTTLS with a login and a certificate of its own) and by a program in the manner of sendmail. A mail
// server that is away, silent, or does not know the password never fails a run: it is told in status and in the next report that arrives.

import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { runCommand, type CommandResult } from '../lab/commands.ts'
import { freePort, HoldfastLab } from '../lab/holdfast.ts'
import { MailSink, makeCertificate, PYTHON } from '../lab/mail-sink.ts'
import { must } from '../lab/must.ts'

const LOGIN = { user: 'holdfast', password: 'sesame-4711-open' }
/** A host that is not enrolled fails at once: a run with something to report in a second. */
const HOSTS = 'hosts:\n  stranger: [/etc]\n'
const FAILED = 4

class MailLab {
  readonly #context: CaseContext
  readonly lab: HoldfastLab
  readonly #base: string

  constructor(context: CaseContext, port: number) {
    this.#context = context
    this.lab = new HoldfastLab({ dir: path.join(context.dir, 'lab'), port, serverYaml: 'organisation: Example' })
    this.#base = readFileSync(this.lab.serverConfig, 'utf8')
  }

  configure(mail: string, hosts = HOSTS): void {
    writeFileSync(this.lab.serverConfig, `${this.#base}${hosts}mail:\n  to: [root@example.com, admin@example.com]\n  ${mail}\n`)
  }

  /** A run of its own server, which ends after its mail. */
  async dump(status: number): Promise<CommandResult> {
    const result = await this.lab.run('server', ['dump'])
    must(result.status === status, `the run ended with ${result.status} and not ${status}: ${result.stderr}`)
    return result
  }

  async mustFail(words: RegExp): Promise<void> {
    const { stderr } = await this.dump(FAILED)
    must(/could not be mailed: .* \[report-not-mailed\]/.test(stderr) && words.test(stderr), `the run does not tell why the mail failed: ${stderr}`)
    const report = (await this.lab.run('server', ['report'])).stdout
    must(report.includes('could not be mailed') && report.includes('[report-not-mailed]'), `the report does not tell of the mail: ${report}`)
  }

  note(text: string): void {
    this.#context.note(text)
  }
}

function checkMail(mail: string): void {
  // Soft line breaks of quoted-printable are no part of the text.
  const text = mail.replaceAll(/=\r?\n/g, '')
  for (const words of [/^From: holdfast@/m, /^To: root@example\.com, admin@example\.com\r?$/m, /^Subject: Example FAIL: HOLDFAST MAIL REPORT FOR \w+ \d+, \d{4} \(lab\)\r?$/m, /^Auto-Submitted: auto-generated/m, /stranger \/etc lev 0 {2}FAILED \[no agent is enrolled for stranger\]\r?\n {4}\[agent-not-enrolled\] Make a token/]) {
    must(words.test(text), `${words.source} is not in the mail:\n${mail}`)
  }
}

async function plainServer(mailLab: MailLab, dir: string): Promise<void> {
  await using sink = await MailSink.start(dir, 'plain')
  mailLab.configure(`via: {smtp: "127.0.0.1:${sink.port}"}`)
  const { stderr } = await mailLab.dump(FAILED)
  must(/the report of run .* was mailed/.test(stderr), `the run does not tell of its mail: ${stderr}`)
  const [mail, second] = sink.mails()
  must(mail !== undefined && second === undefined, 'not one mail arrived')
  checkMail(mail ?? '')
  mailLab.configure(`when: failed\n  via: {smtp: "127.0.0.1:${sink.port}"}`, '')
  await mailLab.dump(0)
  must(sink.mails().length === 1, 'a good run was mailed although only failures are wanted')
}

/** Accepts and never says a word. */
async function silentServer(): Promise<net.Server> {
  const server = net.createServer((socket) => socket.on('error', () => undefined))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

async function serversThatFail(mailLab: MailLab): Promise<void> {
  mailLab.configure(`via: {smtp: "127.0.0.1:${await freePort()}"}`)
  await mailLab.mustFail(/ECONNREFUSED/)
  const silent = await silentServer()
  const address = silent.address()
  mailLab.configure(`timeout: 1 s\n  via: {smtp: "127.0.0.1:${typeof address === 'object' ? address?.port : 0}"}`)
  await mailLab.mustFail(/longer than 1 s|[Tt]imeout|Greeting never received/)
  await new Promise<void>((resolve) => silent.close(() => resolve()))
}

async function secureServer(mailLab: MailLab, dir: string): Promise<void> {
  const pair = await makeCertificate(dir)
  await using sink = await MailSink.start(dir, 'secure', { ...LOGIN, ...pair })
  const passwordFile = path.join(dir, 'password')
  const via = (more: string): string => `via: {smtp: "127.0.0.1:${sink.port}", user: ${LOGIN.user}, password-file: ${passwordFile}${more}}`
  writeFileSync(passwordFile, `wrong-${LOGIN.password}\n`, { mode: 0o600 })
  mailLab.configure(via(`, ca-file: ${pair.certificate}`))
  await mailLab.mustFail(/535|[Aa]uthentication/)
  writeFileSync(passwordFile, `${LOGIN.password}\n`, { mode: 0o600 })
  mailLab.configure(via(''))
  await mailLab.mustFail(/certificate/)
  must(sink.mails().length === 0, 'a mail arrived without a login')
  mailLab.configure(via(`, ca-file: ${pair.certificate}`))
  await mailLab.dump(FAILED)
  const [mail = ''] = sink.mails()
  checkMail(mail)
  must((mail.replaceAll(/=\r?\n/g, '').match(/could not be mailed/g) ?? []).length === 4, `the four failures before are not told in the report that arrived:\n${mail}`)
  must(!(await mailLab.lab.run('server', ['report'])).stdout.includes('could not be mailed'), 'failures that were told are told again')
}

async function mailProgram(mailLab: MailLab, dir: string): Promise<void> {
  const [program, taken] = [path.join(dir, 'sendmail'), path.join(dir, 'taken')]
  const put = (script: string): void => {
    writeFileSync(program, `#!/bin/sh\n${script}\n`)
    chmodSync(program, 0o755)
  }
  mailLab.configure(`from: backup@example.com\n  via: {program: [${program}, -t, -i]}`)
  put('echo "no route to the mail hub" >&2; exit 75')
  await mailLab.mustFail(/exited with status 75: no route to the mail hub/)
  put(`echo "$@" > ${taken}.args; cat > ${taken}`)
  await using _server = await mailLab.lab.startServer()
  const started = await mailLab.lab.must('server', ['status'])
  must(started.includes('[report-not-mailed]') && started.includes('[agent-not-enrolled]'), `status does not tell of the run and the mail that failed before the server started: ${started}`)
  await mailLab.lab.must('server', ['report', '--mail'])
  const mail = readFileSync(taken, 'utf8')
  must(/^From: backup@example\.com$/m.test(mail) && readFileSync(`${taken}.args`, 'utf8').trim() === '-t -i', `the program got something else:\n${mail}`)
  must(!(await mailLab.lab.must('server', ['status'])).includes('[report-not-mailed]'), 'status tells of a failure that was made good')
  rmSync(taken)
  await mailLab.dump(FAILED)
  must(existsSync(taken), 'the running server mailed nothing')
  const status = await mailLab.lab.must('server', ['status'])
  must(/The report of run .* was mailed/.test(status) && status.includes('[agent-not-enrolled]'), `status says something else: ${status}`)
}

function mustHideThePassword(dir: string): void {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && /\.(?:log|out|json|yaml)$/.test(entry.name))
  for (const { parentPath, name } of files) must(!readFileSync(path.join(parentPath, name), 'utf8').includes(LOGIN.password), `the password is in ${name}`)
}

async function run(context: CaseContext): Promise<string> {
  const mailLab = new MailLab(context, await freePort())
  await using _lab = mailLab.lab
  await mailLab.lab.must('server', ['init'])
  await plainServer(mailLab, context.dir)
  mailLab.note('a report arrived by SMTP, and one of a good run was not sent')
  await serversThatFail(mailLab)
  mailLab.note('a mail server that is away, and one that says nothing, failed no run')
  await secureServer(mailLab, context.dir)
  mailLab.note('with STARTTLS and a login; the failures before were told')
  await mailProgram(mailLab, context.dir)
  mustHideThePassword(path.join(context.dir, 'lab'))
  return 'reports arrived by SMTP, by SMTP with STARTTLS and login, and by a mail program; five that could not be mailed failed no run and were told in status and the next report'
}

export const integrationCase: IntegrationCase = {
  name: 'report-mail',
  summary: 'reports of runs by mail: a real mail server, TLS and login, a mail program, and what happens when they fail',
  needs: ['openssl', PYTHON],
  async probe() {
    const { status } = await runCommand([PYTHON, '-c', 'import aiosmtpd'])
    return status === 0 ? undefined : 'python3-aiosmtpd is not installed'
  },
  timeoutMs: 180_000,
  run,
}
