/**
 * One instance of a transactional producer (KIP-98): what is open, what its coordinator must hear first, and what an error
 * leaves to be done. It speaks either version of the protocol (KIP-890), by what the cluster has finalized when a transaction
 * begins. The rules it keeps:
 * - One request to the coordinator at a time, in the order of the calls: an end never overtakes what it ends.
 * - A commit is asked for only when every send was acknowledged; an abort waits until no send is under way.
 * - An outcome is `fail` only if every attempt was answered, each with an error that is definite.
 * - Under version 1 an epoch outlives its transaction, so a request that went without an answer could still arrive in the next
 *   one (KAFKA-17754); then, as after an error, the instance takes the next epoch first (KIP-360). Kafka's own clients do so after
 *   errors only.
 */
import { errorByCode, errorCode } from '../../protocol/errors.ts'
import type { ErrorName } from '../../protocol/errors.ts'
import { toNumber } from '../../protocol/int64.ts'
import type { Message } from '../../protocol/message.ts'
import type {
  GroupMember,
  GroupOffset,
  InitOutcome,
  ProducerRecord,
  SendOutcome,
  TopicPartition,
  TransactionNotOk,
  TransactionOutcome,
  TransactionalOptions,
  TransactionalProducer,
} from './client.ts'
import type { KafkaCluster } from './cluster.ts'
import { CoordinatorAsking } from './coordinator-asking.ts'
import type { Answer, Question } from './coordinator-asking.ts'
import { Coordinator } from './coordinator.ts'
import type { ProducerIdentity } from './producer-batch.ts'
import { WireProducer } from './producer.ts'
import { addOffsets, addPartitions, commitOffsets, endTxn, initProducerId, lastVersionsBefore2 } from './transaction-requests.ts'
import type { Asker, TransactionVersion } from './transaction-requests.ts'
import { TransactionIdentities } from './writing-transaction.ts'
import type { WritingTransaction } from './writing-transaction.ts'
import { GroupCoordinators } from './group/group-coordinators.ts'

type State = 'new' | 'initializing' | 'ready' | 'open' | 'committing' | 'aborting'

/** After these an abort clears the way; after any other error of a coordinator nothing does. */
const abortable: ReadonlySet<string> = new Set<ErrorName>([
  'TRANSACTION_ABORTABLE',
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'STALE_MEMBER_EPOCH',
  'FENCED_INSTANCE_ID',
  'OPERATION_NOT_ATTEMPTED',
])
/** A leader answers so when nothing can be done by this instance; after any other error of a leader an abort clears the way. */
const fatalOfProduce: ReadonlySet<string> = new Set<ErrorName>([
  'PRODUCER_FENCED',
  'INVALID_TXN_STATE',
  'INVALID_PRODUCER_ID_MAPPING',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'UNSUPPORTED_VERSION',
])
/** No attempt got an answer that decides. */
const outOfTime: ReadonlySet<string> = new Set(['TIMED_OUT', 'DISCONNECTED', 'REFUSED'])

const featureName = 'transaction.version'

export class WireTransactionalProducer implements TransactionalProducer {
  readonly #options: TransactionalOptions
  readonly #cluster: KafkaCluster
  readonly #coordinator: Coordinator
  readonly #groups: GroupCoordinators
  readonly #asking: CoordinatorAsking
  readonly #identities = new TransactionIdentities()
  readonly #producer: WireProducer
  #state: State = 'new'
  #version: TransactionVersion = 1
  #error: TransactionNotOk | undefined
  /** Requests to be made one after the other; the first is under way. */
  readonly #turns: ((next: () => void) => void)[] = []
  readonly #added = new Set<string>()
  readonly #toAdd = new Map<string, TopicPartition>()
  /** The coordinator may know of this transaction; `sure`: it told so. */
  #begun: 'no' | 'perhaps' | 'sure' = 'no'
  #needsEpoch = false
  #hasBegunOne = false
  #onQuiet: (() => void) | undefined
  #closed = false

  constructor(cluster: KafkaCluster, options: TransactionalOptions) {
    this.#options = options
    this.#cluster = cluster
    this.#coordinator = new Coordinator(cluster, { kind: 'transaction', key: options.transactionalId, retryBackoffMs: options.retryBackoffMs })
    this.#groups = new GroupCoordinators(cluster, options.retryBackoffMs)
    this.#asking = new CoordinatorAsking(cluster.loop, options.retryBackoffMs)
    this.#producer = new WireProducer(cluster, { ...options, acks: -1, idempotence: true }, this.#writing())
  }

  /** What the producer of the records sees of this. */
  #writing(): WritingTransaction {
    const produceVersionMax = (): number => (this.#version === 1 ? lastVersionsBefore2.Produce : Infinity)
    return {
      transactionalId: this.#options.transactionalId,
      identities: this.#identities,
      get produceVersionMax() {
        return produceVersionMax()
      },
      admits: (topic, partition) => this.#admits(topic, partition),
      failed: (code) => this.#sendFailed(code),
      mayArriveLate: () => {
        this.#needsEpoch = true
      },
      quiet: () => {
        const then = this.#onQuiet
        this.#onQuiet = undefined
        then?.()
      },
    }
  }

  initTransactions(done: (outcome: InitOutcome) => void): void {
    this.#enter('new', 'initializing')
    const question = initProducerId(this.#named, this.#options.transactionTimeoutMs, undefined)
    this.#ask(() => question, (answer) => {
      if (answer.code !== 'NONE') return done(this.#fail(answer, 'close'))
      this.#state = 'ready'
      const identity = identityOf(answer.body!)
      this.#goOnAs(identity)
      return done({ type: 'ok', ...identity })
    }, this.#options.maxBlockMs)
  }

  begin(): void {
    this.#enter('ready', 'open')
    const level = this.#cluster.linkTo(this.#coordinator.node, 'coordinator')?.featureLevel(featureName)
    const before = this.#version
    if (level !== undefined) this.#version = level >= 2 && this.#options.transactionVersionMax !== 1 ? 2 : 1
    this.#begun = 'no'
    this.#added.clear()
    // Until its marker comes, a leader takes the transaction before for this one, and asks nobody (KAFKA-18227).
    if (this.#hasBegunOne && this.#version > before && this.#identities.current !== undefined) this.#takeNextEpoch()
    this.#hasBegunOne = true
  }

  send(record: ProducerRecord, done: (outcome: SendOutcome) => void): void {
    if (this.#state !== 'open') throw new Error(`a send while ${this.#state}`)
    const { error } = this.#error ?? {}
    if (error !== undefined) {
      return done({ type: 'fail', partition: undefined, error: { ...error, definite: true }, attempts: 0, node: undefined })
    }
    return this.#producer.send(record, done)
  }

  sendOffsets(
    group: string,
    offsets: readonly GroupOffset[],
    done: (outcome: TransactionOutcome) => void,
    member?: GroupMember,
  ): void {
    if (this.#state !== 'open') throw new Error(`offsets while ${this.#state}`)
    const commit = (): void => {
      this.#begun = this.#begun === 'sure' ? 'sure' : 'perhaps'
      const coordinator = this.#groups.of(group)
      this.#ask(() => commitOffsets({ ...this.#asker, coordinator }, group, { offsets, member }), (answer) => done(this.#judge(answer)))
    }
    if (this.#error !== undefined) return done(this.#error)
    if (this.#version === 2) return commit()
    this.#begun = this.#begun === 'sure' ? 'sure' : 'perhaps'
    return this.#ask(() => addOffsets(this.#asker, group), (answer) => {
      const added = this.#judge(answer)
      if (added.type !== 'ok') return done(added)
      this.#begun = 'sure'
      return commit()
    })
  }

  commit(done: (outcome: TransactionOutcome) => void): void {
    this.#enter('open', 'committing')
    this.#whenQuiet(() => {
      if (this.#error !== undefined) return this.#ended(notAskedFor(this.#error), done)
      if (this.#begun === 'no') return this.#ended({ type: 'ok' }, done)
      return this.#ask(() => endTxn(this.#asker, true), (answer) => {
        if (answer.code !== 'NONE') return this.#ended(this.#fail(answer, answer.mayHaveHappened ? 'close' : leftBy(answer.code)), done)
        return this.#over(answer, done)
      })
    })
    this.#producer.flush()
  }

  abort(done: (outcome: TransactionOutcome) => void): void {
    this.#enter('open', 'aborting')
    if (this.#error?.next === 'close') return this.#ended(this.#error, done)
    this.#toAdd.clear()
    this.#error = undefined
    this.#whenQuiet(() => {
      if (this.#begun === 'no') return this.#over(undefined, done)
      return this.#ask(() => endTxn(this.#asker, false), (answer) => {
        const isNothing = answer.code === 'INVALID_TXN_STATE' && this.#version === 1 && this.#begun === 'perhaps'
        if (answer.code !== 'NONE' && !isNothing) return this.#ended(this.#fail(answer, 'close'), done)
        return this.#over(answer, done)
      })
    })
    return this.#producer.dropUnsent('ABORTED', 'the transaction is aborted')
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#asking.close()
    this.#coordinator.close()
    this.#groups.close()
    this.#producer.close()
  }

  #enter(from: State, to: State): void {
    if (this.#state !== from) throw new Error(`to be ${to} it must be ${from}, not ${this.#state}`)
    this.#state = to
  }

  get #named(): Pick<Asker, 'coordinator' | 'transactionalId'> {
    return { coordinator: this.#coordinator, transactionalId: this.#options.transactionalId }
  }

  get #asker(): Asker {
    return { ...this.#named, version: this.#version, identity: this.#identities.current ?? nobody }
  }

  /** When every send is acknowledged or given up, and every request before has its answer. */
  #whenQuiet(act: () => void): void {
    this.#onQuiet = () => this.#inTurn((next) => {
      next()
      act()
    })
    this.#producer.wake()
  }

  #inTurn(act: (next: () => void) => void): void {
    this.#turns.push(act)
    if (this.#turns.length === 1) this.#takeTurn()
  }

  #takeTurn(): void {
    this.#turns[0]?.(() => {
      this.#turns.shift()
      this.#takeTurn()
    })
  }

  #ask<Req extends Message, Res extends Message>(
    question: () => Question<Req, Res>,
    done: (answer: Answer<Res>) => void,
    timeoutMs: number = this.#options.deliveryTimeoutMs,
  ): void {
    this.#inTurn((next) => {
      this.#asking.ask(question(), timeoutMs, (answer) => {
        if (answer.mayArriveLate) this.#needsEpoch = true
        done(answer)
        next()
      })
    })
  }

  /** Of what must succeed for the transaction to be committed. */
  #judge(answer: Answer<Message>): TransactionOutcome {
    return answer.code === 'NONE' ? { type: 'ok' } : this.#fail(answer, leftBy(answer.code))
  }

  /** The first error counts, unless a worse one follows. */
  #fail(answer: Pick<Answer<Message>, 'code' | 'mayHaveHappened'>, next: 'abort' | 'close'): TransactionNotOk {
    const definite = !answer.mayHaveHappened
    const failure: TransactionNotOk = { type: definite ? 'fail' : 'info', error: { code: answer.code, definite }, next }
    if (this.#error === undefined || (this.#error.next === 'abort' && next === 'close')) this.#error = failure
    this.#needsEpoch = true
    this.#toAdd.clear()
    this.#producer.dropUnsent(answer.code, 'the transaction has failed')
    return failure
  }

  #sendFailed(code: string): void {
    if (this.#state === 'aborting' || this.#error !== undefined) return
    this.#fail({ code, mayHaveHappened: false }, fatalOfProduce.has(code) ? 'close' : 'abort')
  }

  #ended(outcome: TransactionOutcome, done: (outcome: TransactionOutcome) => void): void {
    if (outcome.type === 'ok') this.#state = 'ready'
    else if (outcome.next === 'abort') this.#state = 'open'
    done(outcome)
  }

  /** It has ended as was asked; whoever asked hears at once, the next transaction waits for the next epoch. */
  #over(answer: Answer<Message> | undefined, done: (outcome: TransactionOutcome) => void): void {
    const told = answer?.body as Partial<Parameters<typeof identityOf>[0]> | undefined
    if (this.#version === 2) {
      if (told?.producerEpoch !== undefined && told.producerEpoch >= 0) this.#goOnAs(identityOf(told as Parameters<typeof identityOf>[0]))
    } else if (this.#needsEpoch) this.#takeNextEpoch()
    this.#needsEpoch = false
    this.#ended({ type: 'ok' }, done)
  }

  #goOnAs(identity: ProducerIdentity | undefined): void {
    this.#identities.replace(identity)
    this.#producer.forgetIdentities()
  }

  #takeNextEpoch(): void {
    const own = this.#identities.current
    this.#goOnAs(undefined)
    this.#ask(() => initProducerId(this.#named, this.#options.transactionTimeoutMs, own), (answer) => {
      if (answer.code === 'NONE') this.#goOnAs(identityOf(answer.body!))
      else this.#fail(answer, 'close')
    })
  }

  #admits(topic: string, partition: number): boolean {
    if (this.#error !== undefined || (this.#state !== 'open' && this.#state !== 'committing')) return false
    if (this.#version === 2) {
      this.#begun = 'perhaps'
      return true
    }
    const key = `${topic}-${partition}`
    if (this.#added.has(key)) return true
    this.#toAdd.set(key, { topic, partition })
    if (this.#toAdd.size === 1) this.#inTurn((next) => this.#cluster.loop.after(0, () => this.#add(next)))
    return false
  }

  /** All that were asked for meanwhile, in one request. */
  #add(next: () => void): void {
    if (this.#closed) return
    const partitions = [...this.#toAdd]
    if (partitions.length === 0 || this.#error !== undefined) return next()
    if (this.#begun === 'no') this.#begun = 'perhaps'
    const question = addPartitions(this.#asker, partitions.map(([, each]) => each))
    const isWanted = (): boolean => this.#state !== 'aborting'
    return this.#asking.ask({ ...question, isWanted }, this.#options.deliveryTimeoutMs, (answer) => {
      if (answer.mayArriveLate) this.#needsEpoch = true
      for (const [key] of partitions) this.#toAdd.delete(key)
      if (answer.code === 'NONE') {
        this.#begun = 'sure'
        for (const [key] of partitions) this.#added.add(key)
      } else if (this.#state !== 'aborting') this.#judge(answer)
      if (this.#toAdd.size > 0) this.#inTurn((following) => this.#add(following))
      this.#producer.wake()
      next()
    })
  }
}

/** Whatever went wrong before the commit, the commit certainly did not happen. */
function notAskedFor({ error, next }: TransactionNotOk): TransactionNotOk {
  return { type: 'fail', error: { ...error, definite: true }, next }
}

const nobody: ProducerIdentity = { producerId: -1, producerEpoch: -1 }

function identityOf(answer: { readonly producerId: bigint; readonly producerEpoch: number }): ProducerIdentity {
  return { producerId: toNumber(answer.producerId), producerEpoch: answer.producerEpoch }
}

/** What an error of a coordinator leaves to be done. */
function leftBy(code: string): 'abort' | 'close' {
  const known = (errorCode as Readonly<Record<string, number>>)[code]
  const isRetriable = known !== undefined && errorByCode(known)?.retriable === true
  return isRetriable || outOfTime.has(code) || abortable.has(code) ? 'abort' : 'close'
}
