/**
 * Reads the ops of groups into rows, in one pass over what clients did beside sending and polling. Ops of another form
 * under the same names, as other tools may write them, are passed over.
 */
import type {
  Assigned, CommitValue, GroupConfig, GroupStateValue, Heard, JoinAsked, Joined, LeaveValue, LetterValue, Lost, OffsetsValue, Paused, ProcessValue,
  ResetOffsetsValue, Revoked, Subscribed,
} from '../../history/group-op.ts'
import type { Key, MicroOp, Op } from '../../history/op.ts'
import type { HistoryIndex } from '../history-index.ts'
import { crashKind, failed, invoked, none, ok, txnKind, unknown } from '../index/codes.ts'
import type {
  Actor, AnswerRow, Asked, GrantRow, GroupOps, HeardRow, JoinRow, LetterRow, PausedRow, ReadRow, ReleaseRow, StateRow, SubscriptionRow, WorkRow, WriteRow,
} from './group-ops.ts'
import { isGroupOp } from './shapes.ts'

/** Answers to a join which asking again does not change. */
const refusals: ReadonlySet<string> = new Set([
  'FENCED_INSTANCE_ID', 'UNRELEASED_INSTANCE_ID', 'GROUP_MAX_SIZE_REACHED', 'INCONSISTENT_GROUP_PROTOCOL', 'INVALID_SESSION_TIMEOUT',
  'UNSUPPORTED_ASSIGNOR', 'GROUP_AUTHORIZATION_FAILED', 'TOPIC_AUTHORIZATION_FAILED', 'INVALID_GROUP_ID', 'INVALID_REQUEST',
])

type Writable<T> = { -readonly [P in keyof T]: T[P] }

class OpenGroup {
  readonly name: string
  readonly config: GroupConfig
  readonly joins: JoinRow[] = []
  readonly grants: GrantRow[] = []
  readonly releases: ReleaseRow[] = []
  readonly heards: HeardRow[] = []
  readonly writes = new Map<Key, WriteRow[]>()
  readonly reads: ReadRow[] = []
  readonly work = new Map<Key, WorkRow[]>()
  readonly states: StateRow[] = []
  readonly letters: LetterRow[] = []
  readonly subscriptions: SubscriptionRow[] = []
  readonly paused: PausedRow[] = []
  readonly answers: AnswerRow[] = []
  readonly instances = new Map<string, string>()
  /** The last ok join by client. */
  readonly joined = new Map<Actor, JoinRow>()
  /** Position at which a key was last given back by its owner. */
  readonly releasedAt = new Map<Key, number>()
  era = 0
  #newest = none
  #newestAt = none

  constructor(name: string, config: GroupConfig) {
    this.name = name
    this.config = config
  }

  /** A group that was forgotten begins with generation 1 again: lower than one that was known before this was asked. */
  reached(generation: number, asked: number, at: number): void {
    if (generation < this.#newest && asked > this.#newestAt) {
      this.era++
      this.#newest = none
    }
    if (generation <= this.#newest) return
    this.#newest = generation
    this.#newestAt = at
  }
}

function nodeOf({ node }: Op): string | undefined {
  return node === undefined ? undefined : String(node)
}

function listAt<K, V>(map: Map<K, V[]>, key: K): V[] {
  let list = map.get(key)
  if (list === undefined) map.set(key, (list = []))
  return list
}

/** An answer to several keys may leave one out. */
function answers({ f, value }: Op, row: Asked): boolean {
  if (f !== 'commit' && f !== 'reset-offsets') return true
  return (value as ResetOffsetsValue).offsets.some(([key]) => key === (row as WriteRow).key)
}

export class GroupReader {
  readonly #index: HistoryIndex
  readonly #groups = new Map<string, OpenGroup>()
  /** By position of an invocation: the rows it began. */
  readonly #open = new Map<number, Asked[]>()

  constructor(index: HistoryIndex) {
    this.#index = index
  }

  read(): readonly GroupOps[] {
    const { table, ops } = this.#index
    for (const at of table.rest) {
      const op = ops.at(at)!
      if (table.kind[at] === crashKind) this.#crash(at)
      else if (isGroupOp(op.f, op.value)) this.#take(op, at, this.#group(op.value.group))
    }
    for (const at of table.others) {
      const { f, value, node } = ops.at(at)!
      if (f !== 'group-state' || !isGroupOp(f, value)) continue
      const group = this.#group(value.group)
      group.states.push({ at, value: value as GroupStateValue })
      if (node !== undefined) group.answers.push({ at, node: String(node) })
    }
    if (this.#groups.size > 0) this.#transactions()
    return [...this.#groups.values()]
  }

  #group(name: string): OpenGroup {
    let group = this.#groups.get(name)
    if (group === undefined) {
      const config = this.#index.marks.config?.groups?.find(each => each.group === name) ?? { group: name }
      this.#groups.set(name, (group = new OpenGroup(name, config)))
    }
    return group
  }

  #take(op: Op, at: number, group: OpenGroup): void {
    const type = this.#index.table.type[at]!
    if (op.node !== undefined) group.answers.push({ at, node: String(op.node) })
    switch (op.f) {
      case 'assigned':
        return this.#assigned(op, at, group)
      case 'revoked':
        return this.#released({ ...(op.value as Revoked), why: 'revoked' }, at, group)
      case 'lost':
        return this.#released({ ...(op.value as Lost), why: 'lost' }, at, group)
      case 'heard': {
        const { memberId, sentAt } = op.value as Heard
        group.heards.push({ at, actor: this.#actor(at), memberId, sentAt, node: nodeOf(op) })
        return
      }
      case 'letter':
        group.letters.push({ at, actor: this.#actor(at), value: op.value as LetterValue })
        return
      case 'subscribed':
        group.subscriptions.push({ at, actor: this.#actor(at), topics: (op.value as Subscribed).topics })
        return
      case 'paused':
        group.paused.push({ at, actor: this.#actor(at), keys: (op.value as Paused).keys })
        return
      default:
        if (type === invoked) this.#invoke(op, at, group)
        else this.#complete(op, at, group)
    }
  }

  #actor(at: number): Actor {
    return this.#index.table.actor[at]!
  }

  #asked(at: number): Asked {
    return { asked: at, done: none, outcome: unknown, actor: this.#actor(at), node: undefined }
  }

  #invoke({ f, value }: Op, at: number, group: OpenGroup): void {
    const rows: Asked[] = []
    if (f === 'join') {
      const row: JoinRow = { ...this.#asked(at), value: { ...(value as JoinAsked), memberId: '', generation: none }, era: group.era, isRefused: false }
      group.joins.push(row)
      rows.push(row)
    } else if (f === 'process') {
      const work = value as ProcessValue
      const row: WorkRow = { ...this.#asked(at), value: work }
      listAt(group.work, work.key).push(row)
      rows.push(row)
    } else if (f === 'commit' || f === 'reset-offsets') rows.push(...this.#writes(f, value, at, group))
    else if (f === 'leave') this.#released({ ...(value as LeaveValue), keys: [], why: 'left' }, at, group)
    this.#open.set(at, rows)
  }

  #writes(f: string, value: unknown, at: number, group: OpenGroup): WriteRow[] {
    const { offsets, memberId = '', generation = none } = value as CommitValue & ResetOffsetsValue
    return offsets.map(([key, offset]) => {
      const kind = f === 'commit' ? ('commit' as const) : ('reset' as const)
      const row = { ...this.#asked(at), kind, key, offset, memberId, generation, era: group.era, isRepeated: false }
      listAt(group.writes, key).push(row)
      return row
    })
  }

  #complete(op: Op, at: number, group: OpenGroup): void {
    const invocation = this.#index.table.invocation[at]!
    const outcome = this.#index.table.type[at]!
    const node = nodeOf(op)
    if (invocation === none) return
    for (const row of this.#open.get(invocation) ?? []) {
      row.done = at
      row.outcome = outcome === ok && !answers(op, row) ? unknown : outcome
      row.node = node
      if ('isRefused' in row) (row as JoinRow).isRefused = refusals.has(op.error?.code ?? '')
      if ('isRepeated' in row) (row as WriteRow).isRepeated = (op.attempts ?? 1) > 1
      if ('era' in row && op.f === 'join' && outcome === ok) this.#joined(row as JoinRow, op.value as Joined, group)
      if (op.f === 'process') (row as WorkRow).value = op.value as ProcessValue
    }
    if (op.f === 'offsets' && outcome === ok) {
      for (const [key, offset] of (op.value as OffsetsValue).offsets ?? []) {
        group.reads.push({ kind: 'fetched', at, asked: invocation, actor: this.#actor(at), key, offset, node })
      }
    }
  }

  #joined(row: JoinRow, value: Joined, group: OpenGroup): void {
    group.reached(value.generation, row.asked, row.done)
    row.value = { ...row.value, ...value }
    row.era = group.era
    group.joined.set(row.actor, row)
    const { instanceId } = row.value
    if (instanceId !== undefined) group.instances.set(value.memberId, instanceId)
  }

  #assigned(op: Op, at: number, group: OpenGroup): void {
    const value = op.value as Assigned
    const node = nodeOf(op)
    const actor = this.#actor(at)
    const join = group.joined.get(actor)
    const joined = join?.done ?? none
    // What an earlier generation gave is told late: it is no news of generations.
    if (join === undefined || join.value.generation <= value.generation) group.reached(value.generation, joined, at)
    const told = value.since === undefined ? none : Math.max(0, this.#positionOf(value.since))
    group.grants.push({ at, actor, era: group.era, value, node, askedStarts: told === none ? joined : told })
    for (const [key, offset] of value.starts ?? []) {
      const asked = told === none ? Math.max(joined, group.releasedAt.get(key) ?? none) : told
      if (offset >= 0) group.reads.push({ kind: 'start', at, asked, actor, key, offset, node })
    }
  }

  /** The first position whose op has this index or a higher one; indexes of our own histories are positions. */
  #positionOf(index: number): number {
    const { ops } = this.#index
    let at = Math.min(index, ops.length)
    while (at > 0 && ops.at(at - 1)!.index >= index) at--
    return at
  }

  #released(value: Omit<ReleaseRow, 'at' | 'actor'>, at: number, group: OpenGroup): void {
    const { memberId, keys, why } = value
    group.releases.push({ at, actor: this.#actor(at), memberId, why, keys })
    if (why === 'revoked') for (const key of keys) group.releasedAt.set(key, at)
  }

  #crash(at: number): void {
    if (this.#index.table.type[at] === invoked || this.#groups.size === 0) return
    const actor = this.#actor(at)
    const invocation = this.#index.table.invocation[at]!
    for (const group of this.#groups.values()) {
      const joined = group.joins.findLast(each => each.actor === actor)
      if (joined === undefined) continue
      const { memberId } = joined.value
      group.releases.push({ at: invocation === none ? at : invocation, actor, memberId, why: 'crashed', keys: [] })
    }
  }

  /** Offsets sent within transactions. They may show later than the transaction ends, so that nothing is owed by them. */
  #transactions(): void {
    const { table, ops } = this.#index
    if (table.counts[4 * txnKind + invoked] === 0) return
    for (let at = 0; at < table.kind.length; at++) {
      if (table.kind[at] !== txnKind || table.type[at] !== invoked) continue
      const done = table.completion[at]!
      if (done !== none && table.type[done] === failed) continue
      for (const micro of (ops.at(done === none ? at : done)!.value as readonly MicroOp[] | null) ?? []) this.#transaction(micro, at)
    }
  }

  #transaction(micro: MicroOp, at: number): void {
    const group = micro.f === 'offsets' ? this.#groups.get(micro.group) : undefined
    for (const [key, offset] of group === undefined || micro.f !== 'offsets' ? [] : micro.offsets) {
      const row: Writable<WriteRow> = {
        ...this.#asked(at), kind: 'transaction', key, offset, memberId: '', generation: none, era: group!.era, isRepeated: false,
      }
      listAt(group!.writes, key).push(row)
    }
  }
}
