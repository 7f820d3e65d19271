/**
 * Brokers in containers, each in the network of a helper of ours: any image will do, the harness needs no root, and what the
 * helper rules outlives the broker. Life and death by testcontainers, faults by the engine's API and by the helpers.
 */
import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { GenericContainer, Wait } from 'testcontainers'
import { getReaperImage } from 'testcontainers/build/reaper/reaper.js'
import type {
  BrokerControl, BrokerState, ClockControl, ClockSkew, DelayControl, DiskControl, DiskState, Facts, LossControl, MemoryControl, MemoryPressure, NetworkControl, SqueezeControl, StopControl,
} from '../../nemesis/control.ts'
import { makeNetwork, type ClusterNetwork } from '../containers/cluster-network.ts'
import { ContainerLinks } from '../containers/container-links.ts'
import type { Docker } from '../containers/docker.ts'
import { HelperProcess } from '../containers/helper-process.ts'
import { dataDirectory, toolsDirectory, type ConnectResult, type HelperAbilities } from '../containers/helper/messages.ts'
import { environmentOf, type ContainerNode, type ImageRecipe } from '../containers/image-recipe.ts'
import { hasImage, helperImage } from '../containers/images.ts'
import { labelsOf, removeAtExit, removeCluster, removeLeftovers } from '../containers/leftovers.ts'
import { exitCodes, UserError } from '../exit-codes.ts'
import { ContainerBroker } from './container-broker.ts'
import { quietPorts } from './free-ports.ts'
import type { StartFailure } from './process-cluster.ts'

export interface ContainerClusterOptions {
  readonly docker: Docker
  readonly brokers: number
  readonly image: string
  readonly recipe: ImageRecipe
  /** Settings under Kafka's names, the same for all. */
  readonly settings: Readonly<Record<string, string>>
  readonly logDir: string
  /** Gives each broker a volume of this size, which can be filled. */
  readonly dataSizeMiB?: number
}

interface Place {
  readonly network: ClusterNetwork
  readonly nodes: readonly ContainerNode[]
  readonly labels: Readonly<Record<string, string>>
}

const host = '127.0.0.1'
const skewReadWithinMs = 5

/** One of our own containers in or beside the network. */
class HelperContainer extends GenericContainer {
  readonly #node: ContainerNode | undefined
  readonly #network: string
  readonly #clientPort: number

  constructor(image: string, { node, network, clientPort }: { node: ContainerNode | undefined; network: string; clientPort: number }) {
    super(image)
    this.#node = node
    this.#network = network
    this.#clientPort = clientPort
  }

  protected override async beforeContainerCreated(): Promise<void> {
    this.hostConfig.Init = true
    if (this.#node === undefined) return
    const port = `${this.#clientPort}/tcp`
    this.createOpts.ExposedPorts = { [port]: {} }
    this.hostConfig.PortBindings = { [port]: [{ HostIp: host, HostPort: String(this.#node.port) }] }
    this.createOpts.NetworkingConfig = {
      EndpointsConfig: { [this.#network]: { IPAMConfig: { IPv4Address: this.#node.address } } },
    }
  }
}

type Abilities = BrokerControl & ClockControl & DiskControl & MemoryControl & NetworkControl & SqueezeControl & StopControl

export class ContainerCluster implements Abilities {
  readonly brokerIds: readonly number[]
  /** Brokers that ended by themselves, each with how. */
  readonly unexpectedExits: string[] = []
  readonly links: ContainerLinks
  readonly diskStates: readonly DiskState[]
  /** Missing where the kernel cannot do it. */
  losePackets?: LossControl['losePackets']
  delayPackets?: DelayControl['delayPackets']
  readonly #name: string
  readonly #options: ContainerClusterOptions
  readonly #place: Place
  readonly #keep: () => void
  readonly #helperIds = new Map<number, string>()
  readonly #brokers = new Map<number, ContainerBroker>()

  private constructor(name: string, options: ContainerClusterOptions, place: Place) {
    this.#name = name
    this.#options = options
    this.diskStates = options.dataSizeMiB === undefined ? [] : ['full', 'fine']
    this.#place = place
    this.#keep = removeAtExit(name)
    this.brokerIds = place.nodes.map(({ id }) => id)
    const addresses = new Map(place.nodes.map(({ id, address }) => [id, address]))
    this.links = new ContainerLinks({ addresses, clientsAddress: place.network.gateway })
  }

  /** Makes network, volumes and helpers; starts no broker. Throws a UserError when that is not possible here. */
  static async prepare(options: ContainerClusterOptions): Promise<ContainerCluster> {
    const { docker, brokers } = options
    await calmTestcontainers(docker)
    await removeLeftovers(docker)
    const name = `tribunal-${process.pid}-${nextCluster++}`
    const labels = labelsOf(name)
    const network = await makeNetwork(docker, name, labels)
    const ports = await quietPorts(brokers)
    const nodes = ports.map((port, at): ContainerNode => ({ id: at + 1, address: network.address(at + 1), port }))
    const cluster = new ContainerCluster(name, options, { network, nodes, labels })
    try {
      mkdirSync(options.logDir, { recursive: true })
      const image = await helperImage(docker)
      await Promise.all([...nodes.map((node) => cluster.#prepareBroker(node, image)), cluster.#placeClients(image)])
      await cluster.#tryPackets()
    } catch (error) {
      await cluster.close()
      throw asUserError(error as Error)
    }
    return cluster
  }

  async #prepareBroker(node: ContainerNode, image: string): Promise<void> {
    const { docker, recipe, settings, logDir } = this.#options
    const { nodes, labels } = this.#place
    const tools = await this.#volume(`tools-${node.id}`)
    const data = await this.#volume(`data-${node.id}`, this.#options.dataSizeMiB)
    const helperId = await this.#startHelper(node, image, [[tools, toolsDirectory], [data, dataDirectory]])
    this.#helperIds.set(node.id, helperId)
    await this.links.place(node.id, await this.#runHelper(helperId, 'broker'))
    const clock = { CLOCK_SKEW_FILE: `${toolsDirectory}/clock` }
    const shim = recipe.clock === 'shim' ? { LD_PRELOAD: `${toolsDirectory}/clock-shim.so` } : {}
    this.#brokers.set(node.id, new ContainerBroker({
      docker,
      id: node.id,
      image: this.#options.image,
      helperId,
      environment: { ...environmentOf(recipe, node, { nodes, settings }), ...clock, ...shim },
      volumes: [{ source: tools, target: toolsDirectory }, { source: data, target: recipe.dataDir }],
      labels,
      logFile: join(logDir, `broker-${node.id}.log`),
      orderlyExitCodes: recipe.orderlyExitCodes,
      onUnexpectedExit: (broker, how) => void this.unexpectedExits.push(`broker ${broker} ${how}`),
    }))
  }

  async #tryPackets(): Promise<void> {
    const { loss, delay } = await this.links.helper(this.brokerIds[0]!).ask<HelperAbilities>({ do: 'try' })
    if (loss) this.losePackets = (id, share, done) => void this.links.losePackets(id, share).then(done)
    if (delay) this.delayPackets = (id, delayMs, done) => void this.links.helper(id).ask({ do: 'delay', delayMs }).then(done)
  }

  async #placeClients(image: string): Promise<void> {
    await this.links.place('clients', await this.#runHelper(await this.#startHelper(undefined, image, []), 'clients'))
  }

  /** One of a limited size is in memory; it stays as long as its helper does. */
  async #volume(what: string, sizeMiB?: number): Promise<string> {
    const Name = `${this.#name}-${what}`
    const limited = { type: 'tmpfs', device: 'tmpfs', o: `size=${sizeMiB}m` }
    await this.#options.docker.createVolume({
      Name,
      Labels: { ...this.#place.labels },
      ...(sizeMiB !== undefined && { Driver: 'local', DriverOpts: limited }),
    })
    return Name
  }

  async #startHelper(node: ContainerNode | undefined, image: string, mounts: readonly (readonly [string, string])[]): Promise<string> {
    const { network, labels } = this.#place
    const { clientPort } = this.#options.recipe
    const container = new HelperContainer(image, { node, network: network.name, clientPort })
      .withNetworkMode(node === undefined ? 'host' : network.name)
      .withBindMounts(mounts.map(([source, target]) => ({ source, target })))
      .withLabels({ ...labels })
      .withWaitStrategy(Wait.forListeningPorts())
    if (node !== undefined) container.withAddedCapabilities('NET_ADMIN')
    return (await container.start()).getId()
  }

  #runHelper(containerId: string, role: 'broker' | 'clients'): Promise<HelperProcess> {
    const { docker } = this.#options
    return HelperProcess.start({ docker, containerId, role, onArrived: (probe) => this.links.arrived(probe) })
  }

  #broker(id: number): ContainerBroker {
    const found = this.#brokers.get(id)
    if (found === undefined) throw new Error(`there is no broker ${id}`)
    return found
  }

  /** Where clients dial. */
  address(id: number): { readonly host: string; readonly port: number } {
    return { host, port: this.#place.nodes.find((node) => node.id === id)!.port }
  }

  /** Whether a connect to the broker's own listener is refused: what is published to this machine is taken by the engine. */
  refuses(id: number, timeoutMs: number, done: (refused: boolean) => void): void {
    const { address } = this.#place.nodes.find((node) => node.id === id)!
    const asked = this.links.helper('clients').ask<ConnectResult>({ do: 'connect', host: address, port: this.#options.recipe.clientPort, timeoutMs })
    void asked.then((result) => done(result === 'refused'))
  }

  /** Starts all. Resolves with the first that did not come up. */
  async startAll(): Promise<StartFailure | undefined> {
    const seen = await Promise.all(this.brokerIds.map((id) => new Promise<Facts>((done) => this.start(id, done))))
    const at = seen.findIndex((facts) => facts['failed'] !== undefined)
    if (at < 0) return undefined
    return { message: `broker ${this.brokerIds[at]} did not start: ${String(seen[at]!['failed'])}`, refused: false }
  }

  /** Ends all brokers, in order if they will. */
  async stopAll(timeoutMs: number): Promise<void> {
    await Promise.all(this.brokerIds.map((id) => new Promise((done) => this.#broker(id).stop(timeoutMs, done))))
    for (const id of this.brokerIds) this.#broker(id).closeLog()
  }

  /** Brings the brokers' data directories into `directory`, as one tar file each. */
  async saveData(directory: string): Promise<void> {
    mkdirSync(directory, { recursive: true })
    for (const [id, helperId] of this.#helperIds) {
      const archive = await this.#options.docker.getContainer(helperId).getArchive({ path: `${dataDirectory}/.` })
      await pipeline(archive, createWriteStream(join(directory, `broker-${id}.tar`)))
    }
  }

  /** Removes everything that was made. */
  async close(): Promise<void> {
    this.links.close()
    await removeCluster(this.#options.docker, this.#name)
    this.#keep()
  }

  kill(id: number, done: (seen: Facts) => void): void {
    this.#broker(id).kill(done)
  }

  start(id: number, done: (seen: Facts) => void): void {
    this.#broker(id).start(done)
  }

  stop(id: number, timeoutMs: number, done: (seen: Facts & { readonly orderly: boolean }) => void): void {
    this.#broker(id).stop(timeoutMs, done)
  }

  skew(id: number, skew: ClockSkew, done: (seen: Facts) => void): void {
    const written = this.links.helper(id).ask({ do: 'skew', ...skew })
    void written.then(() => setTimeout(() => done({ ...skew }), skewReadWithinMs))
  }

  /** The helper's container holds the network of the broker. Its rules stay, and its address is the same afterwards. */
  plug(id: number, connected: boolean, done: (seen: Facts & { readonly connected: boolean }) => void): void {
    void this.#plug(id, connected).then((is) => done({ connected: is }))
  }

  async #plug(id: number, connected: boolean): Promise<boolean> {
    const { docker } = this.#options
    const { network, nodes } = this.#place
    const helperId = this.#helperIds.get(id)!
    const ours = docker.getNetwork(network.name)
    if (connected) {
      const { address } = nodes.find((node) => node.id === id)!
      await ours.connect({ Container: helperId, EndpointConfig: { IPAMConfig: { IPv4Address: address } } })
    } else await ours.disconnect({ Container: helperId, Force: true })
    const { NetworkSettings } = await docker.getContainer(helperId).inspect()
    return NetworkSettings.Networks[network.name] !== undefined
  }

  squeeze(id: number, cpuShare: number | undefined, done: () => void): void {
    void this.#broker(id).squeeze(cpuShare).then(done)
  }

  throttled(id: number, done: (periods: number) => void): void {
    void this.#broker(id).throttled().then(done)
  }

  squeezeMemory(id: number, squeezed: boolean, done: (limitBytes: number) => void): void {
    void this.#broker(id).squeezeMemory(squeezed).then(done)
  }

  pressure(id: number, done: (pressure: MemoryPressure) => void): void {
    void this.#broker(id).pressure().then(done)
  }

  /** Only `full` and `fine`, and only in a volume of limited size. */
  setDisk(id: number, state: DiskState, done: (seen: Facts) => void): void {
    this.#broker(id).expectExit(state === 'full')
    void this.links.helper(id).ask<Facts | null>({ do: state === 'full' ? 'fill' : 'empty' }).then((seen) => done(seen ?? {}))
  }

  lastWord(id: number): string | undefined {
    return this.state(id) === 'dead' ? this.#broker(id).lastWord : undefined
  }

  pause(id: number, done: (seen: Facts) => void): void {
    this.#broker(id).pause(done)
  }

  resume(id: number, done: (seen: Facts) => void): void {
    this.#broker(id).resume(done)
  }

  state(id: number): BrokerState {
    return this.#broker(id).state()
  }
}

let nextCluster = 1

/** testcontainers removes what is left by a container of its own; where its image is not, we do it alone. */
async function calmTestcontainers(docker: Docker): Promise<void> {
  const { env } = process
  env['TESTCONTAINERS_HOST_OVERRIDE'] ??= host
  if (env['TESTCONTAINERS_RYUK_DISABLED'] === undefined && !(await hasImage(docker, getReaperImage()))) {
    env['TESTCONTAINERS_RYUK_DISABLED'] = 'true'
  }
}

function asUserError(error: Error): Error {
  const taken = /(?:Bind for|listen tcp\S*) \S*?:(\d+)/.exec(error.message)
  const isTaken = /already allocated|already in use/.test(error.message)
  if (!isTaken) return error
  return new UserError(`The port ${taken?.[1] ?? ''} of this machine is taken; run it again for others.`, exitCodes.unknown)
}
