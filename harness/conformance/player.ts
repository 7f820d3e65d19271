/**
 * Plays sequences on one broker: each with names of its own, one request after the other, the broker left as it was found.
 *
 * The rule it keeps: after a change of the metadata nothing is asked before the broker itself has taken the change in, for a
 * broker may answer a change before it acts on it and no two brokers take equally long. That is known by a change of the
 * player's own made afterwards (a partition more of its own topic), which a broker takes in after those before it.
 */
import type { Loop } from '../../ports/loop.ts'
import { apis, type AnyApi } from '../../protocol/apis.ts'
import { errorCode } from '../../protocol/errors.ts'
import { zeroUuid } from '../../protocol/uuid.ts'
import { exitCodes, UserError } from '../exit-codes.ts'
import { Names } from './names.ts'
import { Normaliser } from './normalise.ts'
import { resolveBody } from './request-body.ts'
import { Session, type Address, type Outcome } from './session.ts'
import type { Answer, Json, JsonObject, Step } from './step.ts'
import { stepText } from './story-text.ts'

export interface Versions {
  readonly min: number
  readonly max: number
}

/** What a broker says it serves, by API key. */
export type Served = ReadonlyMap<number, Versions>

const answerTimeoutMs = 8000
const settledWithinMs = 8000
const pauseMs = 3
/** The player's own topic is made anew when it has grown to this. */
const partitionsMax = 400
const changesMetadata: ReadonlySet<string> = new Set([
  'CreateTopics', 'DeleteTopics', 'CreatePartitions', 'AlterConfigs', 'IncrementalAlterConfigs', 'ElectLeaders',
])

const notYet: ReadonlySet<number> = new Set([
  errorCode.COORDINATOR_LOAD_IN_PROGRESS, errorCode.COORDINATOR_NOT_AVAILABLE, errorCode.NOT_COORDINATOR,
])

export class Player {
  readonly #loop: Loop
  readonly #session: Session
  readonly #run: string
  readonly #address: Address
  #sequences = 0
  #ownTopics = 0
  #ownPartitions = 0

  /** `run` is in the name of every topic made here. */
  constructor(loop: Loop, address: Address, run: string) {
    this.#loop = loop
    this.#run = run
    this.#address = address
    this.#session = new Session(loop, address, answerTimeoutMs)
  }

  /** undefined when the broker does not answer, and goes on not to for so long. */
  async served(withinMs = 0): Promise<Served | undefined> {
    let answer = await this.#session.body(apis.ApiVersions, 0, {})
    await this.#until(withinMs, async () => (answer ??= await this.#session.body(apis.ApiVersions, 0, {})) !== undefined)
    if (answer === undefined) return undefined
    return new Map(answer.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, { min: minVersion, max: maxVersion }]))
  }

  /** A broker that has just begun may know no broker yet, and may have to fetch producer ids first. */
  async warmUp(): Promise<void> {
    await this.#until(settledWithinMs, async () => (await this.brokers()) !== 0)
    await this.#until(settledWithinMs, async () => {
      const asked = { transactionalId: null, transactionTimeoutMs: 1000 }
      const answer = await this.#session.body(apis.InitProducerId, 1, asked)
      return answer === undefined || answer.errorCode !== errorCode.COORDINATOR_LOAD_IN_PROGRESS
    })
    await this.#until(settledWithinMs, () => this.#coordinates())
  }

  /** Groups have their coordinator here, or never will: of a cluster of several it may be another. */
  async #coordinates(): Promise<boolean> {
    const found = await this.#session.body(apis.FindCoordinator, 2, { key: this.#run, keyType: 0 })
    if (found === undefined || found.errorCode !== errorCode.NONE) return false
    const answer = await this.#session.body(apis.Heartbeat, 2, { groupId: this.#run, generationId: 1, memberId: 'nobody' })
    return answer === undefined || !notYet.has(answer.errorCode)
  }

  /** How many brokers the cluster has; undefined when it does not answer. */
  async brokers(): Promise<number | undefined> {
    const answer = await this.#session.body(apis.Metadata, 4, { topics: [], allowAutoTopicCreation: false })
    return answer?.brokers.length
  }

  async play(steps: readonly Step[], zeroMs: number): Promise<Answer[]> {
    const names = new Names(`${this.#run}-${this.#sequences++}-`, zeroMs)
    const normaliser = new Normaliser(names, () => this.#loop.ports.clock.wallNow())
    const answers: Answer[] = []
    for (const step of steps) answers.push(await this.#step(step, names, normaliser))
    await this.#cleanUp(names, steps)
    return answers
  }

  async close(): Promise<void> {
    const topics = Array.from({ length: this.#ownTopics }, (_, i) => this.#ownTopic(i))
    await this.#deleteTopics(topics)
    this.#session.close()
  }

  async #step(step: Step, names: Names, normaliser: Normaliser): Promise<Answer> {
    const api: AnyApi = apis[step.api]
    const body = resolveBody(api.request, step.version, { body: step.body, names })
    const request = { body, connection: step.connection ?? 'main' }
    const unanswered = step.api === 'Produce' && step.body['acks'] === 0
    const outcome = unanswered ? await this.#session.tell(api, step.version, request) : await this.#session.ask(api, step.version, request)
    await this.#learn(step, outcome, names)
    if ('body' in outcome) return normaliser.normalise(api, outcome.body, step.body)
    if (outcome.instead !== 'unreachable') return outcome.instead
    const { host, port } = this.#address
    throw new UserError(`${host}:${port} cannot be reached any more; it was about to be asked ${stepText(step)}`, exitCodes.unknown)
  }

  async #learn(step: Step, outcome: Outcome, names: Names): Promise<void> {
    if (step.api === 'InitProducerId' && 'body' in outcome) {
      const { producerId } = outcome.body as { producerId: bigint }
      if (producerId >= 0n) names.producers.push(Number(producerId))
    }
    if (step.api === 'Metadata' && (step.version < 4 || step.body['allowAutoTopicCreation'] === true)) await this.#awaitAutoCreated(step, names)
    if (changesMetadata.has(step.api)) await this.#settle()
    if (step.api === 'CreateTopics' || step.api === 'Metadata') await this.#learnIds(step, names)
  }

  async #learnIds(step: Step, names: Names): Promise<void> {
    const mentioned = namesIn(step.body).filter((name) => !names.topicIds.has(name))
    if (mentioned.length === 0) return
    const topics = mentioned.map((name) => ({ topicId: zeroUuid, name: names.real(name) }))
    const answer = await this.#session.body(apis.Metadata, 12, metadataRequest(topics))
    for (const { errorCode: code, name, topicId } of answer?.topics ?? []) {
      if (code === errorCode.NONE && name !== null) names.topicIds.set(names.symbolic(name), topicId)
    }
  }

  /** A broker creates such topics after it has answered; one that does not within reason never will. */
  async #awaitAutoCreated(step: Step, names: Names): Promise<void> {
    const topics = namesIn(step.body).filter(isPlainName).map((name) => ({ topicId: zeroUuid, name: names.real(name) }))
    if (topics.length === 0) return
    await this.#until(autoCreatedWithinMs, async () => {
      const answer = await this.#session.body(apis.Metadata, 12, metadataRequest(topics))
      return answer?.topics.every(({ errorCode: code }) => code === errorCode.NONE) ?? false
    })
    await this.#settle()
  }

  #ownTopic(number: number): string {
    return `zz-${this.#run}-own-${number}`
  }

  /** Makes a change and waits until the broker serves it. */
  async #settle(): Promise<void> {
    if (this.#ownPartitions === 0 || this.#ownPartitions >= partitionsMax) {
      this.#ownPartitions = 1
      const name = this.#ownTopic(this.#ownTopics++)
      const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
      await this.#session.body(apis.CreateTopics, 4, { topics: [topic], timeoutMs: answerTimeoutMs, validateOnly: false })
    } else {
      this.#ownPartitions++
      const topic = { name: this.#ownTopic(this.#ownTopics - 1), count: this.#ownPartitions, assignments: null }
      await this.#session.body(apis.CreatePartitions, 1, { topics: [topic], timeoutMs: answerTimeoutMs, validateOnly: false })
    }
    const asked = {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: this.#ownTopic(this.#ownTopics - 1), partitions: [{ partitionIndex: this.#ownPartitions - 1, timestamp: -1n }] }],
    }
    await this.#until(settledWithinMs, async () => {
      const answer = await this.#session.body(apis.ListOffsets, 2, asked)
      return answer?.topics[0]?.partitions[0]?.errorCode === errorCode.NONE
    })
  }

  async #until(limitMs: number, isSo: () => Promise<boolean>): Promise<void> {
    const end = this.#loop.now() + limitMs
    while (!(await isSo()) && this.#loop.now() < end) await new Promise<void>((done) => void this.#loop.after(pauseMs, done))
  }

  async #cleanUp(names: Names, steps: readonly Step[]): Promise<void> {
    const used = [...new Set(steps.flatMap(({ body }) => namesIn(body)))].filter(isPlainName)
    await this.#deleteTopics(used.map((name) => names.real(name)))
    const changed = steps.flatMap(brokerSettingsIn)
    for (const { resourceName, name } of changed) await this.#restore(resourceName, name)
    if (changed.length > 0) await this.#settle()
  }

  async #deleteTopics(topicNames: readonly string[]): Promise<void> {
    if (topicNames.length === 0) return
    await this.#session.body(apis.DeleteTopics, 4, { topicNames, timeoutMs: answerTimeoutMs })
  }

  /** A broker's setting, or the cluster's. The minimum of in-sync replicas cannot be removed where it is the cluster's. */
  async #restore(resourceName: string, name: string): Promise<void> {
    const isKept = name === 'min.insync.replicas' && resourceName === ''
    const configs = [{ name, configOperation: isKept ? 0 : 1, value: isKept ? '1' : null }]
    const resources = [{ resourceType: brokerResource, resourceName, configs }]
    await this.#session.body(apis.IncrementalAlterConfigs, 0, { resources, validateOnly: false })
  }
}

const brokerResource = 4
const autoCreatedWithinMs = 1500

interface BrokerSetting {
  readonly resourceName: string
  readonly name: string
}

/** Settings of brokers and of the whole cluster that a step may have changed. */
function brokerSettingsIn({ api, body }: Step): BrokerSetting[] {
  if (api !== 'AlterConfigs' && api !== 'IncrementalAlterConfigs') return []
  const resources = (body['resources'] as readonly JsonObject[]).filter(({ resourceType }) => resourceType === brokerResource)
  return resources.flatMap(({ resourceName, configs }) =>
    (configs as readonly JsonObject[]).map(({ name }) => ({ resourceName: String(resourceName), name: String(name) })),
  )
}

function metadataRequest(topics: readonly object[]): object {
  return { topics, allowAutoTopicCreation: false, includeTopicAuthorizedOperations: false }
}

/** Names of the sequence in a body, wherever they stand. */
function namesIn(body: Json): string[] {
  if (typeof body === 'string') return body.startsWith('~') ? [body] : body.startsWith('id:~') ? [body.slice(3)] : []
  if (body === null || typeof body !== 'object') return []
  return [...new Set(Object.values(body).flatMap(namesIn))]
}

function isPlainName(name: string): boolean {
  return /^~[\w.-]{1,40}$/.test(name)
}
