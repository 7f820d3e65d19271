/**
 * Which containers of a compose project are brokers, told by labels of their services (docs/images.md): only the id must be
 * said, the rest follows from the recipe of the image where there is one.
 */
import type { Docker } from '../containers/docker.ts'
import { recipeIfKnown } from '../containers/image-recipe.ts'
import { exitCodes, UserError } from '../exit-codes.ts'

export const brokerLabels = {
  /** Its node id, as the cluster's metadata has it. */
  id: 'tribunal.broker.id',
  /** The container's port at which clients from this machine are served; it must be published. */
  port: 'tribunal.broker.port',
  /** Where it keeps its data, for who wants to look at it after a verdict that is not valid. */
  data: 'tribunal.broker.data',
} as const

export interface LabelledBroker {
  readonly id: number
  readonly service: string
  readonly containerId: string
  readonly clientPort: number
  /** On this machine. */
  readonly published: { readonly host: string; readonly port: number }
  readonly dataDir: string | undefined
  readonly orderlyExitCodes: readonly number[]
}

const brokersMin = 3
/** A process that is ended by its signal says so: 128 + SIGTERM. */
const exitCodesByDefault: readonly number[] = [0, 143]

type Inspected = Docker.ContainerInspectInfo

/** Throws a UserError when they do not make a cluster that can be tried. */
export function labelledBrokers(file: string, containers: readonly Inspected[]): LabelledBroker[] {
  const brokers = containers.filter(({ Config }) => Config.Labels[brokerLabels.id] !== undefined).map(labelledBroker).sort((a, b) => a.id - b.id)
  if (brokers.length === 0) {
    throw new UserError(`No running service of ${file} has the label ${brokerLabels.id}, so none is known as a broker; see docs/images.md.`, exitCodes.unknown)
  }
  const twice = brokers.find(({ id }, at) => brokers[at + 1]?.id === id)
  if (twice !== undefined) {
    const services = brokers.filter(({ id }) => id === twice.id).map(({ service }) => service)
    throw new UserError(`${services.join(' and ')} of ${file} have the same ${brokerLabels.id}, ${twice.id}; bring up one cluster only.`, exitCodes.unknown)
  }
  if (brokers.length >= brokersMin) return brokers
  throw new UserError(`${file} has ${brokers.length} brokers with the label ${brokerLabels.id}; a trial takes ${brokersMin}, so that one can be lost.`, exitCodes.unknown)
}

function labelledBroker({ Id, Config, NetworkSettings, State }: Inspected): LabelledBroker {
  const { Labels, Env, Image } = Config
  const service = Labels['com.docker.compose.service'] ?? Id.slice(0, 12)
  const wrong = (sentence: string): UserError => new UserError(`The service ${service} ${sentence}.`, exitCodes.unknown)
  if (!State.Running || State.Paused) throw wrong(`is ${State.Status}; bring the whole project up, or take it down first`)
  const id = numberIn(Labels[brokerLabels.id]!)
  if (id === undefined) throw wrong(`has the label ${brokerLabels.id}=${Labels[brokerLabels.id]!}, which is no number`)
  const recipe = recipeIfKnown(Image)
  const published = Object.entries(NetworkSettings.Ports).flatMap(([port, bindings]) => (bindings ?? []).map((binding) => ({ port: Number.parseInt(port, 10), binding })))
  const clientPort = numberIn(Labels[brokerLabels.port] ?? '') ?? recipe?.clientPort ?? published[0]?.port
  const found = published.find(({ port }) => port === clientPort)
  if (clientPort === undefined || found === undefined) throw wrong(`does not publish ${clientPort === undefined ? 'a port' : `its port ${clientPort}`}, so nobody here can reach it; name another with the label ${brokerLabels.port}`)
  const { HostIp, HostPort } = found.binding
  const logDirs = Env.find((each) => each.startsWith('KAFKA_LOG_DIRS='))?.slice('KAFKA_LOG_DIRS='.length)
  return {
    id,
    service,
    containerId: Id,
    clientPort,
    published: { host: ['', '0.0.0.0', '::'].includes(HostIp) ? '127.0.0.1' : HostIp, port: Number(HostPort) },
    dataDir: Labels[brokerLabels.data] ?? logDirs ?? recipe?.dataDir,
    orderlyExitCodes: recipe?.orderlyExitCodes ?? exitCodesByDefault,
  }
}

function numberIn(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
