import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import type { Command } from 'commander'
import { renderOp } from '../../history/jsonl.ts'
import { Recorder } from '../../history/recorder.ts'
import { Loop } from '../../ports/loop.ts'
import { NodeRunner } from '../../ports/node/node-runner.ts'
import { readClientConfig } from '../client-config/client-config.ts'
import { exitCodes, UserError } from '../exit-codes.ts'
import { attach } from '../external/attach.ts'
import { parseBootstrap } from '../external/bootstrap.ts'
import type { ClientSecurity } from '../external/security.ts'
import { gatewayProducer, openGateway, openRecordsMax, type Gateway } from '../gateway/gateway.ts'
import { onInterrupt } from '../interrupt.ts'
import { profiles } from '../profile.ts'
import { wireClients } from '../wire-clients.ts'
import { parseCount, parsePort } from './arguments.ts'

interface GatewayFlags {
  readonly bootstrap: string
  readonly clientConfig?: string
  readonly host: string
  readonly port: number
  readonly openRecords: number
  readonly history?: string
}

export function addGateway(program: Command): void {
  program
    .command('gateway')
    .description("HTTP before a Kafka-API cluster, after the Confluent REST Proxy's public API, in the foreground until Ctrl-C")
    .requiredOption('--bootstrap <addresses>', 'the cluster: HOST:PORT, several with commas between')
    .option('--client-config <file>', 'Java client properties with which to reach it: TLS, SASL')
    .option('--host <address>', 'where to listen; whoever reaches it may read and write everything', '127.0.0.1')
    .option('--port <port>', 'where to listen', parsePort, 8082)
    .option('--open-records <n>', 'records that may be open at a time; more are refused with 429', parseCount, openRecordsMax)
    .option('--history <file>', 'record every send and poll (docs/history.md); values must differ then')
    .action(async (flags: GatewayFlags) => {
      process.exitCode = await runGateway(flags)
    })
}

async function runGateway(flags: GatewayFlags): Promise<number> {
  const bootstrap = parseBootstrap(flags.bootstrap)
  const security = flags.clientConfig === undefined ? {} : readClientConfig(flags.clientConfig)
  await attach(bootstrap, security)
  const runner = new NodeRunner({ network: { ...(security.tls !== undefined && { tls: security.tls }) } })
  const loop = new Loop(runner.ports)
  runner.run((event) => loop.step(event))
  const journal = flags.history === undefined ? undefined : openJournal(flags.history, loop)
  const gateway = await open(flags, loop, { bootstrap, security, journal })
  process.stdout.write(`${gateway.url}\n`)
  const { signal, restore } = onInterrupt(() => process.stdout.write('\nstopping: open records first (again to end at once)\n'))
  if (!signal.aborted) await once(signal, 'abort')
  await gateway.stop()
  await gateway.close()
  await runner.stop()
  await journal?.end()
  restore()
  return exitCodes.valid
}

interface Journal {
  readonly recorder: Recorder
  end(): Promise<void>
}

interface OpenWith {
  readonly bootstrap: ReturnType<typeof parseBootstrap>
  readonly security: ClientSecurity
  readonly journal: Journal | undefined
}

async function open(flags: GatewayFlags, loop: Loop, { bootstrap, security, journal }: OpenWith): Promise<Gateway> {
  let processes = 0
  const { attached } = profiles
  try {
    return await openGateway({
      loop,
      makeClient: wireClients(loop, bootstrap, attached, security.sasl),
      producer: { ...gatewayProducer, deliveryTimeoutMs: attached.clients.deliveryTimeoutMs },
      host: flags.host,
      port: flags.port,
      timeoutMs: attached.clients.requestTimeoutMs,
      openRecordsMax: flags.openRecords,
      ...(journal !== undefined && { history: { recorder: journal.recorder, nextProcess: () => processes++ } }),
    })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new UserError(`The gateway cannot listen on ${flags.host}:${flags.port} (${code ?? message}); choose another with --port or --host.`, exitCodes.unknown)
  }
}

/** Ops go to the file and are not kept. */
function openJournal(file: string, loop: Loop): Journal {
  const stream = createWriteStream(file)
  stream.on('error', (error) => {
    process.stderr.write(`${file} cannot be written: ${error.message}.\n`)
    process.exit(exitCodes.usage)
  })
  const recorder = new Recorder(() => loop.now(), { isForgetful: true })
  recorder.listen((op) => void stream.write(`${renderOp(op)}\n`))
  recorder.record({ process: 'harness', type: 'info', f: 'config', value: { acks: gatewayProducer.acks, idempotence: gatewayProducer.idempotence } })
  return { recorder, end: () => new Promise((done) => stream.end(done)) }
}
