/**
 * The consumer of the wire client: reads assigned partitions from their leaders, one long-polling Fetch a broker, and
 * hands out records by poll, each partition in order without gap or repetition, however often its leader changes. A
 * jump it must make (reset, divergence) is an event, never silent. After a change of leaderEpoch the position is checked
 * with OffsetForLeaderEpoch where the broker serves it (KIP-320), else by LastFetchedEpoch in Fetch (KIP-595).
 */
import type { TimerId } from '../../ports/events.ts'
import type { Loop } from '../../ports/loop.ts'
import { apis } from '../../protocol/apis.ts'
import { errorByCode, errorCode, errorName } from '../../protocol/errors.ts'
import { toNumber } from '../../protocol/int64.ts'
import type { Decoded } from '../../protocol/message.ts'
import { zeroUuid } from '../../protocol/uuid.ts'
import type { RequestResult } from './broker-connection.ts'
import type { AssignedPartition, ConsumerOptions, ConsumerPosition, PolledPartition, TopicPartition, WorkloadConsumer } from './client.ts'
import type { KafkaCluster, PartitionState } from './cluster.ts'
import { ConsumedPartition } from './consumed-partition.ts'
import { asked, epochsBody, fetchBody, listOffsetsBody } from './consumer-requests.ts'
import type { Asked } from './consumer-requests.ts'
import { readFetched } from './fetched-records.ts'

type FetchAnswer = Decoded<typeof apis.Fetch.response>
type PartitionAnswer = FetchAnswer['responses'][number]['partitions'][number]

interface OpenPoll {
  readonly maxRecords: number
  readonly deadlineMs: number
  readonly done: (polled: readonly PolledPartition[]) => void
}

/** What one node is to be asked for in this round. */
interface NodeWork {
  readonly node: number
  readonly toPlace: Asked[]
  readonly toCheck: Asked[]
  readonly toFetch: Asked[]
}

/** Later versions of Fetch name topics by id. */
const lastVersionByName = 12

export class WireConsumer implements WorkloadConsumer {
  readonly #loop: Loop
  readonly #cluster: KafkaCluster
  readonly #options: ConsumerOptions
  #partitions: ConsumedPartition[] = []
  /** Nodes with a Fetch open. */
  readonly #fetching = new Set<number>()
  /** Partitions of answers that had records. */
  #given = 0
  #poll: OpenPoll | undefined
  #first = 0
  #timer: TimerId | undefined
  #timerAtMs = 0
  #closed = false

  constructor(cluster: KafkaCluster, options: ConsumerOptions) {
    this.#loop = cluster.loop
    this.#cluster = cluster
    this.#options = options
    cluster.onChange(() => this.#wakeAt(0))
  }

  assign(partitions: readonly AssignedPartition[]): void {
    for (const partition of this.#partitions) partition.forgetOpenRequest()
    this.#partitions = partitions.map((each) => new ConsumedPartition(each))
    for (const { topic } of partitions) this.#cluster.addTopic(topic)
    this.#wakeAt(0)
  }

  change(added: readonly AssignedPartition[], removed: readonly TopicPartition[]): void {
    for (const each of removed) this.#find(each)?.forgetOpenRequest()
    const kept = this.#partitions.filter((each) => !removed.some((gone) => isSame(gone, each)))
    for (const { topic } of added) this.#cluster.addTopic(topic)
    const paused = this.#partitions.filter(({ isPaused }) => isPaused)
    const begun = added.map((each) => {
      const partition = new ConsumedPartition(each)
      // What only goes on elsewhere is paused as before.
      partition.isPaused = paused.some((before) => isSame(each, before))
      return partition
    })
    this.#partitions = [...kept, ...begun]
    this.#first = 0
    this.#wakeAt(0)
  }

  pauseOnly(partitions: readonly TopicPartition[]): void {
    for (const each of this.#partitions) each.isPaused = partitions.some((paused) => isSame(paused, each))
    this.#wakeAt(0)
  }

  poll(maxRecords: number, timeoutMs: number, done: (polled: readonly PolledPartition[]) => void): void {
    if (this.#poll !== undefined) throw new Error('a poll is open')
    if (this.#closed) return done([])
    this.#poll = { maxRecords, deadlineMs: this.#loop.now() + timeoutMs, done }
    this.#wakeAt(this.#partitions.some((each) => each.buffered > 0 && !each.isPaused) ? 0 : this.#poll.deadlineMs)
  }

  position(topic: string, partition: number): ConsumerPosition | undefined {
    return this.#find({ topic, partition })?.taken
  }

  #find(wanted: TopicPartition): ConsumedPartition | undefined {
    return this.#partitions.find((each) => isSame(wanted, each))
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#timer !== undefined) this.#loop.cancel(this.#timer)
    this.endPoll()
  }

  endPoll(): void {
    const poll = this.#poll
    this.#poll = undefined
    poll?.done([])
  }

  #wakeAt(atMs: number): void {
    if (this.#closed || (this.#timer !== undefined && this.#timerAtMs <= atMs)) return
    if (this.#timer !== undefined) this.#loop.cancel(this.#timer)
    this.#timerAtMs = atMs
    this.#timer = this.#loop.after(Math.max(0, atMs - this.#loop.now()), () => {
      this.#timer = undefined
      this.#drive()
    })
  }

  /** Asks for what is missing, then answers the poll. */
  #drive(): void {
    if (this.#closed) return
    const nowMs = this.#loop.now()
    const work: NodeWork[] = []
    for (const partition of this.#partitions) this.#plan(partition, nowMs, work)
    for (const each of work) this.#ask(each)
    this.#answerPoll(nowMs)
  }

  #plan(partition: ConsumedPartition, nowMs: number, work: NodeWork[]): void {
    const known = this.#cluster.partition(partition.topic, partition.index)
    if (known !== undefined && partition.isBusy && known.leaderEpoch > partition.askedEpoch) {
      partition.forgetOpenRequest()
    }
    if (partition.isBusy || partition.isPaused) return
    if (partition.retryAtMs > nowMs) return this.#wakeAt(partition.retryAtMs)
    const link = this.#cluster.linkTo(known?.leader ?? -1)
    if (known === undefined || link === undefined || !link.isUsable || isOutdated(known, partition)) {
      this.#cluster.refresh()
      return this.#retryLater(partition)
    }
    this.#planWith(partition, known, work)
  }

  #planWith(partition: ConsumedPartition, known: PartitionState, work: NodeWork[]): void {
    const isUnchecked = partition.lastEpoch >= 0 && known.leaderEpoch > partition.checkedEpoch
    if (partition.start === undefined && !isUnchecked) {
      if (this.#fetching.has(known.leader) || partition.buffered >= this.#options.maxBufferedRecords) return
    }
    let ofNode = work.find((each) => each.node === known.leader)
    if (ofNode === undefined) {
      ofNode = { node: known.leader, toPlace: [], toCheck: [], toFetch: [] }
      work.push(ofNode)
    }
    partition.isBusy = true
    partition.askedEpoch = known.leaderEpoch
    const what = asked(partition, known.leaderEpoch)
    if (partition.start !== undefined) return void ofNode.toPlace.push(what)
    if (isUnchecked) return void ofNode.toCheck.push(what)
    partition.checkedEpoch = Math.max(partition.checkedEpoch, known.leaderEpoch)
    ofNode.toFetch.push(what)
  }

  #ask(work: NodeWork): void {
    const link = this.#cluster.linkTo(work.node)!
    if (work.toPlace.length > 0) {
      const body = listOffsetsBody(work.toPlace, this.#options)
      link.request(apis.ListOffsets, body, (result) => this.#placed(work.toPlace, result))
    }
    if (work.toCheck.length > 0) {
      link.request(apis.OffsetForLeaderEpoch, epochsBody(work.toCheck), (result) => this.#checked(work.toCheck, result))
    }
    if (work.toFetch.length > 0) this.#fetch(work.node, work.toFetch)
  }

  /** Whom it was last given records of comes last: a broker that is short of room begins with the first. */
  #fetch(node: number, wanted: readonly Asked[]): void {
    const all = wanted.toSorted((a, b) => a.partition.givenAt - b.partition.givenAt)
    const topicIds = new Map<string, string>()
    for (const { partition } of all) {
      topicIds.set(partition.topic, this.#cluster.topic(partition.topic)?.topicId ?? zeroUuid)
    }
    const limits = [...topicIds.values()].includes(zeroUuid) ? { maxVersion: lastVersionByName } : undefined
    this.#fetching.add(node)
    const body = fetchBody(all, topicIds, this.#options)
    const link = this.#cluster.linkTo(node, 'fetch')!
    const done = (result: RequestResult<typeof apis.Fetch.response>): void => {
      this.#fetching.delete(node)
      this.#fetched(all, topicIds, result)
    }
    link.request(apis.Fetch, body, done, limits)
  }

  /** The partitions of an answered request whose answer still means something. */
  #landed(all: readonly Asked[]): Asked[] {
    const current = all.filter((each) => each.turn === each.partition.turn)
    for (const each of current) each.partition.isBusy = false
    return this.#closed ? [] : current
  }

  #retryLater(partition: ConsumedPartition): void {
    partition.retryAtMs = this.#loop.now() + this.#options.retryBackoffMs
    this.#wakeAt(partition.retryAtMs)
  }

  #allFailed(all: readonly Asked[]): void {
    if (all.length === 0) return
    this.#cluster.refresh()
    for (const { partition } of all) this.#retryLater(partition)
  }

  #refused({ partition }: Asked, code: number = errorCode.UNKNOWN_TOPIC_OR_PARTITION): void {
    const error = errorByCode(code)
    if (error?.retriable !== true) this.#report({ kind: 'error', ...named(partition), code: errorName(code) })
    this.#cluster.refresh()
    this.#retryLater(partition)
  }

  #report(event: Parameters<NonNullable<ConsumerOptions['onEvent']>>[0]): void {
    this.#options.onEvent?.(event)
  }

  #placed(all: readonly Asked[], result: RequestResult<typeof apis.ListOffsets.response>): void {
    const current = this.#landed(all)
    if (result.ok) for (const each of current) this.#place(each, result.body)
    else this.#allFailed(current)
    this.#drive()
  }

  #place(each: Asked, body: Decoded<typeof apis.ListOffsets.response>): void {
    const { partition } = each
    const topic = body.topics.find(({ name }) => name === partition.topic)
    const answer = topic?.partitions.find(({ partitionIndex }) => partitionIndex === partition.index)
    if (answer === undefined || answer.errorCode !== errorCode.NONE) return this.#refused(each, answer?.errorCode)
    const to = toNumber(answer.offset)
    if (partition.resetFrom !== undefined) {
      this.#report({ kind: 'offset-reset', ...named(partition), from: partition.resetFrom, to })
    }
    partition.place(to)
  }

  #checked(all: readonly Asked[], result: RequestResult<typeof apis.OffsetForLeaderEpoch.response>): void {
    const current = this.#landed(all)
    if (result.ok) for (const each of current) this.#check(each, result.body)
    else if (result.reason !== 'unsupported') this.#allFailed(current)
    else for (const each of current) each.partition.checkedEpoch = each.leaderEpoch
    this.#drive()
  }

  #check(each: Asked, body: Decoded<typeof apis.OffsetForLeaderEpoch.response>): void {
    const { partition } = each
    const topic = body.topics.find(({ topic }) => topic === partition.topic)
    const answer = topic?.partitions.find((one) => one.partition === partition.index)
    if (answer === undefined || answer.errorCode !== errorCode.NONE) return this.#refused(each, answer?.errorCode)
    partition.checkedEpoch = each.leaderEpoch
    this.#compare(partition, answer.leaderEpoch, toNumber(answer.endOffset))
  }

  /** The leader's log has `epoch` up to `endOffset`, and after it what was not read here. */
  #compare(partition: ConsumedPartition, epoch: number, endOffset: number): void {
    const from = partition.position
    if (epoch < 0 || endOffset < 0) return this.#reset(partition)
    if (epoch >= partition.lastEpoch && endOffset >= from) return
    const to = partition.stepBackTo(endOffset, epoch)
    this.#report({ kind: 'diverged', ...named(partition), from, to })
  }

  #reset(partition: ConsumedPartition): void {
    const { resetPolicy } = this.#options
    if (resetPolicy !== 'none') return partition.reset(resetPolicy === 'earliest' ? 'beginning' : 'end')
    this.#report({ kind: 'offset-reset', ...named(partition), from: partition.position, to: -1 })
    this.#retryLater(partition)
  }

  #fetched(
    all: readonly Asked[],
    topicIds: ReadonlyMap<string, string>,
    result: RequestResult<typeof apis.Fetch.response>,
  ): void {
    const current = this.#landed(all)
    if (this.#closed) return
    if (!result.ok || result.body.errorCode !== errorCode.NONE) this.#allFailed(current)
    else {
      this.#cluster.applyEndpoints(result.body.nodeEndpoints)
      for (const each of current) this.#takeAnswer(each, answerFor(each.partition, topicIds, result.body))
    }
    this.#drive()
  }

  #takeAnswer(each: Asked, answer: PartitionAnswer | undefined): void {
    const { partition } = each
    if (answer === undefined) return this.#retryLater(partition)
    if (answer.divergingEpoch.endOffset >= 0n) {
      return this.#compare(partition, answer.divergingEpoch.epoch, toNumber(answer.divergingEpoch.endOffset))
    }
    if (answer.errorCode === errorCode.OFFSET_OUT_OF_RANGE) return this.#reset(partition)
    if (answer.errorCode !== errorCode.NONE) {
      const { leaderId, leaderEpoch } = answer.currentLeader
      if (this.#cluster.applyHint(partition.topic, partition.index, leaderId, leaderEpoch)) return
      return this.#refused(each, answer.errorCode)
    }
    partition.servedEpoch = Math.max(partition.servedEpoch, each.leaderEpoch)
    this.#takeRecords(partition, answer)
  }

  #takeRecords(partition: ConsumedPartition, answer: PartitionAnswer): void {
    if (answer.records === null || answer.records.length === 0) return
    partition.givenAt = ++this.#given
    const aborted = answer.abortedTransactions?.map(({ producerId, firstOffset }) => ({
      producerId: toNumber(producerId),
      firstOffset: toNumber(firstOffset),
    }))
    const { position, lastEpoch } = partition
    const isCommittedOnly = this.#options.isolation === 'read_committed'
    const fetched = readFetched(answer.records, { position, lastEpoch, aborted: isCommittedOnly ? (aborted ?? []) : null })
    partition.add(fetched)
    if (fetched.damage === undefined) return
    if (partition.reportedDamageAt !== fetched.position) {
      const { position: offset, damage: message } = fetched
      this.#report({ kind: 'corrupt', ...named(partition), offset, message })
    }
    partition.reportedDamageAt = fetched.position
    this.#retryLater(partition)
  }

  #answerPoll(nowMs: number): void {
    const poll = this.#poll
    if (poll === undefined) return
    const polled: PolledPartition[] = []
    let room = poll.maxRecords
    const count = this.#partitions.length
    for (let i = 0; i < count && room > 0; i++) {
      const partition = this.#partitions[(this.#first + i) % count]!
      if (partition.buffered === 0 || partition.isPaused) continue
      const taken = partition.take(room)
      room -= taken.records.length
      polled.push(taken)
    }
    if (count > 0) this.#first = (this.#first + 1) % count
    if (polled.length === 0 && poll.deadlineMs > nowMs) return this.#wakeAt(poll.deadlineMs)
    this.#poll = undefined
    this.#wakeAt(0)
    poll.done(polled)
  }
}

/** Told by a broker that has not heard of the leader under whom the last record was read. */
function isOutdated(known: PartitionState, partition: ConsumedPartition): boolean {
  return known.leaderEpoch >= 0 && known.leaderEpoch < partition.lastEpoch
}

function isSame(wanted: TopicPartition, partition: ConsumedPartition): boolean {
  return partition.index === wanted.partition && partition.topic === wanted.topic
}

function named(partition: ConsumedPartition): { topic: string; partition: number } {
  return { topic: partition.topic, partition: partition.index }
}

function answerFor(
  partition: ConsumedPartition,
  topicIds: ReadonlyMap<string, string>,
  body: FetchAnswer,
): PartitionAnswer | undefined {
  const id = topicIds.get(partition.topic)
  const topic = body.responses.find((each) => each.topic === partition.topic || (each.topic === '' && each.topicId === id))
  return topic?.partitions.find((each) => each.partitionIndex === partition.index)
}
