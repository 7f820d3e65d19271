import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { parseProperties } from '../../reference-broker/core/config/properties.ts'
import { brokerCommand } from '../broker-command.ts'
import { exitCodes, UserError } from '../exit-codes.ts'
import { onInterrupt } from '../interrupt.ts'
import { ProcessCluster } from '../targets/process-cluster.ts'
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
  const data = resolve(flags.data ?? mkdtempSync(join(tmpdir(), 'tribunal-')))
  const level = flags.logLevel === undefined ? [] : ['--log-level', flags.logLevel]
  const cluster = await ProcessCluster.prepare({
    brokers: flags.brokers,
    settings: settingsOf(flags),
    dataDir: data,
    logDir: join(data, 'logs'),
    command: [...(await brokerCommand()), ...level],
    firstPort: flags.port,
  })
  const print = (text: string): void => void process.stdout.write(text)
  const failed = await cluster.startAll()
  if (failed !== undefined) {
    await cluster.stopAll(stopTimeoutMs)
    throw new UserError(`${failed}; its log is in ${join(data, 'logs')}.`, exitCodes.unknown)
  }
  const bootstrap = cluster.brokerIds.map((id) => `${cluster.address(id).host}:${cluster.address(id).port}`)
  print(`bootstrap.servers=${bootstrap.join(',')}\ndata in ${data}\n`)
  const { signal } = onInterrupt(() => print('\nstopping\n'))
  await new Promise((done) => signal.addEventListener('abort', done, { once: true }))
  await cluster.stopAll(stopTimeoutMs)
  return exitCodes.valid
}

function settingsOf({ config, override }: BrokerFlags): Record<string, string> {
  const settings = config === undefined ? {} : readSettings(config)
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
