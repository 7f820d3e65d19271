/**
 * What must be known of an image to run its brokers: data only. In texts {id}, {address} (of the node in the cluster's
 * network), {port} (where its clients dial on this machine) and {voters} stand for what each node gets.
 */
import { exitCodes, UserError } from '../exit-codes.ts'

export interface ImageRecipe {
  readonly name: string
  /** How references of such images look. */
  readonly image: RegExp
  /** Environment variables. */
  readonly environment: Readonly<Record<string, string>>
  /** Trial settings, under Kafka's names, become KAFKA_* variables. Some belong to the image and not to the trial. */
  readonly settings: Readonly<Record<string, string>>
  /** Where clients from this machine are served, inside the container. */
  readonly clientPort: number
  readonly dataDir: string
  /** How its wall clock is put wrong: it reads CLOCK_SKEW_FILE itself, or the clock shim is loaded before it. */
  readonly clock: 'skew-file' | 'shim'
  /** Its brokers are JVMs: everything takes longer. */
  readonly jvm: boolean
  /** What its process ends with when it was asked to end. */
  readonly orderlyExitCodes: readonly number[]
}

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

export const recipes: readonly ImageRecipe[] = [
  {
    name: 'reference-broker',
    image: /^(?:.*\/)?tribunal-broker(?::|@|$)/,
    environment: kraftEnvironment,
    settings: {},
    clientPort: 9092,
    dataDir: '/var/lib/kafka/data',
    clock: 'skew-file',
    jvm: false,
    orderlyExitCodes: [0],
  },
  {
    name: 'apache-kafka',
    image: /^(?:.*\/)?apache\/kafka(?::|@|$)/,
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
  },
]

/** Throws a UserError when nobody knows how to run that image. */
export function recipeFor(image: string): ImageRecipe {
  const found = recipes.find((recipe) => recipe.image.test(image))
  if (found !== undefined) return found
  throw new UserError(`There is no recipe for the image ${image}; tag yours tribunal-broker or apache/kafka if it takes their variables.`, exitCodes.unknown)
}

export interface ContainerNode {
  readonly id: number
  readonly address: string
  /** On this machine. */
  readonly port: number
}

const controllerPort = 9093

/** The environment of one node of a cluster. */
export function environmentOf(
  { environment, settings: own }: ImageRecipe,
  node: ContainerNode,
  { nodes, settings }: { readonly nodes: readonly ContainerNode[]; readonly settings: Readonly<Record<string, string>> },
): Record<string, string> {
  const placed: Readonly<Record<string, string>> = {
    id: String(node.id),
    address: node.address,
    port: String(node.port),
    voters: nodes.map(({ id, address }) => `${id}@${address}:${controllerPort}`).join(','),
  }
  const texts = Object.entries(environment).map(([name, text]) => [name, text.replaceAll(/\{(\w+)\}/g, (_, word: string) => placed[word] ?? `{${word}}`)])
  const variables = Object.entries({ ...own, ...settings }).map(([name, value]) => [variableOf(name), value])
  return Object.fromEntries([...texts, ...variables])
}

/** `num.io.threads` is KAFKA_NUM_IO_THREADS; an underscore doubles, a hyphen is three. Source: Kafka's docker/examples. */
export function variableOf(setting: string): string {
  const name = setting.replaceAll('_', '__').replaceAll('-', '___').replaceAll('.', '_')
  return `KAFKA_${name.toUpperCase()}`
}
