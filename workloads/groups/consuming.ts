/**
 * What a consumer does all its life: poll, process, commit, in the order its delivery level asks for. It can be stopped before a
 * commit, as a process that is frozen, and die at any boundary between two steps; whoever made it decides when.
 */
import { keyOf } from '../workload.ts'
import { randomBetween } from '../../ports/random.ts'
import type { CommitOutcome, CommittedOffset, ConsumedRecord, GroupMemberOptions, PolledPartition, TopicPartition } from '../client/client.ts'
import type { GroupPlan } from './group-plan.ts'
import { MemberProcess, type MemberContext, type MemberHandler } from './member-process.ts'

export type CommitStrategy = 'sync' | 'async' | 'auto'

/** Where a consumer can die. */
export type CrashPoint = 'polled' | 'processing' | 'processed' | 'committing' | 'committed'
export const crashPoints: readonly CrashPoint[] = ['polled', 'processing', 'processed', 'committing', 'committed']

export interface ConsumingOptions {
  readonly delivery: GroupPlan['delivery']
  readonly commits: CommitStrategy
  /** Between two automatic commits. */
  readonly autoCommitIntervalMs: number
  readonly maxRecordsPerPoll: number
  readonly pollTimeoutMs: number
  /** One batch of one partition takes as long, drawn anew each time. */
  readonly processMs: { readonly min: number; readonly max: number }
  readonly commitTimeoutMs: number
  /** Now and then some partitions are not read for so long; never when missing. */
  readonly pauseMs?: number
}

/** What a try in vain comes to: it kills who tried, is repeated after a while, or was the last. */
export type Stumble = { readonly next: 'die' } | { readonly next: 'bury' } | { readonly next: 'retry'; readonly afterMs: number }

/** What becomes of records that cannot be processed: tried again, then buried elsewhere, so that those behind them go on. */
export interface PoisonHandling {
  isPoison(record: ConsumedRecord): boolean
  /** It was tried once more, by this member or by another before it. */
  tried(from: TopicPartition, record: ConsumedRecord): Stumble
  /** `done` with false: it is not there, and has to be tried again. */
  bury(from: TopicPartition, record: ConsumedRecord, done: (buried: boolean) => void): void
}

/** What one partition's share of a poll is to work on. */
export interface Batch extends TopicPartition {
  readonly records: readonly ConsumedRecord[]
  /** What to commit when all of it is processed. */
  readonly next: CommittedOffset
  /** How often the partition had come and gone before. */
  readonly tenure: number
  /** When it is its turn. */
  readonly dueMs: number
}

export interface ConsumingSetup {
  readonly name: string
  readonly member: Omit<GroupMemberOptions, 'listener'>
  readonly consuming: ConsumingOptions
  readonly poison?: PoisonHandling
  /** Called with every batch that was processed. */
  readonly onProcessed?: (batch: Batch) => void
  /** Called with every batch that was polled. */
  readonly onPolled?: (member: MemberProcess, batch: Batch) => void
  /** Called when it has died without having been told to. */
  readonly onDied?: () => void
}

/** How long a poll may wait while something is to be tried again. */
const retryPollMs = 50
const buryAgainMs = 1000
const pausedShare = 0.3

export class Consuming implements MemberHandler {
  readonly process: MemberProcess
  readonly #context: MemberContext
  readonly #options: ConsumingOptions
  readonly #on: Pick<ConsumingSetup, 'onProcessed' | 'onPolled' | 'onDied'>
  readonly #poison: PoisonHandling | undefined
  #pausedUntilMs = 0
  #batches: Batch[] = []
  /** By key, how often it came and went. */
  readonly #tenures = new Map<string, number>()
  /** By key, what is to be committed. */
  #due = new Map<string, CommittedOffset>()
  /** By key, what it asked to commit last. */
  readonly #asked = new Map<string, CommittedOffset>()
  /** Keys of what is to be committed again after the next poll. */
  readonly #again = new Set<string>()
  #revocations: { readonly keys: ReadonlySet<string>; readonly proceed: () => void }[] = []
  /** What it was about to do when it was frozen. */
  #frozenAt: (() => void) | undefined
  #freezesBeforeCommit: (() => void) | undefined
  #crashes: { readonly at: CrashPoint; readonly died: () => void } | undefined
  #leaves: (() => void) | undefined
  #lastAutoMs: number
  #batch: Batch | undefined

  constructor(context: MemberContext, { name, member, consuming, poison, ...on }: ConsumingSetup) {
    this.#context = context
    this.#options = consuming
    this.#poison = poison
    this.#on = on
    this.#lastAutoMs = context.loop.now()
    this.process = new MemberProcess(context, { name, options: member, handler: this })
    context.loop.after(0, () => this.#step())
  }

  // What others decide

  /** Before its next commit it stops as a whole; `then` is told. */
  freezeBeforeCommit(then: () => void): void {
    this.#freezesBeforeCommit = then
  }

  /** Its own steps go on at once; that it is no member any more it can hear `zombieMs` later. */
  thaw(zombieMs: number): void {
    const goOn = this.#frozenAt
    if (goOn === undefined || this.process.isOver) return
    this.#frozenAt = undefined
    this.#context.loop.after(zombieMs, () => {
      if (!this.process.isOver) this.process.member.release()
    })
    goOn()
  }

  crashAt(at: CrashPoint, died: () => void): void {
    this.#crashes = { at, died }
  }

  /** At a boundary, or wherever it is. */
  crash(at?: CrashPoint): void {
    const batch = this.#batch
    const first = batch?.records[0]?.offset
    const done = batch === undefined ? undefined : randomBetween(this.#context.random, first! - 1, batch.records.at(-1)!.offset)
    this.process.crash({ done, at })
  }

  /** After what it is at, which it commits. */
  leave(then: () => void): void {
    this.#leaves = then
  }

  // What its member is told

  assigned(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) this.#changeTenure(keyOf(topic, partition))
  }

  #tenure(key: string): number {
    return this.#tenures.get(key) ?? 0
  }

  #changeTenure(key: string): void {
    this.#asked.delete(key)
    this.#again.delete(key)
    this.#tenures.set(key, this.#tenure(key) + 1)
  }

  /** A poll that was open has ended with this: the next step comes by itself. */
  revoking(partitions: readonly TopicPartition[], proceed: () => void): void {
    const keys = new Set(partitions.map(({ topic, partition }) => keyOf(topic, partition)))
    this.#revocations.push({ keys, proceed })
  }

  /** What is in work is worked on to its end: nobody tells a computation that it is in vain. */
  lost(partitions: readonly TopicPartition[]): void {
    this.#forget(new Set(partitions.map(({ topic, partition }) => keyOf(topic, partition))))
    this.#revocations = []
  }

  /** As with Kafka's own consumer it is over, and whoever runs it may start it again. */
  fenced(): void {
    this.crash()
    this.#on.onDied?.()
  }

  #forget(keys: ReadonlySet<string>): void {
    this.#batches = this.#batches.filter(({ topic, partition }) => !keys.has(keyOf(topic, partition)))
    for (const key of keys) {
      this.#due.delete(key)
      this.#changeTenure(key)
    }
  }

  // The steps

  /** The next one. Each of them ends by calling this again. */
  #step(): void {
    if (this.process.isOver) return
    const revocation = this.#revocations[0]
    if (revocation !== undefined) return this.#giveUp(revocation)
    const nowMs = this.#context.loop.now()
    const at = this.#batches.findIndex(({ dueMs }) => dueMs <= nowMs)
    if (at >= 0) return this.#work(this.#batches.splice(at, 1)[0]!)
    if (this.#leaves !== undefined) return this.#commitThen(() => this.#leave())
    if (this.#options.commits === 'sync' && this.#due.size > 0) return this.#commitDue()
    return this.#poll()
  }

  #diesAt(point: CrashPoint): boolean {
    const crashes = this.#crashes
    if (crashes?.at !== point) return false
    this.#crashes = undefined
    this.crash(point)
    crashes.died()
    return true
  }

  #poll(): void {
    if (this.#options.commits !== 'sync') this.#commitBeside()
    const { maxRecordsPerPoll, pollTimeoutMs } = this.#options
    this.#holdBack()
    this.process.poll(maxRecordsPerPoll, this.#batches.length > 0 ? retryPollMs : pollTimeoutMs, (polled) => {
      if (this.#diesAt('polled')) return undefined
      this.#dueAgain()
      this.#take(polled)
      // A poll may end within the call that ends it.
      this.#context.loop.after(0, () => this.#afterPoll())
      return undefined
    })
  }

  #afterPoll(): void {
    if (this.process.isOver) return
    const isBefore = this.#options.delivery === 'at-most-once' && this.#batches.length > 0
    if (!isBefore) return this.#step()
    for (const { next } of this.#batches) this.#due.set(keyOf(next.topic, next.partition), next)
    return this.#commitThen((outcome) => {
      if (outcome?.type === 'fail' || outcome?.type === 'info') this.#leaveUndone(outcome.type)
      this.#step()
    })
  }

  /** At most once: what may not have been committed is not processed; what certainly was not, is read again. */
  #leaveUndone(type: 'fail' | 'info'): void {
    const undone = this.#batches
    this.#batches = []
    for (const { topic, partition, records, tenure } of type === 'fail' ? undone : []) {
      const key = keyOf(topic, partition)
      if (this.#tenure(key) !== tenure) continue
      this.#asked.delete(key)
      this.process.seek(topic, partition, records[0]!.offset)
    }
  }

  /** A partition with something waiting to be tried again is not read further, nor one that is to rest. */
  #holdBack(): void {
    const { loop, random } = this.#context
    const { member } = this.process
    const waiting = this.#batches.map(({ topic, partition }) => ({ topic, partition }))
    const { pauseMs } = this.#options
    if (pauseMs === undefined) {
      if (this.#poison !== undefined) this.process.pauseOnly(waiting)
    } else if (loop.now() >= this.#pausedUntilMs) {
      this.#pausedUntilMs = loop.now() + pauseMs
      this.process.pauseOnly(member.owned.filter(() => random.next() < pausedShare))
    }
  }

  #take(polled: readonly PolledPartition[]): void {
    for (const { topic, partition, records } of polled) {
      const position = this.process.member.position(topic, partition)
      if (records.length === 0 || position === undefined) continue
      const next = { topic, partition, ...position }
      const batch = { topic, partition, records, next, tenure: this.#tenure(keyOf(topic, partition)), dueMs: 0 }
      this.#batches.push(batch)
      this.#on.onPolled?.(this.process, batch)
    }
  }

  #work(batch: Batch): void {
    const { processMs } = this.#options
    const poison = this.#poison && batch.records.find((record) => this.#poison!.isPoison(record))
    const { topic, partition, records } = batch
    this.#batch = batch
    this.process.beginProcess({ key: keyOf(topic, partition), first: records[0]!.offset, last: records.at(-1)!.offset })
    const takesMs = processMs.min + this.#context.random.next() * (processMs.max - processMs.min)
    if (this.#crashes?.at === 'processing') this.#context.loop.after(takesMs / 2, () => this.#diesAt('processing'))
    this.#context.loop.after(takesMs, () => {
      if (this.process.isOver) return
      if (poison === undefined) this.#worked(batch)
      else this.#stumbled(batch, poison)
    })
  }

  /** At a record that cannot be processed; those before it are. It comes again, and when it has come often enough it is buried. */
  #stumbled(batch: Batch, poison: ConsumedRecord): void {
    const { topic, partition, records } = batch
    const stumble = this.#poison!.tried(batch, poison)
    this.#batch = undefined
    if (stumble.next === 'die') {
      this.process.crash({ done: poison.offset - 1 })
      return this.#on.onDied?.()
    }
    this.process.failProcess(poison.offset)
    if (!this.#isOwned(batch)) return this.#step()
    const at = records.indexOf(poison)
    const before = records[at - 1]
    const rest = { ...batch, records: records.slice(at) }
    if (before !== undefined && this.#options.delivery === 'at-least-once') {
      this.#due.set(keyOf(topic, partition), { topic, partition, offset: poison.offset, leaderEpoch: before.leaderEpoch })
    }
    if (stumble.next === 'bury') return this.#bury(rest, poison)
    this.#waitWith(rest, stumble.afterMs)
    return this.#step()
  }

  #isOwned({ topic, partition, tenure }: Batch): boolean {
    return this.#tenure(keyOf(topic, partition)) === tenure
  }

  #waitWith(batch: Batch, waitMs: number): void {
    this.#batches.push({ ...batch, dueMs: this.#context.loop.now() + waitMs })
  }

  /** Puts the first record aside; nothing else is done meanwhile. */
  #bury(batch: Batch, poison: ConsumedRecord): void {
    this.#poison!.bury(batch, poison, (isBuried) => {
      if (this.process.isOver) return
      if (this.#isOwned(batch)) this.#goOnBehind(batch, isBuried)
      this.#step()
    })
  }

  #goOnBehind(batch: Batch, isBuried: boolean): void {
    const rest = batch.records.slice(1)
    if (!isBuried) this.#waitWith(batch, buryAgainMs)
    else if (rest.length > 0) this.#waitWith({ ...batch, records: rest }, 0)
    else if (this.#options.delivery === 'at-least-once') this.#due.set(keyOf(batch.topic, batch.partition), batch.next)
  }

  #worked(batch: Batch): void {
    this.#batch = undefined
    this.process.endProcess()
    this.#on.onProcessed?.(batch)
    if (this.#diesAt('processed')) return
    const key = keyOf(batch.topic, batch.partition)
    if (this.#options.delivery === 'at-least-once' && this.#isOwned(batch)) this.#due.set(key, batch.next)
    this.#step()
  }

  // Commits

  #takeDue(keys?: ReadonlySet<string>): CommittedOffset[] {
    const taken = [...this.#due].filter(([key]) => keys === undefined || keys.has(key))
    for (const [key, offset] of taken) {
      this.#due.delete(key)
      this.#asked.set(key, offset)
    }
    return taken.map(([, offset]) => offset)
  }

  /**
   * Whoever keeps the partition commits later what could not be committed: there may be nothing more to read. What was lost, if
   * only at a first attempt, may also arrive behind what was asked for later, so the last is asked for once more after a while.
   */
  #keepUncommitted(offsets: readonly CommittedOffset[], outcome: CommitOutcome): void {
    for (const each of this.#options.delivery === 'at-least-once' ? offsets : []) {
      const key = keyOf(each.topic, each.partition)
      const isCommitted = outcome.type === 'ok' && outcome.committed.includes(each)
      if (!isCommitted && this.#asked.get(key) === each) this.#again.add(key)
    }
    const mayArriveLate = outcome.type === 'info' || (outcome.type === 'ok' && outcome.attempts > 1)
    if (!mayArriveLate) return
    this.#context.loop.after(this.#options.commitTimeoutMs, () => {
      for (const { topic, partition } of offsets) this.#again.add(keyOf(topic, partition))
    })
  }

  #dueAgain(): void {
    for (const key of this.#again) {
      const offset = this.#asked.get(key)
      if (offset !== undefined && !this.#due.has(key)) this.#due.set(key, offset)
    }
    this.#again.clear()
  }

  #commitDue(): void {
    this.#commitThen(() => this.#step())
  }

  /** `then` without an outcome: there was nothing to commit. */
  #commitThen(then: (outcome?: CommitOutcome) => void, keys?: ReadonlySet<string>): void {
    const freezes = this.#freezesBeforeCommit
    if (freezes !== undefined && keys === undefined && this.#due.size > 0) {
      this.#freezesBeforeCommit = undefined
      this.#frozenAt = () => this.#commitThen(then)
      this.process.member.hold()
      return freezes()
    }
    const offsets = this.#takeDue(keys)
    if (offsets.length === 0) return then()
    this.process.commit(offsets, this.#options.commitTimeoutMs, (outcome) => {
      this.#keepUncommitted(offsets, outcome)
      if (!this.#diesAt('committed')) then(outcome)
    })
    if (this.#crashes?.at === 'committing') this.#context.loop.after(0, () => this.#diesAt('committing'))
    return undefined
  }

  /** Commits nobody waits for: each time, or when the interval has passed. */
  #commitBeside(): void {
    const nowMs = this.#context.loop.now()
    if (this.#options.commits === 'auto' && nowMs - this.#lastAutoMs < this.#options.autoCommitIntervalMs) return
    this.#lastAutoMs = nowMs
    const offsets = this.#takeDue()
    if (offsets.length === 0) return
    this.process.commitAsync(offsets, this.#options.commitTimeoutMs, (outcome) => {
      this.#keepUncommitted(offsets, outcome)
      this.#diesAt('committed')
    })
    if (this.#crashes?.at === 'committing') this.#context.loop.after(0, () => this.#diesAt('committing'))
  }

  // Giving up

  /** What was not begun is left to whoever comes next; what is processed is committed. */
  #giveUp(revocation: { readonly keys: ReadonlySet<string>; readonly proceed: () => void }): void {
    this.#batches = this.#batches.filter(({ topic, partition }) => !revocation.keys.has(keyOf(topic, partition)))
    this.#commitThen(() => {
      const isStill = this.#revocations[0] === revocation
      if (isStill) {
        this.#revocations.shift()
        this.#forget(revocation.keys)
        revocation.proceed()
      }
      this.#step()
    }, revocation.keys)
  }

  #leave(): void {
    const then = this.#leaves!
    this.process.leave(then)
  }
}
