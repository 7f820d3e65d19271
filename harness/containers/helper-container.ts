/** Containers of ours beside the brokers': what runs in them is the agent (helper/main.ts), started in them by an exec. */
import { GenericContainer, Wait } from 'testcontainers'
import { getReaperImage } from 'testcontainers/build/reaper/reaper.js'
import type { Docker } from './docker.ts'
import { hasImage } from './images.ts'

export type Mounts = readonly (readonly [volume: string, path: string])[]

export interface HelperPlace {
  readonly image: string
  readonly labels: Readonly<Record<string, string>>
  readonly mounts?: Mounts
  /**
   * `host`: beside the clients. Of a container: it shares that one's network. Of the cluster: it has a network that a broker will
   * share, with that address, and the broker's client port published.
   */
  readonly network: 'host' | 'none' | { readonly ofContainer: string } | OwnNetwork
  /** For disks that lose their power: may attach loop devices and mount them. */
  readonly keepsDisks?: true
}

export interface OwnNetwork {
  readonly name: string
  readonly address: string
  readonly clientPort: number
  /** On this machine. */
  readonly port: number
}

export const host = '127.0.0.1'
/** Loop devices, and what hands them out. */
const loopDevices: readonly string[] = ['b 7:* rwm', 'c 10:237 rwm']

class HelperContainer extends GenericContainer {
  readonly #place: HelperPlace

  constructor(place: HelperPlace) {
    super(place.image)
    this.#place = place
  }

  protected override async beforeContainerCreated(): Promise<void> {
    const { network, keepsDisks } = this.#place
    this.hostConfig.Init = true
    if (keepsDisks === true) {
      this.hostConfig.DeviceCgroupRules = [...loopDevices]
      this.hostConfig.SecurityOpt = ['apparmor=unconfined']
    }
    if (typeof network === 'string' || !('name' in network)) return
    const port = `${network.clientPort}/tcp`
    this.createOpts.ExposedPorts = { [port]: {} }
    this.hostConfig.PortBindings = { [port]: [{ HostIp: host, HostPort: String(network.port) }] }
    this.createOpts.NetworkingConfig = { EndpointsConfig: { [network.name]: { IPAMConfig: { IPv4Address: network.address } } } }
  }
}

/** Its id, when it runs. */
export async function startHelper(place: HelperPlace): Promise<string> {
  const { network, labels, mounts = [], keepsDisks } = place
  const container = new HelperContainer(place)
    .withNetworkMode(modeOf(network))
    .withBindMounts(mounts.map(([source, target]) => ({ source, target })))
    .withLabels({ ...labels })
    .withWaitStrategy(Wait.forListeningPorts())
  if (typeof network !== 'string') container.withAddedCapabilities('NET_ADMIN')
  if (keepsDisks === true) container.withAddedCapabilities('SYS_ADMIN')
  return (await container.start()).getId()
}

function modeOf(network: HelperPlace['network']): string {
  if (typeof network === 'string') return network
  return 'name' in network ? network.name : `container:${network.ofContainer}`
}

/** testcontainers removes what is left by a container of its own; where its image is not, we do it alone. */
export async function calmTestcontainers(docker: Docker): Promise<void> {
  const { env } = process
  env['TESTCONTAINERS_HOST_OVERRIDE'] ??= host
  if (env['TESTCONTAINERS_RYUK_DISABLED'] === undefined && !(await hasImage(docker, getReaperImage()))) {
    env['TESTCONTAINERS_RYUK_DISABLED'] = 'true'
  }
}
