/** Brokers of ours as processes on this machine, on loopback, each with its own directory, config file and log. */
import { createServer, type Server } from 'node:net'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrokerControl, BrokerState, ClockControl, ClockSkew, Facts, StopControl } from '../../nemesis/control.ts'
import { ClockSkewWriter } from '../../ports/node/clock-skew.ts'
import { makeDirectories } from '../../ports/node/make-directories.ts'
import { exitCodes } from '../../reference-broker/shell/exit-codes.ts'
import { ProxiedLinks } from '../proxy/proxied-links.ts'
import { BrokerProcess } from './broker-process.ts'

export interface ProcessClusterOptions {
  readonly brokers: number
  /** Settings under Kafka's names, the same for all. */
  readonly settings: Readonly<Record<string, string>>
  /** Data and config go below it. */
  readonly dataDir: string
  readonly logDir: string
  /** What a broker is started with, before `--config FILE`. */
  readonly command: readonly string[]
  /** First of the client ports; free ones when missing. */
  readonly firstPort?: number
  /** Puts a proxy in front of every listener, so that links can be cut: what starts it, and the seed of its choices. */
  readonly proxy?: { readonly command: readonly string[]; readonly seed: number }
  /** A broker has ended by itself: how, in words. */
  readonly onUnexpectedExit?: (exit: string) => void
}

export interface StartFailure {
  /** Which broker, and what it said. */
  readonly message: string
  /** It refused its configuration. */
  readonly refused: boolean
}

/** Who finds whom where. */
interface Addresses {
  readonly links: ProxiedLinks | undefined
  /** Where a broker is told to listen; 0 for a port of its own choice. */
  readonly bind: (id: number, listener: string) => number
  /** Where all others dial. */
  readonly dial: (id: number, listener: string) => number
}

const clientListener = 'PLAINTEXT'
const controllerListener = 'CONTROLLER'
const listenerNames: readonly string[] = [clientListener, controllerListener]

const host = '127.0.0.1'
const skewReadWithinMs = 5

export class ProcessCluster implements BrokerControl, ClockControl, StopControl {
  readonly brokerIds: readonly number[]
  /** Brokers that ended by themselves, each with how. */
  readonly unexpectedExits: string[] = []
  readonly #options: ProcessClusterOptions
  readonly #addresses: Addresses
  readonly #processes = new Map<number, BrokerProcess>()
  readonly #clocks = new Map<number, ClockSkewWriter>()

  private constructor(options: ProcessClusterOptions, addresses: Addresses) {
    this.brokerIds = brokerIdsOf(options)
    this.#options = options
    this.#addresses = addresses
  }

  /** Writes the configs; starts no broker. */
  static async prepare(options: ProcessClusterOptions): Promise<ProcessCluster> {
    const { proxy } = options
    const addresses = proxy === undefined ? await directAddresses(options) : await proxiedAddresses(options, proxy)
    const cluster = new ProcessCluster(options, addresses)
    makeDirectories(options.logDir)
    for (const id of cluster.brokerIds) cluster.#prepareBroker(id)
    return cluster
  }

  /** Missing where nobody stands between the brokers. */
  get links(): ProxiedLinks | undefined {
    return this.#addresses.links
  }

  #prepareBroker(id: number): void {
    const { dataDir, logDir, command, settings } = this.#options
    const directory = join(dataDir, `broker-${id}`)
    makeDirectories(directory)
    const config = join(dataDir, `broker-${id}.properties`)
    const { bind, dial } = this.#addresses
    const clockFile = join(dataDir, `broker-${id}.clock`)
    this.#clocks.set(id, new ClockSkewWriter(clockFile))
    writeFileSync(config, renderProperties({
      'node.id': String(id),
      'process.roles': 'broker,controller',
      listeners: listenerNames.map((name) => `${name}://${host}:${bind(id, name)}`).join(','),
      ...(this.links !== undefined && { 'advertised.listeners': `${clientListener}://${host}:${dial(id, clientListener)}` }),
      'controller.listener.names': controllerListener,
      'controller.quorum.voters': this.brokerIds.map((voter) => `${voter}@${host}:${dial(voter, controllerListener)}`).join(','),
      'log.dirs': directory,
      ...settings,
    }))
    this.#processes.set(id, new BrokerProcess({
      id,
      command: [...command, '--config', config],
      environment: { CLOCK_SKEW_FILE: clockFile },
      logFile: join(logDir, `broker-${id}.log`),
      listeners: listenerNames,
      onListener: (listener, port) => this.links?.direct(id, listener, port),
      onUnexpectedExit: (broker, how) => {
        const exit = `broker ${broker} ${how}`
        this.unexpectedExits.push(exit)
        this.#options.onUnexpectedExit?.(exit)
      },
    }))
  }

  /** Where clients dial. */
  address(id: number): { readonly host: string; readonly port: number } {
    return { host, port: this.#addresses.dial(id, clientListener) }
  }

  /** Where the broker itself listens for clients, or did last. */
  ownAddress(id: number): { readonly host: string; readonly port: number } {
    return { host, port: this.listenerPort(id, clientListener) }
  }

  /** Where one of its listeners is, or was last. */
  listenerPort(id: number, listener: string): number {
    return this.#process(id).port(listener) ?? this.#addresses.dial(id, listener)
  }

  pid(id: number): number | undefined {
    return this.#process(id).pid
  }

  #process(id: number): BrokerProcess {
    const found = this.#processes.get(id)
    if (found === undefined) throw new Error(`there is no broker ${id}`)
    return found
  }

  /** Starts all. Resolves with the first that did not come up. */
  async startAll(): Promise<StartFailure | undefined> {
    const seen = await Promise.all(this.brokerIds.map((id) => new Promise<Facts>((done) => this.start(id, done))))
    const at = seen.findIndex((facts) => facts['failed'] !== undefined)
    if (at < 0) return undefined
    const { failed, code } = seen[at]!
    const message = `broker ${this.brokerIds[at]} did not start: ${String(failed)}`
    return { message, refused: code === exitCodes.usage }
  }

  /** Ends all processes, in order if they will. */
  async stopAll(timeoutMs: number): Promise<void> {
    await Promise.all(this.brokerIds.map((id) => new Promise((done) => this.#process(id).stop(timeoutMs, done))))
    for (const id of this.brokerIds) this.#process(id).closeLog()
    for (const clock of this.#clocks.values()) clock.close()
    await this.links?.close()
  }

  kill(id: number, done: (seen: Facts) => void): void {
    this.#process(id).kill(done)
  }

  start(id: number, done: (seen: Facts) => void): void {
    this.#process(id).start(done)
  }

  stop(id: number, timeoutMs: number, done: (seen: Facts & { readonly orderly: boolean }) => void): void {
    this.#process(id).stop(timeoutMs, (seen) => done({ ...seen, orderly: seen['code'] === exitCodes.stopped }))
  }

  /** Brokers look at their clock's file at least every millisecond. */
  skew(id: number, skew: ClockSkew, done: (seen: Facts) => void): void {
    this.#clocks.get(id)!.write(skew)
    setTimeout(() => done({ ...skew }), skewReadWithinMs)
  }

  pause(id: number, done: (seen: Facts) => void): void {
    done(this.#process(id).pause())
  }

  resume(id: number, done: (seen: Facts) => void): void {
    done(this.#process(id).resume())
  }

  state(id: number): BrokerState {
    return this.#process(id).state()
  }
}

function brokerIdsOf({ brokers }: ProcessClusterOptions): number[] {
  return Array.from({ length: brokers }, (_, i) => i + 1)
}

async function directAddresses(options: ProcessClusterOptions): Promise<Addresses> {
  const ids = brokerIdsOf(options)
  const free = await freePorts(ids.length * listenerNames.length)
  const { firstPort } = options
  const ports = new Map(ids.flatMap((id, i) => listenerNames.map((name, j) => [`${name} ${id}`, free[i * listenerNames.length + j]!])))
  if (firstPort !== undefined) ids.forEach((id, i) => ports.set(`${clientListener} ${id}`, firstPort + i))
  const port = (id: number, listener: string): number => ports.get(`${listener} ${id}`)!
  return { links: undefined, bind: port, dial: port }
}

async function proxiedAddresses(
  options: ProcessClusterOptions,
  { command, seed }: NonNullable<ProcessClusterOptions['proxy']>,
): Promise<Addresses> {
  const links = await ProxiedLinks.open({ command, seed, brokerIds: brokerIdsOf(options), listenerNames })
  return { links, bind: () => 0, dial: (id, listener) => links.port(id, listener) }
}

function renderProperties(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings).map(([name, value]) => `${name}=${value}\n`).join('')
}

/** Ports nobody has now; held all at once, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise<Server>((done, fail) => {
    const server = createServer()
    server.once('error', fail)
    server.listen(0, host, () => done(server))
  })))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
  return ports
}
