/**
 * One member of a group as the history tells of it: its client is one name, its own steps are one process, and joining and
 * leaving, which go on beside them, another. What it records is in docs/history.md under "Consumer groups".
 */
import type { LetterValue } from '../../history/group-op.ts'
import type { Key, NewOp, OpError } from '../../history/op.ts'
import type {
  CommitOutcome, CommittedOffset, ConsumerEvent, GroupAssigned, GroupIdentity, GroupListener, GroupMemberOptions, PolledPartition, TopicPartition, WorkloadClient,
  WorkloadGroupMember,
} from '../client/client.ts'
import { polledOf } from '../keyed-append/reading.ts'
import { keyOf, type WorkloadContext } from '../workload.ts'
import { assignorOf } from './group-plan.ts'

export type MemberContext = Pick<WorkloadContext, 'loop' | 'random' | 'recorder' | 'makeClient' | 'nextProcess'>

/** What its owner decides. */
export interface MemberHandler {
  /** To be given up: `proceed` once nothing is done with them any more; the history is told then. */
  revoking(partitions: readonly TopicPartition[], proceed: () => void): void
  lost(partitions: readonly TopicPartition[]): void
  assigned(partitions: readonly TopicPartition[]): void
  /** Another has its instance id: nobody lets it in again. Only who has one need know. */
  fenced?(): void
}

export interface Processing {
  readonly key: Key
  readonly first: number
  readonly last: number
}

/** One thread of ops: at most one is open, and after an `info` it goes on under a new number. */
class Thread {
  readonly #context: MemberContext
  readonly #client: string
  #process: number
  open: { readonly f: string; readonly value: unknown } | undefined

  constructor(context: MemberContext, client: string) {
    this.#context = context
    this.#client = client
    this.#process = context.nextProcess()
  }

  invoke(f: string, value: unknown): void {
    this.open = { f, value }
    this.#record({ type: 'invoke', f, value })
  }

  complete(type: 'ok' | 'fail' | 'info', value: unknown, more: Partial<NewOp> = {}): void {
    const { f } = this.open!
    this.open = undefined
    this.#record({ ...more, type, f, value })
    if (type === 'info') this.#process = this.#context.nextProcess()
  }

  /** What is open has an unknown end. */
  giveUp(code: string): void {
    if (this.open !== undefined) this.complete('info', this.open.value, { error: { code, definite: false } })
  }

  /** `node`: who told it. */
  mark(f: string, value: unknown, node?: number): void {
    this.#record({ type: 'info', f, value, ...(node !== undefined && { node }) })
  }

  #record(op: Pick<NewOp, 'type' | 'f' | 'value' | 'node'>): void {
    this.#context.recorder.record({ process: this.#process, client: this.#client, ...op })
  }
}

const heardShare = 4

export class MemberProcess {
  readonly name: string
  readonly group: string
  readonly client: WorkloadClient
  readonly member: WorkloadGroupMember
  readonly #context: MemberContext
  readonly #handler: MemberHandler
  readonly #steps: Thread
  readonly #joining: Thread
  readonly #sessionTimeoutMs: number
  readonly #joinValue: Readonly<Record<string, unknown>>
  #topics: readonly string[]
  #heardMs = -Infinity
  #paused: readonly Key[] = []
  /** Keys that came or went since a poll last returned records of them. */
  readonly #changed = new Set<Key>()
  #isOver = false
  #isLeaving = false
  /** Threads of commits that are not waited for, and free again. */
  readonly #freeThreads: Thread[] = []
  readonly #asyncThreads: Thread[] = []

  constructor(
    context: MemberContext,
    { name, options, handler }: { readonly name: string; readonly options: Omit<GroupMemberOptions, 'listener'>; readonly handler: MemberHandler },
  ) {
    this.name = name
    this.group = options.group
    this.#context = context
    this.#handler = handler
    this.#steps = new Thread(context, name)
    this.#joining = new Thread(context, name)
    this.#sessionTimeoutMs = options.sessionTimeoutMs
    this.#topics = options.topics
    const { group, protocol, instanceId } = options
    this.#joinValue = { group, protocol, assignor: assignorOf(options), ...(instanceId !== undefined && { instanceId }) }
    this.client = context.makeClient(name)
    const consumer = { ...options.consumer, onEvent: (event: ConsumerEvent) => this.#note(event) }
    this.member = this.client.groupMember({ ...options, consumer, listener: this.#listener() })
  }

  get isOver(): boolean {
    return this.#isOver
  }

  // Steps, one at a time

  poll(maxRecords: number, timeoutMs: number, done: (polled: readonly PolledPartition[]) => void): void {
    this.#steps.invoke('poll', [{ f: 'poll' }])
    this.member.poll(maxRecords, timeoutMs, (polled) => {
      if (this.#isOver || this.#isLeaving) return
      const rebalanced = polled.map(({ topic, partition }) => keyOf(topic, partition)).filter((key) => this.#changed.delete(key))
      this.#steps.complete('ok', [{ f: 'poll', polled: polledOf(polled) }], rebalanced.length > 0 ? { rebalanced } : {})
      done(polled)
    })
  }

  /** Of another kind than those this knows. */
  invoke(f: string, value: unknown): void {
    this.#steps.invoke(f, value)
  }

  /** What `invoke` began; nothing when it is over. */
  complete(_f: string, value: unknown, end: { readonly type: 'ok' } | { readonly type: 'fail' | 'info'; readonly error: OpError }): void {
    if (this.#steps.open === undefined) return
    this.#steps.complete(end.type, value, end.type === 'ok' ? {} : { error: end.error })
  }

  beginProcess({ key, first, last }: Processing): void {
    this.#steps.invoke('process', { ...this.#who(), key, offsets: [first, last] })
  }

  endProcess(): void {
    this.#steps.complete('ok', this.#steps.open!.value)
  }

  /** The record at `poison` cannot be processed; those before it are. */
  failProcess(poison: number): void {
    const value = this.#steps.open!.value as object
    this.#steps.complete('fail', { ...value, poison }, { error: { code: 'POISON', definite: true } })
  }

  commit(offsets: readonly CommittedOffset[], timeoutMs: number, done: (outcome: CommitOutcome) => void): void {
    this.#commitOn(this.#steps, { offsets, timeoutMs }, done)
  }

  /** Beside the steps. */
  commitAsync(offsets: readonly CommittedOffset[], timeoutMs: number, done: (outcome: CommitOutcome) => void): void {
    const thread = this.#freeThreads.pop() ?? this.#addThread()
    this.#commitOn(thread, { offsets, timeoutMs }, (outcome) => {
      this.#freeThreads.push(thread)
      done(outcome)
    })
  }

  #addThread(): Thread {
    const thread = new Thread(this.#context, this.name)
    this.#asyncThreads.push(thread)
    return thread
  }

  #commitOn(
    thread: Thread,
    { offsets, timeoutMs }: { readonly offsets: readonly CommittedOffset[]; readonly timeoutMs: number },
    done: (outcome: CommitOutcome) => void,
  ): void {
    const value = { ...this.#who(), offsets: pairs(offsets) }
    thread.invoke('commit', value)
    this.member.commit(offsets, timeoutMs, (outcome) => {
      if (this.#isOver || thread.open === undefined) return
      const { attempts } = outcome
      if (outcome.type === 'ok') thread.complete('ok', { ...value, offsets: pairs(outcome.committed) }, { attempts, node: outcome.node })
      else thread.complete(outcome.type, value, { attempts, error: outcome.error })
      done(outcome)
    })
  }

  subscribe(topics: readonly string[]): void {
    this.#topics = topics
    this.member.subscribe(topics)
    // The others ask to join anew.
    if (this.#isConsumer) this.#mark('subscribed', this.member.identity, { topics })
  }

  seek(topic: string, partition: number, offset: number): void {
    this.#changed.add(keyOf(topic, partition))
    this.member.seek({ topic, partition, start: { offset, leaderEpoch: -1 } })
  }

  /** Of what it owns only these are not read, from here on. */
  pauseOnly(partitions: readonly TopicPartition[]): void {
    this.member.pauseOnly(partitions)
    const keys = this.#keys(partitions)
    if (keys.join() === this.#paused.join()) return
    this.#paused = keys
    this.#mark('paused', this.member.identity, { keys })
  }

  /** What a dead letter says of the record it was made for, as far as it does. */
  letter(value: Omit<LetterValue, 'group' | 'memberId' | 'generation'>): void {
    this.#steps.mark('letter', { ...this.#who(), ...value })
  }

  leave(done: () => void): void {
    if (this.#isOver) return done()
    const { memberId } = this.member.identity
    this.#isLeaving = true
    this.#giveUp('LEFT')
    const owned = this.#keys(this.member.owned)
    if (owned.length > 0) this.#steps.mark('revoked', { ...this.#who(), keys: owned })
    const value = { group: this.group, memberId }
    this.#joining.invoke('leave', value)
    return this.member.leave((error) => {
      if (this.#isOver) return
      if (error === undefined) this.#joining.complete('ok', value)
      else this.#joining.complete(error.definite ? 'fail' : 'info', value, { error })
      this.#end()
      done()
    })
  }

  /** `done` offsets of an open `process` op, when it dies in the middle of one; `at` which boundary, when it was at one. */
  crash({ done, at }: { readonly done?: number | undefined; readonly at?: string | undefined } = {}): void {
    if (this.#isOver) return
    const { open } = this.#steps
    if (open?.f === 'process' && done !== undefined) {
      this.#steps.complete('info', { ...(open.value as object), done }, { error: { code: 'CRASHED', definite: false } })
    }
    this.#giveUp('CRASHED')
    this.#steps.mark('crash', at === undefined ? null : { at })
    this.#end()
  }

  /** At the end of a run. */
  close(): void {
    if (this.#isOver) return
    this.#giveUp('ENDED')
    this.#end()
  }

  #giveUp(code: string): void {
    for (const thread of [this.#steps, this.#joining, ...this.#asyncThreads]) thread.giveUp(code)
  }

  #end(): void {
    this.#isOver = true
    this.client.close()
  }

  // What the member is told

  #who(): { readonly group: string; readonly memberId: string; readonly generation: number } {
    const { memberId, generation } = this.member.identity
    return { group: this.group, memberId, generation }
  }

  #keys(partitions: readonly TopicPartition[]): Key[] {
    return partitions.map(({ topic, partition }) => keyOf(topic, partition))
  }

  #mark(f: string, identity: GroupIdentity, more: object, node?: number): void {
    const { memberId, generation } = identity
    this.#steps.mark(f, { group: this.group, memberId, generation, ...more }, node)
  }

  /** Of the dead nothing is told, not even what they hear in the moment they die. */
  #listener(): GroupListener {
    const alive = <Told extends readonly unknown[]>(told: (...args: Told) => void) => (...args: Told): void => {
      if (!this.#isOver) told(...args)
    }
    return {
      onJoining: alive(() => {
        this.#joining.giveUp('SUPERSEDED')
        this.#joining.invoke('join', { ...this.#joinValue, topics: this.#topics })
      }),
      onJoined: alive((identity, topics, error) => this.#joined(identity, topics, error)),
      onAsking: () => this.#context.recorder.recorded,
      onAssigned: alive((identity, assigned) => this.#assigned(identity, assigned)),
      onRevoking: alive((identity, partitions, proceed) => this.#revoking(identity, partitions, proceed)),
      onLost: alive((partitions, reason) => {
        const keys = this.#keys(partitions)
        for (const key of keys) this.#changed.add(key)
        this.#mark('lost', this.member.identity, { keys, reason })
        this.#handler.lost(partitions)
      }),
      onHeard: alive((sentAtMs, node) => this.#heard(sentAtMs, node)),
      onError: alive((error) => this.#failed(error)),
    }
  }

  get #isConsumer(): boolean {
    return this.#joinValue['protocol'] === 'consumer'
  }

  #joined({ memberId, generation }: GroupIdentity, topics: readonly string[], error: OpError | undefined): void {
    if (this.#joining.open?.f !== 'join') return
    // Which it may have changed since the op began.
    const value = { ...(this.#joining.open.value as object), topics, memberId, generation }
    const { coordinator } = this.member
    if (error === undefined) this.#joining.complete('ok', value, coordinator < 0 ? {} : { node: coordinator })
    else this.#joining.complete(error.definite ? 'fail' : 'info', value, { error })
  }

  #assigned({ memberId, generation }: GroupIdentity, { starts, incremental, asked, node }: GroupAssigned): void {
    const keys = this.#keys(starts)
    for (const key of keys) this.#changed.add(key)
    this.#paused = this.#paused.filter((key) => !keys.includes(key))
    const from = starts.map(({ offset }, at) => [keys[at], offset])
    const value = { group: this.group, memberId, generation, keys, starts: from, incremental, ...(asked !== undefined && { since: asked }) }
    this.#steps.mark('assigned', value, node)
    this.#handler.assigned(starts)
  }

  #revoking(identity: GroupIdentity, partitions: readonly TopicPartition[], proceed: () => void): void {
    const keys = this.#keys(partitions)
    this.#handler.revoking(partitions, () => {
      if (this.#isOver) return
      for (const key of keys) this.#changed.add(key)
      this.#mark('revoked', identity, { keys })
      proceed()
    })
  }

  #failed(error: OpError): void {
    this.#mark('member-error', this.member.identity, { error })
    if (error.code !== 'FENCED_INSTANCE_ID') return
    this.#context.loop.after(0, () => {
      if (!this.#isOver) this.#handler.fenced?.()
    })
  }

  #heard(sentAtMs: number, node: number): void {
    if (sentAtMs - this.#heardMs < this.#sessionTimeoutMs / heardShare) return
    this.#heardMs = sentAtMs
    const sentAt = this.#context.recorder.timeOfMsAgo(this.#context.loop.now() - sentAtMs)
    this.#mark('heard', this.member.identity, { sentAt }, node)
  }

  #note(event: ConsumerEvent): void {
    const { kind, topic, partition, ...facts } = event
    this.#changed.add(keyOf(topic, partition))
    this.#steps.mark(kind === 'error' ? 'consumer-error' : kind, { key: keyOf(topic, partition), ...facts })
  }
}

function pairs(offsets: readonly CommittedOffset[]): [Key, number][] {
  return offsets.map(({ topic, partition, offset }) => [keyOf(topic, partition), offset])
}
