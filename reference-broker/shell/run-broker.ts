/**
 * A broker as one Node process: configuration, directory lock, the Node ports, the core, and every way to
 * end. Whatever goes wrong is one sentence on stderr and an exit code; stack traces only go to the log.
 */
import { existsSync } from 'node:fs'
import type { Logger as Pino } from 'pino'
import type { PortEvent } from '../../ports/events.ts'
import { DiskNodeRunner } from '../../ports/node/node-runner.ts'
import { Broker } from '../core/broker.ts'
import type { BrokerConfig } from '../core/config/broker-config.ts'
import type { Decisions } from '../core/decisions.ts'
import { parseArguments, usage } from './arguments.ts'
import { lockDirectory } from './directory-lock.ts'
import { exitCodes } from './exit-codes.ts'
import { letHeapGrow } from './heap-growth.ts'
import { loadConfig } from './load-config.ts'
import { openLog } from './log.ts'
import { exitWith, reportCrashes, stopOnSignals } from './process-end.ts'

/** Runs until the process ends. `decisions` replaces the broker's own; only test builds pass it. */
export function runBroker(argv: readonly string[], decisions?: Decisions): void {
  const parsed = parseArguments(argv)
  if (parsed.kind === 'wrong') return exitWith(exitCodes.usage, [parsed.problem, usage])
  if (parsed.kind === 'help') {
    process.stdout.write(usage)
    return
  }
  const loaded = loadConfig(parsed.arguments, process.env)
  if ('errors' in loaded) return exitWith(exitCodes.usage, loaded.errors)
  letHeapGrow()
  const { config, warnings } = loaded
  const log = openLog(parsed.arguments.logLevel, config.nodeId)
  for (const warning of warnings) log.warn(warning)
  reportCrashes(log)
  const locked = lockDirectory(config.logDir)
  if (!locked.ok) return exitWith(exitCodes.failed, [locked.problem])
  process.once('exit', () => locked.lock.release())
  startBroker(config, log, decisions)
}

function startBroker(config: BrokerConfig, log: Pino, decisions: Decisions | undefined): void {
  const clockSkewFile = process.env['CLOCK_SKEW_FILE']
  if (clockSkewFile !== undefined && !existsSync(clockSkewFile)) {
    return exitWith(exitCodes.usage, [`CLOCK_SKEW_FILE names ${clockSkewFile}, which does not exist.`])
  }
  const runner = new DiskNodeRunner({
    rootDir: config.logDir,
    network: { maxFrameBytes: config.socketRequestMaxBytes },
    ...(clockSkewFile !== undefined && { clockSkewFile }),
  })
  const broker = new Broker({
    config,
    ports: runner.ports,
    ...(decisions === undefined ? {} : { decisions }),
    log: (level, message, fields) => log[level](fields ?? {}, message),
    onFatal: (reason) => exitWith(exitCodes.failed, [reason]),
    onListening: (listener, port) => announce(config, listener, port),
  })
  runner.run((event: PortEvent) => broker.step(event))
  stopOnSignals(log, (done) => broker.shutDown(() => void runner.stop().then(done)))
  broker.start()
}

/** The harness reads these lines to learn ports and to see that the broker is up. */
function announce(config: BrokerConfig, listener: string, port: number): void {
  const host = config.listeners.find(({ name }) => name === listener)?.host ?? ''
  process.stdout.write(`listening ${listener} ${host.includes(':') ? `[${host}]` : host}:${port}\n`)
}
