/**
 * The labelled brokers of a compose project. They are not ours: helpers join the networks they have, and come again when a broker
 * was started anew, because its network is then a new one; its rules are set again, by the address it has got this time.
 */
import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Facts } from '../../nemesis/control.ts'
import type { LabelledBroker } from '../compose/broker-labels.ts'
import { beforeOf, putBack, putBackAtExit, type Before } from '../compose/put-back.ts'
import type { Docker } from '../containers/docker.ts'
import { calmTestcontainers, startHelper } from '../containers/helper-container.ts'
import { helperImage } from '../containers/images.ts'
import { labelsOf, removeAtExit, removeCluster, removeLeftovers } from '../containers/leftovers.ts'
import { exitCodes, UserError } from '../exit-codes.ts'
import { ContainerBroker } from './container-broker.ts'
import { ContainerBrokers, type Address } from './container-brokers.ts'

export interface ComposeClusterOptions {
  readonly docker: Docker
  readonly brokers: readonly LabelledBroker[]
  /** Where they advertise themselves to this machine, by id. */
  readonly addresses: ReadonlyMap<number, Address>
  readonly logDir: string
}

interface Place {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** The one all brokers are in. */
  readonly network: string
  readonly gateway: string
}

export class ComposeCluster extends ContainerBrokers {
  readonly #options: ComposeClusterOptions
  readonly #place: Place
  readonly #before: ReadonlyMap<number, Before>
  readonly #callOff: readonly (() => void)[]
  readonly #helperIds = new Map<number, string>()

  private constructor(options: ComposeClusterOptions, place: Place, met: ReadonlyMap<number, Docker.ContainerInspectInfo>) {
    const addressIn = ({ NetworkSettings }: Docker.ContainerInspectInfo): string => NetworkSettings.Networks[place.network]!.IPAddress
    super(options.docker, new Map([...met].map(([id, inspected]) => [id, addressIn(inspected)])), place.gateway)
    this.#options = options
    this.#place = place
    this.#before = new Map([...met].map(([id, inspected]) => [id, beforeOf(inspected)]))
    this.#callOff = [putBackAtExit([...this.#before.values()]), removeAtExit(place.name)]
  }

  /** Puts helpers beside the brokers. Throws a UserError when they share no network. */
  static async prepare(options: ComposeClusterOptions): Promise<ComposeCluster> {
    const { docker, brokers, logDir } = options
    await calmTestcontainers(docker)
    await removeLeftovers(docker)
    const met = new Map(await Promise.all(brokers.map(async ({ id, containerId }) => [id, await docker.getContainer(containerId).inspect()] as const)))
    const [first, ...others] = [...met.values()].map(({ NetworkSettings }) => NetworkSettings.Networks)
    const shared = Object.entries(first!).find(([network]) => others.every((each) => each[network] !== undefined))
    if (shared === undefined) throw new UserError('The brokers of the compose project share no network of their own.', exitCodes.unknown)
    const name = `tribunal-${process.pid}-compose-${nextCluster++}`
    const place = { name, labels: labelsOf(name), network: shared[0], gateway: shared[1].Gateway }
    const cluster = new ComposeCluster(options, place, met)
    try {
      mkdirSync(logDir, { recursive: true })
      const image = await helperImage(docker)
      await Promise.all([...brokers.map((broker) => cluster.#prepareBroker(broker, image)), cluster.#placeClients(image)])
      await cluster.tryPackets()
    } catch (error) {
      await cluster.close()
      throw error
    }
    return cluster
  }

  async #prepareBroker({ id, containerId, orderlyExitCodes }: LabelledBroker, image: string): Promise<void> {
    const network = { ofContainer: containerId }
    const helperId = await startHelper({ image, labels: this.#place.labels, network })
    this.#helperIds.set(id, helperId)
    await this.links.place(id, await this.runHelper(helperId, 'broker'))
    const broker = new ContainerBroker({
      docker: this.docker,
      id,
      logFile: join(this.#options.logDir, `broker-${id}.log`),
      orderlyExitCodes,
      onUnexpectedExit: (_, how) => void this.unexpectedExits.push(`broker ${id} ${how}`),
    })
    await broker.adopt(this.docker.getContainer(containerId))
    this.brokers.set(id, broker)
  }

  async #placeClients(image: string): Promise<void> {
    const containerId = await startHelper({ image, labels: this.#place.labels, network: 'host' })
    await this.links.place('clients', await this.runHelper(containerId, 'clients'))
  }

  #labelled(id: number): LabelledBroker {
    return this.#options.brokers.find((broker) => broker.id === id)!
  }

  /** A dead broker's port is no longer published, so it refuses there. */
  address(id: number): Address {
    return this.#options.addresses.get(id)!
  }

  /** A started-again broker has another network, in which its helper has to begin anew. */
  override start(id: number, done: (seen: Facts) => void): void {
    super.start(id, (seen) => {
      if (seen['failed'] !== undefined) return done(seen)
      return this.trouble.after(this.#joinAgain(id), () => done(seen))
    })
  }

  async #joinAgain(id: number): Promise<void> {
    const helperId = this.#helperIds.get(id)!
    this.links.helper(id).end()
    await this.docker.getContainer(helperId).restart({ t: 0 })
    await this.links.move(id, await this.#addressOf(id), await this.runHelper(helperId, 'broker'))
  }

  async #addressOf(id: number): Promise<string> {
    const { NetworkSettings } = await this.docker.getContainer(this.#labelled(id).containerId).inspect()
    return NetworkSettings.Networks[this.#place.network]!.IPAddress
  }

  /** Out of all its networks, and in again under its names; its address may be another one. */
  plug(id: number, connected: boolean, done: (seen: Facts & { readonly connected: boolean }) => void): void {
    this.trouble.after(this.#plug(id, connected), (is) => done({ connected: is }))
  }

  async #plug(id: number, connected: boolean): Promise<boolean> {
    const { containerId, networks } = this.#before.get(id)!
    for (const { name, endpoint } of networks) {
      const network = this.docker.getNetwork(name)
      if (connected) await network.connect({ Container: containerId, EndpointConfig: endpoint })
      else await network.disconnect({ Container: containerId, Force: true })
    }
    if (connected) await this.links.move(id, await this.#addressOf(id), this.links.helper(id))
    const { NetworkSettings } = await this.docker.getContainer(containerId).inspect()
    return networks.every(({ name }) => NetworkSettings.Networks[name] !== undefined)
  }

  /** Brings the brokers' data directories into `directory`, as one tar file each, where it is known which they are. */
  async saveData(directory: string): Promise<void> {
    mkdirSync(directory, { recursive: true })
    for (const { id, containerId, dataDir } of this.#options.brokers) {
      if (dataDir === undefined) continue
      const archive = await this.docker.getContainer(containerId).getArchive({ path: `${dataDir}/.` })
      await pipeline(archive, createWriteStream(join(directory, `broker-${id}.tar`)))
    }
  }

  /** Everything is put back; what is ours is removed. */
  async close(): Promise<void> {
    await this.links.open().catch(() => undefined)
    this.links.close()
    for (const before of this.#before.values()) await putBack(this.docker, before)
    for (const broker of this.brokers.values()) broker.closeLog()
    await removeCluster(this.docker, this.#place.name)
    for (const callOff of this.#callOff) callOff()
  }
}

let nextCluster = 1
