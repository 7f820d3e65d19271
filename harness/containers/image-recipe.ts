/**
 * What must be known of an image to run its brokers: data only. In texts {id}, {address} (of the node in the cluster's
 * network), {port} (where its clients dial on this machine), {voters} and {peers:PORT} (all nodes, at that port of theirs)
 * stand for what each node gets. `--recipe FILE` brings one as JSON (recipe-file.ts, docs/images.md).
 */
import { join } from 'node:path'
import { root } from '../checkout.ts'
import { exitCodes, UserError } from '../exit-codes.ts'
import { readRecipe } from './recipe-file.ts'

/**
 * How its wall clock is put wrong: it reads CLOCK_SKEW_FILE itself; our clock shim is loaded before it, or a shim that the
 * image brings, at this path; or not at all.
 */
export type RecipeClock = 'skew-file' | 'shim' | 'none' | { readonly preload: string }

export interface ImageRecipe {
  readonly name: string
  /** Environment variables. */
  readonly environment: Readonly<Record<string, string>>
  /** Arguments instead of the image's own. */
  readonly command?: readonly string[]
  /** Who runs it, as `docker run --user` takes it; the image's own user when missing. */
  readonly user?: string
  /**
   * Settings of a trial, under Kafka's names, become KAFKA_* variables; otherwise its brokers keep their own, and the bounds of
   * a trial are those for brokers of which nothing is known.
   */
  readonly takesSettings: boolean
  /** More of them, which belong to the image and not to the trial. */
  readonly settings: Readonly<Record<string, string>>
  /** Where clients from this machine are served, inside the container. */
  readonly clientPort: number
  readonly dataDir: string
  readonly clock: RecipeClock
  /** Its brokers are JVMs: everything takes longer. */
  readonly jvm: boolean
  /** What its process ends with when it was asked to end. */
  readonly orderlyExitCodes: readonly number[]
  /** Within this time all brokers of a new cluster are in the metadata. */
  readonly startsWithinMs: number
}

const startsWithinMs = 60_000

/** Placed by hand, as official images have it. */
const kraftEnvironment: Readonly<Record<string, string>> = {
  CLUSTER_ID: '4L6g3nShT-eMCtK--X86sw',
  KAFKA_NODE_ID: '{id}',
  KAFKA_PROCESS_ROLES: 'broker,controller',
  KAFKA_LISTENERS: 'PLAINTEXT://0.0.0.0:19092,CONTROLLER://0.0.0.0:9093,HOST://0.0.0.0:9092',
  KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://{address}:19092,HOST://127.0.0.1:{port}',
  KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,HOST:PLAINTEXT',
  KAFKA_INTER_BROKER_LISTENER_NAME: 'PLAINTEXT',
  KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
  KAFKA_CONTROLLER_QUORUM_VOTERS: '{voters}',
  KAFKA_LOG_DIRS: '/var/lib/kafka/data',
}

const referenceBroker: ImageRecipe = {
  name: 'reference-broker',
  environment: kraftEnvironment,
  takesSettings: true,
  settings: {},
  clientPort: 9092,
  dataDir: '/var/lib/kafka/data',
  clock: 'skew-file',
  jvm: false,
  orderlyExitCodes: [0],
  startsWithinMs,
}

const apacheKafka: ImageRecipe = {
  name: 'apache-kafka',
  takesSettings: true,
  environment: { ...kraftEnvironment, KAFKA_HEAP_OPTS: '-Xms128m -Xmx384m' },
  // Of what the harness never looks at, small.
  settings: {
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.num.partitions': '1',
    'log.cleaner.dedupe.buffer.size': '2097152',
    'auto.create.topics.enable': 'false',
  },
  clientPort: 9092,
  dataDir: '/var/lib/kafka/data',
  clock: 'shim',
  jvm: true,
  // 128 + SIGTERM: what a JVM ends with after its shutdown hooks.
  orderlyExitCodes: [0, 143],
  // Three JVMs at once, twice each: to format and to serve. On a machine with other work that took more than two minutes.
  startsWithinMs: 5 * startsWithinMs,
}

const redpandaFile = join(root, 'harness', 'containers', 'recipes', 'redpanda.json')

/** By how references of such images look. */
const known: readonly { readonly image: RegExp; readonly recipe: () => ImageRecipe }[] = [
  { image: /^(?:.*\/)?tribunal-broker(?::|@|$)/, recipe: () => referenceBroker },
  { image: /^(?:.*\/)?apache\/kafka(?::|@|$)/, recipe: () => apacheKafka },
  { image: /^(?:.*\/)?redpandadata\/redpanda(?::|@|$)/, recipe: () => readRecipe(redpandaFile) },
]

/** Throws a UserError when nobody knows how to run that image. */
export function recipeFor(image: string): ImageRecipe {
  const found = recipeIfKnown(image)
  if (found !== undefined) return found
  throw new UserError(`There is no recipe for the image ${image}; give one with --recipe FILE (see docs/images.md).`, exitCodes.unknown)
}

export function recipeIfKnown(image: string): ImageRecipe | undefined {
  return known.find((each) => each.image.test(image))?.recipe()
}

export interface ContainerNode {
  readonly id: number
  readonly address: string
  /** On this machine. */
  readonly port: number
}

const controllerPort = 9093

/** All that a recipe's texts may ask for. */
export interface NodePlace {
  readonly nodes: readonly ContainerNode[]
  readonly settings: Readonly<Record<string, string>>
}

/** The environment of one node of a cluster. */
export function environmentOf(recipe: ImageRecipe, node: ContainerNode, { nodes, settings }: NodePlace): Record<string, string> {
  const texts = Object.entries(recipe.environment).map(([name, text]) => [name, filledIn(text, node, nodes)])
  const all = { ...recipe.settings, ...(recipe.takesSettings && settings) }
  const variables = Object.entries(all).map(([name, value]) => [variableOf(name), value])
  return Object.fromEntries([...texts, ...variables])
}

/** Its arguments; undefined: the image's own. */
export function commandOf({ command }: ImageRecipe, node: ContainerNode, nodes: readonly ContainerNode[]): string[] | undefined {
  return command?.map((text) => filledIn(text, node, nodes))
}

function filledIn(text: string, node: ContainerNode, nodes: readonly ContainerNode[]): string {
  const placed: Readonly<Record<string, string>> = {
    id: String(node.id),
    address: node.address,
    port: String(node.port),
    voters: nodes.map(({ id, address }) => `${id}@${address}:${controllerPort}`).join(','),
  }
  return text.replaceAll(/\{(?:(\w+)|peers:(\d+))\}/g, (whole, word: string | undefined, port: string) =>
    word === undefined ? nodes.map(({ address }) => `${address}:${port}`).join(',') : (placed[word] ?? whole))
}

/** `num.io.threads` is KAFKA_NUM_IO_THREADS; an underscore doubles, a hyphen is three. Source: Kafka's docker/examples. */
export function variableOf(setting: string): string {
  const name = setting.replaceAll('_', '__').replaceAll('-', '___').replaceAll('.', '_')
  return `KAFKA_${name.toUpperCase()}`
}
