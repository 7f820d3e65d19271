/**
 * Brokers in containers, each in the network of a helper of ours: any image will do, the harness needs no root, and what the
 * helper rules outlives the broker. Life and death by testcontainers, faults by the engine's API and by the helpers.
 */
import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { GenericContainer, Wait } from 'testcontainers'
import type { ClockControl, DiskControl, DiskState, Facts, PowerControl } from '../../nemesis/control.ts'
import { makeNetwork, type ClusterNetwork } from '../containers/cluster-network.ts'
import type { Docker } from '../containers/docker.ts'
import { calmTestcontainers, host, startHelper, type Mounts } from '../containers/helper-container.ts'
import { dataDirectory, toolsDirectory, type ConnectResult } from '../containers/helper/messages.ts'
import { commandOf, environmentOf, type ContainerNode, type ImageRecipe } from '../containers/image-recipe.ts'
import { helperImage } from '../containers/images.ts'
import { labelsOf, removeAtExit, removeCluster, removeLeftovers } from '../containers/leftovers.ts'
import { DiskKeeper } from '../containers/power.ts'
import { exitCodes, UserError } from '../exit-codes.ts'
import { ContainerBroker } from './container-broker.ts'
import { ContainerBrokers, type Address } from './container-brokers.ts'
import { quietPorts } from './free-ports.ts'

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
  /** Gives each broker a disk that can lose power (power.ts). */
  readonly losesPower?: boolean
}

interface Place {
  readonly network: ClusterNetwork
  readonly nodes: readonly ContainerNode[]
  readonly labels: Readonly<Record<string, string>>
}

/** What a helper shares with its broker. */
interface Beside {
  readonly helperId: string
  readonly tools: string
  readonly data: string
}

const skewReadWithinMs = 5
const diskSizeMiB = 1024

/** Health is looked at by the trial itself, by other means; a check every few seconds would only cost. */
class BrokerContainer extends GenericContainer {
  protected override async beforeContainerCreated(): Promise<void> {
    this.createOpts.Healthcheck = { Test: ['NONE'] }
  }
}

export class ContainerCluster extends ContainerBrokers implements DiskControl {
  readonly diskStates: readonly DiskState[]
  /** Missing where nothing can be done to that image's clock. */
  skew?: ClockControl['skew']
  losePower?: PowerControl['losePower']
  readonly #name: string
  readonly #options: ContainerClusterOptions
  readonly #place: Place
  readonly #keep: () => void
  readonly #beside = new Map<number, Beside>()
  #keeper: DiskKeeper | undefined

  private constructor(name: string, options: ContainerClusterOptions, place: Place) {
    super(options.docker, new Map(place.nodes.map(({ id, address }) => [id, address])), place.network.gateway)
    this.#name = name
    this.#options = options
    this.diskStates = options.dataSizeMiB === undefined ? [] : ['full', 'fine']
    this.#place = place
    this.#keep = removeAtExit(name)
    if (options.recipe.clock !== 'none') {
      this.skew = (id, skew, done) =>
        this.trouble.after(this.links.helper(id).ask({ do: 'skew', ...skew }), () => setTimeout(() => done({ ...skew }), skewReadWithinMs))
    }
    if (options.losesPower === true) this.losePower = (id, done) => this.trouble.after(this.#losePower(id), done)
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
      await cluster.#openKeeper(image)
      await Promise.all([...nodes.map((node) => cluster.#prepareBroker(node, image)), cluster.#placeClients(image)])
      await cluster.tryPackets()
    } catch (error) {
      await cluster.close()
      throw asUserError(error as Error)
    }
    return cluster
  }

  async #openKeeper(image: string): Promise<void> {
    if (this.#options.losesPower !== true) return
    const { labels } = this.#place
    this.#keeper = await DiskKeeper.open({
      docker: this.docker, image, cluster: this.#name, labels, onGone: (why) => this.trouble.tell(why),
    })
  }

  async #prepareBroker(node: ContainerNode, image: string): Promise<void> {
    const { recipe, logDir } = this.#options
    const { network, labels } = this.#place
    const tools = await this.#volume(`tools-${node.id}`)
    const data = (await this.#keeper?.make(node.id, diskSizeMiB)) ?? (await this.#volume(`data-${node.id}`, this.#options.dataSizeMiB))
    // Who holds on to a disk keeps it from losing its power.
    const mounts: Mounts = [[tools, toolsDirectory], ...(this.#keeper === undefined ? [[data, dataDirectory] as const] : [])]
    const own = { name: network.name, address: node.address, clientPort: recipe.clientPort, port: node.port }
    const helperId = await startHelper({ image, labels, mounts, network: own })
    this.#beside.set(node.id, { helperId, tools, data })
    await this.links.place(node.id, await this.runHelper(helperId, 'broker'))
    this.brokers.set(node.id, new ContainerBroker({
      docker: this.docker,
      id: node.id,
      make: () => this.#makeBroker(node),
      logFile: join(logDir, `broker-${node.id}.log`),
      orderlyExitCodes: recipe.orderlyExitCodes,
      onUnexpectedExit: (broker, how) => void this.unexpectedExits.push(`broker ${broker} ${how}`),
    }))
  }

  async #makeBroker(node: ContainerNode): Promise<Docker.Container> {
    const { image, recipe, settings } = this.#options
    const { nodes, labels } = this.#place
    const { helperId, tools, data } = this.#beside.get(node.id)!
    const container = new BrokerContainer(image)
      .withNetworkMode(`container:${helperId}`)
      .withEnvironment({ ...environmentOf(recipe, node, { nodes, settings }), ...toolsEnvironment(recipe) })
      .withBindMounts([{ source: tools, target: toolsDirectory }, { source: data, target: recipe.dataDir }])
      .withLabels({ ...labels })
      .withWaitStrategy(Wait.forListeningPorts())
    const command = commandOf(recipe, node, nodes)
    if (command !== undefined) container.withCommand(command)
    if (recipe.user !== undefined) container.withUser(recipe.user)
    return this.docker.getContainer((await container.start()).getId())
  }

  async #placeClients(image: string): Promise<void> {
    const containerId = await startHelper({ image, labels: this.#place.labels, network: 'host' })
    await this.links.place('clients', await this.runHelper(containerId, 'clients'))
  }

  /** One of a limited size is in memory; it stays as long as its helper does. */
  async #volume(what: string, sizeMiB?: number): Promise<string> {
    const Name = `${this.#name}-${what}`
    const limited = { type: 'tmpfs', device: 'tmpfs', o: `size=${sizeMiB}m` }
    await this.docker.createVolume({
      Name,
      Labels: { ...this.#place.labels },
      ...(sizeMiB !== undefined && { Driver: 'local', DriverOpts: limited }),
    })
    return Name
  }

  address(id: number): Address {
    return { host, port: this.#node(id).port }
  }

  /** Whether a connect to the broker's own listener is refused: what is published to this machine is taken by the engine. */
  refuses(id: number, timeoutMs: number, done: (refused: boolean) => void): void {
    const own = { host: this.#node(id).address, port: this.#options.recipe.clientPort }
    const asked = this.links.helper('clients').ask<ConnectResult>({ do: 'connect', ...own, timeoutMs })
    this.trouble.after(asked, (result) => done(result === 'refused'))
  }

  #node(id: number): ContainerNode {
    return this.#place.nodes.find((node) => node.id === id)!
  }

  /** Brings the brokers' data directories into `directory`, as one tar file each. */
  async saveData(directory: string): Promise<void> {
    mkdirSync(directory, { recursive: true })
    for (const [id, { data }] of this.#beside) {
      const Image = await helperImage(this.docker)
      const Labels = { ...this.#place.labels }
      const reader = await this.docker.createContainer({ Image, Labels, HostConfig: { Binds: [`${data}:${dataDirectory}`] } })
      const archive = await reader.getArchive({ path: `${dataDirectory}/.` })
      await pipeline(archive, createWriteStream(join(directory, `broker-${id}.tar`)))
      await reader.remove({ force: true })
    }
  }

  /** Removes everything that was made. */
  async close(): Promise<void> {
    this.links.close()
    await this.#keeper?.close()
    await removeCluster(this.docker, this.#name)
    this.#keep()
  }

  /** The helper's container holds the network of the broker. Its rules stay, and its address is the same afterwards. */
  plug(id: number, connected: boolean, done: (seen: Facts & { readonly connected: boolean }) => void): void {
    this.trouble.after(this.#plug(id, connected), (is) => done({ connected: is }))
  }

  async #plug(id: number, connected: boolean): Promise<boolean> {
    const { network } = this.#place
    const { helperId } = this.#beside.get(id)!
    const ours = this.docker.getNetwork(network.name)
    if (connected) await ours.connect({ Container: helperId, EndpointConfig: { IPAMConfig: { IPv4Address: this.#node(id).address } } })
    else await ours.disconnect({ Container: helperId, Force: true })
    const { NetworkSettings } = await this.docker.getContainer(helperId).inspect()
    return NetworkSettings.Networks[network.name] !== undefined
  }

  /** Only `full` and `fine`, and only in a volume of limited size. */
  setDisk(id: number, state: DiskState, done: (seen: Facts) => void): void {
    this.broker(id).expectExit(state === 'full')
    const seen = this.links.helper(id).ask<Facts | null>({ do: state === 'full' ? 'fill' : 'empty' })
    this.trouble.after(seen, (facts) => done(facts ?? {}))
  }

  /**
   * A trial begins with storage that was formatted long ago: what it takes to format it is on the disks. (Apache Kafka 4.3.1 syncs
   * its bootstrap.checkpoint nowhere; a power loss in the first half minute of a node leaves one that cannot start.)
   */
  settleDisks(): void {
    if (this.#keeper === undefined) return
    for (const id of this.brokerIds) this.trouble.after(this.#keeper.sync(id), () => undefined)
  }

  /** Frozen first, so that nothing it does after the cut is seen by anybody. */
  async #losePower(id: number): Promise<Facts> {
    const broker = this.broker(id)
    if (broker.state() === 'running') await broker.pause()
    await this.#keeper!.cut(id)
    const ended = await new Promise<Facts>((done) => broker.kill(done))
    await this.links.helper(id).ask({ do: 'reboot' })
    return { ...ended, lost: await this.#keeper!.lost(id) }
  }
}

let nextCluster = 1

function toolsEnvironment({ clock }: ImageRecipe): Record<string, string> {
  const files = { CLOCK_SKEW_FILE: `${toolsDirectory}/clock`, MACHINE_BOOT_FILE: `${toolsDirectory}/boot` }
  if (clock === 'shim') return { ...files, LD_PRELOAD: `${toolsDirectory}/clock-shim.so` }
  return typeof clock === 'object' ? { ...files, LD_PRELOAD: clock.preload } : files
}

function asUserError(error: Error): Error {
  const taken = /(?:Bind for|listen tcp\S*) \S*?:(\d+)/.exec(error.message)
  const isTaken = /already allocated|already in use/.test(error.message)
  if (!isTaken) return error
  return new UserError(`The port ${taken?.[1] ?? ''} of this machine is taken; run it again for others.`, exitCodes.unknown)
}
