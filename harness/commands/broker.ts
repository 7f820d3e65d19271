import { once } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { parseProperties } from '../../reference-broker/core/config/properties.ts'
import { brokerCommand } from '../broker-command.ts'
import { exitCodes, UserError } from '../exit-codes.ts'
import { onInterrupt } from '../interrupt.ts'
import { referenceBroker } from '../targets/broker-recipe.ts'
import { ProcessCluster, type ProcessClusterOptions, type StartFailure } from '../targets/process-cluster.ts'
import { parseCount, parsePort } from './arguments.ts'

interface BrokerFlags {
  readonly brokers: number
  readonly port: number
  readonly data?: string
  readonly config?: string
  readonly override?: readonly string[]
  readonly logLevel?: string
}

const stopTimeoutMs = 10_000

export function addBroker(program: Command): void {
  program
    .command('broker')
    .description('run reference brokers to play with, in the foreground until Ctrl-C')
    .option('--brokers <n>', 'how many', parseCount, 1)
    .option('--port <port>', 'client port of the first; the others follow', parsePort, 9092)
    .option('--data <dir>', 'where they keep their data (default: a new temporary directory)')
    .option('--config <file>', 'server.properties, the same for all')
    .option('--override <name=value...>', 'settings over what the file says')
    .option('--log-level <level>', 'debug, info, warn or error')
    .action(async (flags: BrokerFlags) => {
      process.exitCode = await runBrokers(flags)
    })
}

async function runBrokers(flags: BrokerFlags): Promise<number> {
  const lastPort = flags.port + flags.brokers - 1
  if (lastPort > 65_535) throw new UserError(`--port ${flags.port} and --brokers ${flags.brokers} would need port ${lastPort}; the last is 65535.`)
  const settings = settingsOf(flags)
  const data = resolve(flags.data ?? mkdtempSync(join(tmpdir(), 'tribunal-')))
  const level = flags.logLevel === undefined ? [] : ['--log-level', flags.logLevel]
  const logs = join(data, 'logs')
  const print = (text: string): void => void process.stdout.write(text)
  const { signal } = onInterrupt(() => print('\nstopping\n'))
  const end = new AbortController()
  let up = false
  signal.addEventListener('abort', () => end.abort())
  const cluster = await prepare(data, {
    brokers: flags.brokers,
    settings,
    dataDir: data,
    logDir: logs,
    recipe: referenceBroker([...(await brokerCommand()), ...level]),
    firstPort: flags.port,
    onUnexpectedExit: (exit) => {
      if (!up) return
      process.stderr.write(`${exit}; its log is in ${logs}.\n`)
      if (cluster.brokerIds.every((id) => cluster.state(id) === 'dead')) end.abort()
    },
  })
  const failed = await cluster.startAll()
  up = failed === undefined
  if (up && !end.signal.aborted) {
    const bootstrap = cluster.brokerIds.map((id) => `${cluster.address(id).host}:${cluster.address(id).port}`)
    print(`bootstrap.servers=${bootstrap.join(',')}\ndata in ${settings['log.dirs'] ?? settings['log.dir'] ?? data}\n`)
    await once(end.signal, 'abort')
  }
  await cluster.stopAll(stopTimeoutMs)
  if (failed !== undefined) throw notUp(failed, logs)
  return signal.aborted ? exitCodes.valid : exitCodes.unknown
}

async function prepare(data: string, options: ProcessClusterOptions): Promise<ProcessCluster> {
  try {
    return await ProcessCluster.prepare(options)
  } catch (error) {
    throw new UserError(`${data} cannot hold their data: ${(error as Error).message}; choose another with --data.`, exitCodes.unknown)
  }
}

function notUp({ message, refused }: StartFailure, logs: string): UserError {
  const wayOut = message.includes('EADDRINUSE') ? 'choose another with --port' : `its log is in ${logs}`
  return new UserError(`${message}; ${wayOut}.`, refused ? exitCodes.usage : exitCodes.unknown)
}

/** Kafka's default of three replicas for internal topics would leave fewer brokers without groups and transactions. */
function settingsOf({ brokers, config, override }: BrokerFlags): Record<string, string> {
  const few = brokers < 3 ? {
    'offsets.topic.replication.factor': String(brokers),
    'transaction.state.log.replication.factor': String(brokers),
    'transaction.state.log.min.isr': '1',
  } : {}
  const settings: Record<string, string> = { ...few, ...(config !== undefined && readSettings(config)) }
  for (const pair of override ?? []) {
    const at = pair.indexOf('=')
    if (at < 1) throw new UserError(`--override ${pair} is not NAME=VALUE.`)
    settings[pair.slice(0, at)] = pair.slice(at + 1)
  }
  return settings
}

function readSettings(file: string): Record<string, string> {
  try {
    return { ...parseProperties(readFileSync(file, 'utf8')) }
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${(error as Error).message}.`)
  }
}
