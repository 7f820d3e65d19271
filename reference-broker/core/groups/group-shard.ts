/**
 * The groups of one partition of `__consumer_offsets`: what is folded from the log (generations that were handed out, committed
 * offsets) and what only lives while this broker coordinates (who is just joining, sessions, parked requests).
 *
 * Everything that happens to a group happens inside `enter`: state first, answers after it, so that a request which an answer
 * brings forth never finds a group half changed. An answer that tells of state waits until that is committed; a refusal and a
 * heartbeat do not, because they promise nothing.
 */
import type { TimerId } from '../../../ports/events.ts'
import type { DiskLoop } from '../../../ports/loop.ts'
import { randomBytes } from '../../../ports/random.ts'
import type { ErrorName } from '../../../protocol/errors.ts'
import { toBigInt, toNumber } from '../../../protocol/int64.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { CommitError, ShardWriter } from '../coordinator/shard.ts'
import type { LoggedAt, StateMachine, TransactionOf } from '../coordinator/state-machine.ts'
import type { Decisions } from '../decisions.ts'
import type { Logger } from '../logger.ts'
import type { ClusterImage } from '../metadata/image.ts'
import { ClassicGroup, type ClassicMember } from './classic-group.ts'
import { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerGroupRecord } from './consumer-records.ts'
import { OffsetTable } from './offset-table.ts'
import type { ClassicGroupValue, GroupRecord } from './records.ts'

export interface GroupEnvironment {
  readonly config: BrokerConfig
  readonly loop: DiskLoop
  readonly decisions: Decisions
  readonly logger: Logger
  readonly image: () => ClusterImage
  /** What a shard does to its groups when it begins to decide, and when it ends. */
  readonly onBegin: (shard: GroupShard) => void
  readonly onEnd: (shard: GroupShard) => void
}

const memberNameMax = 1000

export type Group = ClassicGroup | ConsumerGroup

export class GroupShard implements StateMachine<GroupRecord> {
  readonly groups: Map<string, Group> = new Map()
  readonly offsets: OffsetTable
  readonly environment: GroupEnvironment
  readonly #writer: ShardWriter<GroupRecord>
  #answers: (() => void)[] = []
  #inside = false
  #ended = false

  constructor(environment: GroupEnvironment, writer: ShardWriter<GroupRecord>) {
    this.environment = environment
    this.#writer = writer
    this.offsets = new OffsetTable(environment.decisions)
  }

  get decisions(): Decisions {
    return this.environment.decisions
  }

  get config(): BrokerConfig {
    return this.environment.config
  }

  wallNow(): number {
    return this.environment.loop.ports.clock.wallNow()
  }

  classic(groupId: string): ClassicGroup | undefined {
    const group = this.groups.get(groupId)
    return group?.kind === 'classic' ? group : undefined
  }

  consumer(groupId: string): ConsumerGroup | undefined {
    const group = this.groups.get(groupId)
    return group?.kind === 'consumer' ? group : undefined
  }

  // The turn

  /** Does something to the groups, then gives the answers it led to. */
  enter(act: () => void): void {
    if (this.#inside) return act()
    this.#inside = true
    act()
    for (let answer = this.#answers.shift(); answer !== undefined; answer = this.#answers.shift()) answer()
    this.#inside = false
    return undefined
  }

  /** Answers at the end of this turn. */
  answer(give: () => void): void {
    this.#answers.push(give)
  }

  /** Answers when all that was decided so far is committed, or will not be for all this broker knows. */
  answerCommitted(give: (error: CommitError) => void): void {
    this.#answers.push(() => this.#writer.whenCommitted(give))
  }

  /** As the loop's, but within a turn, and not any more when this broker ceases to coordinate. */
  after(delayMs: number, act: () => void): TimerId {
    return this.environment.loop.after(delayMs, () => {
      if (!this.#ended) this.enter(act)
    })
  }

  cancel(timer: TimerId | undefined): void {
    if (timer !== undefined) this.environment.loop.cancel(timer)
  }

  // The log

  write(records: readonly GroupRecord[], transaction?: TransactionOf): ErrorName {
    return records.length === 0 ? 'NONE' : this.#writer.write(records, transaction)
  }

  replay(record: GroupRecord, at: LoggedAt): void {
    switch (record.kind) {
      case 'offset':
        this.offsets.replay(record, at)
        if (record.value !== null && at.producerId < 0) this.#ensureGroup(record.group)
        return
      case 'classic-group':
        return this.#replayClassic(record.group, record.value)
      default:
        return this.#replayConsumer(record)
    }
  }

  endTransaction(producerId: number, committed: boolean): void {
    for (const group of this.offsets.endTransaction(producerId, committed)) this.#ensureGroup(group)
  }

  /** Offsets without members make a group, too. */
  #ensureGroup(groupId: string): void {
    if (!this.groups.has(groupId)) this.groups.set(groupId, new ClassicGroup(groupId, this.wallNow()))
  }

  /** What is written of a group while this broker decides, it has decided itself; what it finds, another has. */
  #replayClassic(groupId: string, value: ClassicGroupValue | null): void {
    if (value !== null && this.#begun) return
    if (value !== null) this.groups.set(groupId, loadedGroup(groupId, value))
    else if (this.classic(groupId) !== undefined) this.#forgetGroup(groupId)
  }

  #replayConsumer(record: ConsumerGroupRecord): void {
    const { group: groupId } = record
    if (record.kind === 'consumer-group' && record.value === null) {
      if (this.consumer(groupId) !== undefined) this.#forgetGroup(groupId)
      return
    }
    const group = this.consumer(groupId) ?? new ConsumerGroup(groupId)
    if (record.value !== null) this.groups.set(groupId, group)
    group.apply(record)
  }

  #forgetGroup(groupId: string): void {
    this.groups.delete(groupId)
    if (this.offsets.has(groupId)) this.#ensureGroup(groupId)
  }

  #begun = false

  begin(): void {
    this.#begun = true
    this.enter(() => this.environment.onBegin(this))
  }

  end(): void {
    this.#ended = true
    this.enter(() => this.environment.onEnd(this))
  }

  // Names

  /** From the client's name, cut where it would be too long to be answered. */
  newMemberId(name: string): string {
    const prefix = name.slice(0, memberNameMax).toWellFormed()
    const hex = [...randomBytes(this.environment.loop.ports.random, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
    return `${prefix}-${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }
}

function loadedGroup(groupId: string, value: ClassicGroupValue): ClassicGroup {
  const group = new ClassicGroup(groupId, toNumber(value.currentStateTimestamp))
  group.generationId = value.generation
  group.protocolType = value.protocolType
  group.protocolName = value.protocol
  for (const { subscription, assignment, ...rest } of value.members) {
    const member: ClassicMember = {
      ...rest,
      protocols: [{ name: value.protocol ?? '', metadata: subscription.slice() }],
      assignment: assignment.slice(),
      awaitingJoin: undefined,
      awaitingSync: undefined,
      isNew: false,
      session: undefined,
    }
    group.add(member, value.protocolType)
  }
  group.leaderId = value.leader
  group.state = value.members.length === 0 ? 'Empty' : 'Stable'
  group.previousState = group.state
  return group
}

/** The group as the log is to have it. */
export function groupValue(group: ClassicGroup): ClassicGroupValue {
  return {
    protocolType: group.protocolType ?? '',
    generation: group.generationId,
    protocol: group.protocolName,
    leader: group.leaderId,
    currentStateTimestamp: toBigInt(group.stateSinceMs),
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      sessionTimeoutMs: member.sessionTimeoutMs,
      subscription: group.metadataOf(member),
      assignment: member.assignment,
    })),
  }
}
