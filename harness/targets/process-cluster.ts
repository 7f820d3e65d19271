/** Brokers as processes on this machine, on loopback, each with its own directory, config file and log. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrokerControl, BrokerState, ClockControl, ClockSkew, Facts, StopControl } from '../../nemesis/control.ts'
import { ClockSkewWriter } from '../../ports/node/clock-skew.ts'
import { makeDirectories } from '../../ports/node/make-directories.ts'
import { parseProperties } from '../../reference-broker/core/config/properties.ts'
import { ProxiedLinks, type ProxiedLinksOptions } from '../proxy/proxied-links.ts'
import { BrokerProcess } from './broker-process.ts'
import type { BrokerRecipe } from './broker-recipe.ts'
import { quietPorts } from './free-ports.ts'

export interface ProcessClusterOptions {
  readonly brokers: number
  /** Settings under Kafka's names, the same for all. */
  readonly settings: Readonly<Record<string, string>>
  /** Data and config go below it. */
  readonly dataDir: string
  readonly logDir: string
  readonly recipe: BrokerRecipe
  /** First of the client ports; free ones when missing. */
  readonly firstPort?: number
  /** Puts a proxy in front of every listener, so that links can be cut: what starts it, and the seed of its choices. */
  readonly proxy?: Pick<ProxiedLinksOptions, 'command' | 'seed' | 'record'>
  /** Where others find a broker, when somebody else than our own proxy stands before it. */
  readonly advertise?: (id: number) => { readonly host: string; readonly port: number }
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

export class ProcessCluster implements BrokerControl, StopControl {
  readonly brokerIds: readonly number[]
  /** Brokers that ended by themselves, each with how. */
  readonly unexpectedExits: string[] = []
  /** Missing where nothing puts the clocks of these brokers wrong. */
  readonly skew?: ClockControl['skew']
  readonly #options: ProcessClusterOptions
  readonly #addresses: Addresses
  readonly #processes = new Map<number, BrokerProcess>()
  readonly #clocks = new Map<number, ClockSkewWriter>()

  private constructor(options: ProcessClusterOptions, addresses: Addresses) {
    this.brokerIds = brokerIdsOf(options)
    this.#options = options
    this.#addresses = addresses
    if (options.recipe.readsClockFile) this.skew = (id, skew, done) => this.#skew(id, skew, done)
  }

  /** Writes the configs and formats; starts no broker. */
  static async prepare(options: ProcessClusterOptions): Promise<ProcessCluster> {
    const { proxy } = options
    const addresses = proxy === undefined ? await directAddresses(options) : await proxiedAddresses(options, proxy)
    const cluster = new ProcessCluster(options, addresses)
    makeDirectories(options.logDir)
    const configs = cluster.brokerIds.map((id) => cluster.#prepareBroker(id))
    try {
      for (const config of configs) await options.recipe.format?.(config)
    } catch (error) {
      await cluster.stopAll(0)
      throw error
    }
    return cluster
  }

  /** Missing where nobody stands between the brokers. */
  get links(): ProxiedLinks | undefined {
    return this.#addresses.links
  }

  /** Returns its config file. */
  #prepareBroker(id: number): string {
    const { dataDir, logDir, recipe, settings } = this.#options
    const directory = join(dataDir, `broker-${id}`)
    makeDirectories(directory)
    const config = configFile(dataDir, id)
    const { bind, dial } = this.#addresses
    const advertised = this.#options.advertise?.(id) ?? (this.links === undefined ? undefined : { host, port: dial(id, clientListener) })
    const clockFile = join(dataDir, `broker-${id}.clock`)
    this.#clocks.set(id, new ClockSkewWriter(clockFile))
    writeFileSync(config, renderProperties({
      'node.id': String(id),
      'process.roles': 'broker,controller',
      listeners: listenerNames.map((name) => `${name}://${host}:${bind(id, name)}`).join(','),
      ...(advertised !== undefined && { 'advertised.listeners': `${clientListener}://${advertised.host}:${advertised.port}` }),
      'controller.listener.names': controllerListener,
      'controller.quorum.voters': this.brokerIds.map((voter) => `${voter}@${host}:${dial(voter, controllerListener)}`).join(','),
      'log.dirs': directory,
      ...recipe.settings,
      ...settings,
    }))
    this.#processes.set(id, new BrokerProcess({
      id,
      command: recipe.command(config),
      environment: recipe.environment(clockFile),
      logFile: join(logDir, `broker-${id}.log`),
      listeners: listenerNames,
      startedBy: recipe.startedBy === 'controller' ? [controllerListener] : listenerNames,
      boundBy: (line) => recipe.boundBy(line, (port) => listenerNames.find((name) => bind(id, name) === port)),
      onListener: (listener, port) => this.links?.direct(id, listener, port),
      onUnexpectedExit: (broker, how) => {
        const exit = `broker ${broker} ${how}`
        this.unexpectedExits.push(exit)
        this.#options.onUnexpectedExit?.(exit)
      },
    }))
    return config
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

  /** Of the brokers that run. */
  pids(): Map<number, number> {
    return new Map(this.brokerIds.flatMap((id) => {
      const pid = this.pid(id)
      return pid === undefined ? [] : [[id, pid] as const]
    }))
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
    return { message, refused: code !== undefined && code === this.#options.recipe.exitCodes.refused }
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
    this.#process(id).stop(timeoutMs, (seen) => done({ ...seen, orderly: seen['code'] === this.#options.recipe.exitCodes.stopped }))
  }

  /** Brokers look at their clock's file at least every millisecond. */
  #skew(id: number, skew: ClockSkew, done: (seen: Facts) => void): void {
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
  const { firstPort, dataDir } = options
  const fixed = new Map<string, number>()
  if (firstPort !== undefined) ids.forEach((id, i) => fixed.set(`${clientListener} ${id}`, firstPort + i))
  // The quorum of a data directory is known by its voters' addresses: it comes back at the same ones.
  for (const id of ids) for (const [voter, port] of votersBefore(configFile(dataDir, id))) fixed.set(`${controllerListener} ${voter}`, port)
  const names = ids.flatMap((id) => listenerNames.map((name) => `${name} ${id}`))
  const free = await quietPorts(names.length, [...fixed.values()])
  const ports = new Map(names.map((name, i) => [name, fixed.get(name) ?? free[i]!]))
  const port = (id: number, listener: string): number => ports.get(`${listener} ${id}`)!
  return { links: undefined, bind: port, dial: port }
}

function configFile(dataDir: string, id: number): string {
  return join(dataDir, `broker-${id}.properties`)
}

/** Of a config file that an earlier run wrote, the controller port of each voter. */
function votersBefore(config: string): [voter: number, port: number][] {
  if (!existsSync(config)) return []
  const voters = parseProperties(readFileSync(config, 'utf8'))['controller.quorum.voters'] ?? ''
  return Array.from(voters.matchAll(/(\d+)@[^,]*:(\d+)/g), ([, voter, port]) => [Number(voter), Number(port)])
}

async function proxiedAddresses(
  options: ProcessClusterOptions,
  proxy: NonNullable<ProcessClusterOptions['proxy']>,
): Promise<Addresses> {
  const links = await ProxiedLinks.open({ ...proxy, brokerIds: brokerIdsOf(options), listenerNames })
  const dial = (id: number, listener: string): number => links.port(id, listener)
  if (!options.recipe.needsFixedPorts) return { links, bind: () => 0, dial }
  const ids = brokerIdsOf(options)
  const quiet = await quietPorts(ids.length * listenerNames.length)
  const bind = (id: number, listener: string): number => quiet[ids.indexOf(id) * listenerNames.length + listenerNames.indexOf(listener)]!
  return { links, bind, dial }
}

function renderProperties(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings).map(([name, value]) => `${name}=${value}\n`).join('')
}
