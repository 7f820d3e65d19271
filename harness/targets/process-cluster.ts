/** Brokers of ours as processes on this machine, on loopback, each with its own directory, config file and log. */
import { createServer, type Server } from 'node:net'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrokerControl, BrokerState, Facts } from '../../nemesis/control.ts'
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
}

const host = '127.0.0.1'

export class ProcessCluster implements BrokerControl {
  readonly brokerIds: readonly number[]
  /** Brokers that ended by themselves, each with how. */
  readonly unexpectedExits: string[] = []
  readonly #processes: ReadonlyMap<number, BrokerProcess>
  readonly #ports: ReadonlyMap<number, number>

  private constructor(
    brokerIds: readonly number[],
    processes: ReadonlyMap<number, BrokerProcess>,
    ports: ReadonlyMap<number, number>,
  ) {
    this.brokerIds = brokerIds
    this.#processes = processes
    this.#ports = ports
  }

  /** Writes the configs; starts nothing. */
  static async prepare(options: ProcessClusterOptions): Promise<ProcessCluster> {
    const ids = Array.from({ length: options.brokers }, (_, i) => i + 1)
    const free = await freePorts(options.brokers * 2)
    const clientPorts = new Map(ids.map((id, i) => [id, options.firstPort === undefined ? free[i]! : options.firstPort + i]))
    const controllerPorts = new Map(ids.map((id, i) => [id, free[options.brokers + i]!]))
    const voters = ids.map((id) => `${id}@${host}:${controllerPorts.get(id)}`).join(',')
    mkdirSync(options.logDir, { recursive: true })
    const processes = new Map<number, BrokerProcess>()
    const cluster = new ProcessCluster(ids, processes, clientPorts)
    for (const id of ids) {
      const directory = join(options.dataDir, `broker-${id}`)
      mkdirSync(directory, { recursive: true })
      const config = join(options.dataDir, `broker-${id}.properties`)
      writeFileSync(config, renderProperties({
        'node.id': String(id),
        'process.roles': 'broker,controller',
        listeners: `PLAINTEXT://${host}:${clientPorts.get(id)},CONTROLLER://${host}:${controllerPorts.get(id)}`,
        'controller.listener.names': 'CONTROLLER',
        'controller.quorum.voters': voters,
        'log.dirs': directory,
        ...options.settings,
      }))
      processes.set(id, new BrokerProcess({
        id,
        command: [...options.command, '--config', config],
        logFile: join(options.logDir, `broker-${id}.log`),
        listeners: 2,
        onUnexpectedExit: (broker, how) => void cluster.unexpectedExits.push(`broker ${broker} ${how}`),
      }))
    }
    return cluster
  }

  address(id: number): { readonly host: string; readonly port: number } {
    return { host, port: this.#ports.get(id)! }
  }

  pid(id: number): number | undefined {
    return this.#process(id).pid
  }

  #process(id: number): BrokerProcess {
    const found = this.#processes.get(id)
    if (found === undefined) throw new Error(`there is no broker ${id}`)
    return found
  }

  /** Starts all. Resolves with a sentence when one did not come up. */
  async startAll(): Promise<string | undefined> {
    const seen = await Promise.all(this.brokerIds.map((id) => new Promise<Facts>((done) => this.start(id, done))))
    const failed = seen.findIndex((facts) => facts['failed'] !== undefined)
    return failed < 0 ? undefined : `broker ${this.brokerIds[failed]} did not start: ${String(seen[failed]!['failed'])}`
  }

  /** Ends all processes, in order if they will. */
  async stopAll(timeoutMs: number): Promise<void> {
    await Promise.all(this.brokerIds.map((id) => new Promise((done) => this.#process(id).stop(timeoutMs, done))))
    for (const id of this.brokerIds) this.#process(id).closeLog()
  }

  kill(id: number, done: (seen: Facts) => void): void {
    this.#process(id).kill(done)
  }

  start(id: number, done: (seen: Facts) => void): void {
    this.#process(id).start(done)
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
