// The shape of holdfast.yaml and agent.yaml, once: the parser validates with it and docs/holdfast.schema.json is written from it. Keys are
// kebab-case, everything but `storage` and `hosts` has a default. What needs more than one value to judge is in resolve-*.ts.

import { z } from 'zod'
import { transportSchema } from './stock-clients.ts'
import { countSchema, daysSchema, durationSchema, listSchema, mailAddressSchema, nameSchema, pathSchema, sizeSchema, textSchema, timeOfDaySchema, valuesSchema } from './value-schemas.ts'

/** Amanda's smallest chunk. */
const PIECE_BYTES_MIN = 64 * 1024

const side = z.enum(['client', 'server']).meta({ description: 'Where the filter runs' })

const compress = z
  .union([
    z.enum(['none', 'zstd', 'gzip']),
    z.strictObject({ kind: z.enum(['none', 'zstd', 'gzip']), where: side.optional(), level: countSchema('Compression level', 1, 19).optional() }),
    z.strictObject({ kind: z.literal('custom'), where: side.optional(), program: pathSchema('Compresses stdin to stdout, and uncompresses with -d') }),
  ])
  .meta({ description: 'How dumps are compressed' })

const encrypt = z
  .union([
    z.literal('none'),
    z.strictObject({
      program: pathSchema('Encrypts stdin to stdout'),
      where: side.optional(),
      'decrypt-option': textSchema('Makes the program decrypt; default -d').optional(),
    }),
  ])
  .meta({ description: 'The program that encrypts dumps' })

const RECOVER_POINTS = ['pre-recover', 'post-recover', 'pre-level-recover', 'post-level-recover', 'inter-level-recover']
const SCRIPT_POINTS = [...['amcheck', 'estimate', 'backup'].flatMap((what) => ['', 'dle-', 'host-'].flatMap((scope) => [`pre-${scope}${what}`, `post-${scope}${what}`])), ...RECOVER_POINTS]

const script = z
  .strictObject({
    name: nameSchema('Name for messages; default: that of the program').optional(),
    plugin: nameSchema('The program, by its name in the directory of scripts of the machine where it runs'),
    'execute-on': z.array(z.enum(SCRIPT_POINTS)).min(1).meta({ description: 'When it runs' }),
    'execute-where': side.meta({ description: 'Where it runs; default: client' }).optional(),
    order: countSchema('Scripts run in the order of this number; default 5000', 0, 1_000_000).optional(),
    properties: z.record(nameSchema('Property'), valuesSchema('Values of the property')).meta({ description: 'Given to the script as --NAME VALUE' }).optional(),
  })
  .meta({ description: 'A program that runs before or after a check, an estimate, a dump or a restore to an agent' })

const bump = z
  .strictObject({
    size: sizeSchema('A level is raised when that saves this much').optional(),
    percent: countSchema('… or this share of the full dump', 0, 100).optional(),
    multiplier: z.number().min(0.999).max(1000).meta({ description: '… times this for each level' }).optional(),
    days: countSchema('Days at a level before it is raised', 0, 100_000).optional(),
  })
  .meta({ description: 'When the level of incrementals is raised' })

const ratio = (what: string): z.ZodType<number> => z.number().min(0).max(1000).meta({ description: `Expected ${what}` })

const dumptypeShape = {
  application: nameSchema('What makes the dump: archive, gnutar, command, or an application plug-in').optional(),
  properties: z.record(nameSchema('Property'), valuesSchema('Values of the property')).meta({ description: 'Properties of the application' }).optional(),
  compress: compress.optional(),
  encrypt: encrypt.optional(),
  exclude: listSchema('GNU tar patterns to leave out, instead of the inherited ones; a pattern that begins with / is an absolute path').optional(),
  'exclude-append': listSchema('GNU tar patterns to leave out besides the inherited ones').optional(),
  'exclude-lists': listSchema('Files on the client with one pattern a line').optional(),
  include: listSchema('Patterns to take instead of the whole disk').optional(),
  'include-lists': listSchema('Files on the client with one pattern a line').optional(),
  'lists-optional': z.boolean().meta({ description: 'Missing list files are not an error' }).optional(),
  'include-lists-optional': z.boolean().meta({ description: 'The same of include lists alone; default: as lists-optional' }).optional(),
  'absolute-excludes': z.boolean().meta({ description: 'Whether a pattern of exclude that begins with / is an absolute path; false: all patterns go to the client as they are' }).optional(),
  priority: z.enum(['low', 'medium', 'high']).meta({ description: 'Dumps of high priority come first' }).optional(),
  strategy: z.enum(['standard', 'nofull', 'noinc', 'skip', 'incronly']).meta({ description: 'Which levels are made' }).optional(),
  'dump-cycle': daysSchema('Every disk gets a full dump within this time').optional(),
  bump: bump.optional(),
  'expected-ratio': z.strictObject({ full: ratio('of full dumps'), incremental: ratio('of incrementals') }).meta({ description: 'Stored size by native size that is expected of compressed dumps while nothing is known of a disk; default 1' }).optional(),
  'promote-days': countSchema('A full dump is not made more than so many days early; default: no limit', 0, 100_000).optional(),
  'skip-full': z.boolean().meta({ description: 'When a full dump is due, nothing is dumped' }).optional(),
  'skip-incremental': z.boolean().meta({ description: 'Only days with a full dump have a dump' }).optional(),
  spindle: countSchema('Disks of a host with the same number are not dumped at once; -1: no such limit', -1, 65_535).optional(),
  'max-dumps': countSchema('Dumps of one host at once', 1, 1000).optional(),
  holding: z.enum(['never', 'auto', 'required']).meta({ description: 'Whether dumps go through the holding disk' }).optional(),
  index: z.boolean().meta({ description: 'Whether the names in a dump are kept for ls and find' }).optional(),
  record: z.boolean().meta({ description: 'Whether a good dump becomes the base of the next incremental' }).optional(),
  estimate: z.enum(['client', 'calcsize', 'server']).meta({ description: 'client: measured; calcsize: sizes of files, by a client of Amanda; server: from past runs' }).optional(),
  'part-size': sizeSchema('Size of the parts on volumes', { min: PIECE_BYTES_MIN }).optional(),
  interface: nameSchema('The line that its dumps come over, of `interfaces`').optional(),
  'start-time': timeOfDaySchema('No dump of it starts earlier on the day of the run').optional(),
  retries: countSchema('Times a failed dump is tried again in its run; default: that of limits', 0, 20).optional(),
  scripts: z.array(script).max(32).meta({ description: 'Programs that run before and after' }).optional(),
}

export const dumptypeOverrides = z.strictObject(dumptypeShape)
const dumptype = z.strictObject({ inherit: listSchema('Dumptypes whose settings this one starts from').optional(), ...dumptypeShape })

const disk = z
  .union([
    textSchema('The directory to dump'),
    z.strictObject({
      disk: textSchema('Name of the disk, usually the directory'),
      device: textSchema('The directory or device, when it is not the name').optional(),
      dumptype: nameSchema('Dumptype').optional(),
      ...dumptypeShape,
    }),
  ])
  .meta({ description: 'One entry of the disklist' })

const disks = z.array(disk).min(1).meta({ description: 'What is dumped of the host' })
const host = z.union([disks, z.strictObject({ disks, transport: transportSchema.optional(), dumptype: nameSchema('Dumptype of all disks of the host').optional(), ...dumptypeShape })])

const holdingDisk = z.strictObject({
  name: nameSchema('Name for messages').optional(),
  directory: pathSchema('Where dumps wait until they are on volumes'),
  use: sizeSchema('What may be used').optional(),
  'keep-free': sizeSchema('What must stay free; instead of `use`').optional(),
  'chunk-size': sizeSchema('Size of the files', { min: PIECE_BYTES_MIN }).optional(),
})

const flush = z
  .strictObject({
    dumped: countSchema('A volume is begun once more than this waits, in percent of a volume', 0, 100_000).optional(),
    scheduled: countSchema('… and more than this waits or will be dumped in the run', 0, 100_000).optional(),
    rest: countSchema('At the end of a run, what is not more than this waits for the next one', 0, 100_000).optional(),
    order: z.enum(['first', 'firstfit', 'largest', 'largestfit', 'smallest', 'last']).meta({ description: 'Which dump is written first; ...fit: of those that fit on the volume' }).optional(),
    earlier: z.enum(['all', 'selected', 'none']).meta({ description: 'Which dumps of earlier runs a run writes: all, those of the disks it dumps, or none' }).optional(),
  })
  .meta({ description: 'When dumps go from the holding disk to volumes' })

const volumes = z.strictObject({
  kind: z.literal('vtape').meta({ description: 'Volumes that Amanda can read' }).optional(),
  name: nameSchema('Name of the storage').optional(),
  directory: pathSchema('Where the volumes are'),
  slots: countSchema('Volumes there may be', 1, 100_000).optional(),
  'volume-size': sizeSchema('What one volume may hold', { min: PIECE_BYTES_MIN }).optional(),
  'part-size': sizeSchema('Size of the parts of a dump on volumes', { min: PIECE_BYTES_MIN }).optional(),
  label: textSchema('Template of labels: $c is the name of the configuration, % a digit').optional(),
  autolabel: z.array(z.enum(['empty', 'foreign'])).meta({ description: 'Volumes that may be labelled without an operator' }).optional(),
  'volumes-per-run': countSchema('Volumes one run may write', 1, 1000).optional(),
  flush: flush.optional(),
  keep: z
    .strictObject({
      volumes: countSchema('Volumes kept at least', 0, 100_000).optional(),
      days: countSchema('Days a volume is kept at least', 0, 36_500).optional(),
      fulls: countSchema('Full dumps of each disk that stay restorable', 0, 1000).optional(),
    })
    .optional(),
})

const keepCount = (what: string): z.ZodType<number> => countSchema(`Newest dumps of each disk that are kept: ${what}`, 0, 100_000)

const vault = z.strictObject({
  kind: z.literal('vault').meta({ description: 'A deduplicating, encrypted store' }),
  name: nameSchema('Name of the storage').optional(),
  directory: pathSchema('Where the vault is'),
  'key-file': pathSchema('File with the key that opens the vault; default: vault.key in the state directory').optional(),
  'passphrase-file': pathSchema('File whose first line is a passphrase of the vault, instead of a key file').optional(),
  'passphrase-command': z.array(textSchema('Program and its arguments')).min(1).max(64).meta({ description: 'Program that prints a passphrase of the vault, instead of a key file' }).optional(),
  'dedup-domain': z.enum(['vault', 'host']).meta({ description: 'Among whose dumps the same content is stored once: all, or those of each host by itself' }).optional(),
  'compress-level': countSchema('Level of zstd', 1, 19).optional(),
  keep: z
    .strictObject({
      last: keepCount('so many, whatever their age').optional(),
      days: countSchema('Every dump is kept for so many days', 0, 36_500).optional(),
      daily: keepCount('the last of each of so many days').optional(),
      weekly: keepCount('the last of each of so many weeks').optional(),
      monthly: keepCount('the last of each of so many months').optional(),
      yearly: keepCount('the last of each of so many years').optional(),
      tags: listSchema('Dumps that have one of these tags are kept').optional(),
    })
    .meta({ description: 'Which dumps stay; without it, nothing is removed' })
    .optional(),
})

const storage = z.discriminatedUnion('kind', [volumes, vault]).meta({ description: 'Where dumps are stored' })

const mail = z
  .strictObject({
    to: z.union([z.array(mailAddressSchema('Who gets the reports')).min(1).max(100), mailAddressSchema('Who gets the reports')]).meta({ description: 'Who gets the reports' }),
    from: mailAddressSchema('Sender of the reports').optional(),
    when: z.enum(['always', 'strange', 'failed']).meta({ description: 'always: of each run; strange: of runs that did not go all well; failed: of runs that did not back something up' }).optional(),
    via: z
      .union([
        z.strictObject({ program: z.array(textSchema('Program and its arguments; it reads the message, with its recipients, from stdin')).min(1).max(64).meta({ description: 'Mail program, such as [/usr/sbin/sendmail, -t, -i]' }) }),
        z.strictObject({
          smtp: textSchema('host or host:port of the mail server'),
          security: z.enum(['tls', 'starttls', 'offered', 'none']).meta({ description: 'tls: from the first byte; starttls: never without; offered: when the server can; none' }).optional(),
          user: textSchema('Name at the mail server').optional(),
          'password-file': pathSchema('File that holds the password').optional(),
          'ca-file': pathSchema("Certificates to trust instead of the system's, as PEM").optional(),
        }),
      ])
      .meta({ description: 'How mail is sent' })
      .optional(),
    timeout: durationSchema('A mail that takes longer is given up', { min: 1000, max: 600_000 }).optional(),
  })
  .meta({ description: 'Mails the report of each run' })

export const serverSchema = z
  .strictObject({
    name: nameSchema('Name of this configuration; part of the labels').optional(),
    organisation: textSchema('For the head of reports').optional(),
    storage,
    hosts: z.record(nameSchema('Host'), host).meta({ description: 'What is dumped, by host' }).optional(),
    dumptypes: z.record(nameSchema('Dumptype'), dumptype).meta({ description: 'Named settings of dumps; `default` applies to all' }).optional(),
    holding: z.union([z.array(holdingDisk), holdingDisk]).meta({ description: 'Holding disks' }).optional(),
    interfaces: z
      .record(nameSchema('Interface'), z.strictObject({ use: sizeSchema('What dumps over it may take together in a second', { min: 1024 }) }))
      .meta({ description: 'Lines that hosts share; a dumptype, host or disk names its own with `interface`' })
      .optional(),
    schedule: z
      .strictObject({
        at: textSchema('Cron expression of the runs').optional(),
        timezone: textSchema('Time zone of the cron expression').optional(),
        'catch-up': durationSchema('A missed run that is not older is made up for').optional(),
      })
      .optional(),
    'dump-cycle': daysSchema('Every disk gets a full dump within this time').optional(),
    'runs-per-cycle': countSchema('Runs within one dump cycle', 1, 1000).optional(),
    'verify-within': durationSchema('A full dump of each disk should have been read back by `holdfast verify` within this time', { min: 86_400_000 }).optional(),
    bump: bump.optional(),
    limits: z
      .strictObject({
        'parallel-dumps': countSchema('Dumps at once', 1, 256).optional(),
        'dump-order': z.string().regex(/^[sStTbB]{1,256}$/, 'must be letters of `sStTbB`').meta({ description: 'A letter for each dumper: s size, t time, b bandwidth, capitals the largest first' }).optional(),
        'holding-reserve': countSchema('Percent of the holding disks that full dumps leave to incrementals when no volume can be written', 0, 100).optional(),
        retries: countSchema('Times a failed dump is tried again in its run', 0, 20).optional(),
        'estimate-timeout': durationSchema('Silence allowed during an estimate', { min: 1000 }).optional(),
        'data-timeout': durationSchema('Silence allowed from the program that makes a dump', { min: 1000 }).optional(),
        'script-timeout': durationSchema('One script on the server at one point may take this long', { min: 1000 }).optional(),
        'connect-timeout': durationSchema('How long an agent may be away before its dump fails', { min: 1000 }).optional(),
      })
      .optional(),
    server: z
      .strictObject({
        address: textSchema('Address to listen on').optional(),
        port: countSchema('TCP port to listen on; 0: any', 0, 65_535).optional(),
        'public-address': textSchema('host or host:port where agents find the server; goes into their tokens').optional(),
        heartbeat: durationSchema('Something is sent at least this often', { min: 1000, max: 3_600_000 }).optional(),
        'dead-after': durationSchema('A link that is silent for so long is given up', { min: 3000, max: 86_400_000 }).optional(),
        'session-hold': durationSchema('How long a dump waits for a new link', { min: 1000 }).optional(),
      })
      .optional(),
    mail: mail.optional(),
    directories: z
      .strictObject({
        state: pathSchema('Keys, catalog, indexes').optional(),
        cache: pathSchema('What can be made again').optional(),
        run: pathSchema('Sockets of the running server').optional(),
        log: pathSchema('Logs').optional(),
        scripts: pathSchema('Scripts that dumptypes may have run on the server; default: none run').optional(),
      })
      .optional(),
  })
  .meta({ title: 'holdfast.yaml', description: 'Configuration of a Holdfast server' })

export const agentSchema = z
  .strictObject({
    server: textSchema('host or host:port of the server, instead of the one in the token').optional(),
    host: nameSchema('Name of this host at the server').optional(),
    'state-dir': pathSchema('Keys and lists of incremental dumps').optional(),
    'log-dir': pathSchema('Logs').optional(),
    'restore-paths': listSchema('Directories below which the server may restore; default: none').optional(),
    commands: listSchema('Programs that a dump of the application `command` may run; default: none').optional(),
    filters: z.array(pathSchema('Program')).meta({ description: 'Programs that may compress or encrypt dumps on this host; default: the well-known ones in /usr/bin and /bin' }).optional(),
    gnutar: pathSchema('GNU tar').optional(),
    'plugin-dir': pathSchema("Where the application plug-ins of stock Amanda are; default: they are not used").optional(),
    'script-dir': pathSchema('Where the scripts are that dumptypes may have run on this host; default: none run').optional(),
    'script-timeout': durationSchema('One script at one point may take this long', { min: 1000 }).optional(),
    'estimate-timeout': durationSchema('One estimate of one disk at one level may take this long', { min: 1000 }).optional(),
  })
  .meta({ title: 'agent.yaml', description: 'Configuration of a Holdfast agent' })

export type ServerInput = z.output<typeof serverSchema>
export type StorageInput = z.output<typeof storage>
export type DumptypeInput = z.output<typeof dumptype>
export type DumptypeOverrides = z.output<typeof dumptypeOverrides>
export type HostInput = z.output<typeof host>
