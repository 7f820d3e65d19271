/**
 * Histories of two consumer groups as a right coordinator makes them: members come, go, crash, sleep past their sessions and
 * come back, commits stay open, coordinators change, and who was one tells what it knew. Eager, cooperative or KIP-848. What must not be can be done on purpose
 * afterwards (`wrong`), in whatever state chance has brought about.
 */
import type { Delivery, GroupProtocol } from '../../history/group-op.ts'
import type { NewOp, Op, Value } from '../../history/op.ts'
import type { Draw } from './model-history.ts'

export type Style = 'eager' | 'cooperative' | 'consumer'

export interface GroupModelOptions {
  readonly draw: Draw
  readonly style: Style
  readonly delivery: Delivery
  readonly steps: number
}

interface Member {
  readonly client: string
  process: number
  memberId: string
  generation: number
  readonly owned: Set<string>
  /** Next offset it would read, by key. */
  readonly next: Map<string, number>
  asleep: boolean
}

interface OpenCommit {
  readonly member: Member
  readonly process: number
  readonly value: unknown
  readonly apply: () => boolean
}

type Offsets = readonly (readonly [key: string, next: number])[]

const topic = 't'
const keys = ['t-0', 't-1', 't-2', 't-3', 't-4']
const sessionMs = 2000
const boundMs = 4000
const millisecond = 1e6

export class GroupModel {
  readonly ops: Op[] = []
  readonly committed: Map<string, number> = new Map()
  readonly log: Map<string, Value[]> = new Map(keys.map((key) => [key, []]))
  members: Member[] = []
  generation = 0
  node = 1
  readonly #options: GroupModelOptions
  #timeMs = 0
  #processes = 100
  #names = 0
  #open: OpenCommit[] = []
  /** Who coordinated before, and has not heard that it does no more. */
  #deposed: { readonly node: number; readonly offsets: Offsets } | undefined
  #isolated = 0

  constructor(options: GroupModelOptions) {
    this.#options = options
    const { style, delivery } = options
    const g = { group: 'g', protocol: this.protocol, assignor: this.assignor, topics: [topic], delivery }
    const groups = [{ ...g, sessionTimeoutMs: sessionMs, rebalanceTimeoutMs: sessionMs, cooperative: style !== 'eager' }]
    this.#record({ process: 'harness', type: 'info', f: 'config', value: { acks: -1, idempotence: true, rebalanceBoundMs: boundMs, groups } })
  }

  get protocol(): GroupProtocol {
    return this.#options.style === 'consumer' ? 'consumer' : 'classic'
  }

  get assignor(): string {
    return { eager: 'range', cooperative: 'cooperative-sticky', consumer: 'uniform' }[this.#options.style]
  }

  get awake(): Member[] {
    return this.members.filter(({ asleep }) => !asleep)
  }

  #record(op: NewOp): void {
    this.ops.push({ index: this.ops.length, time: Math.round(this.#timeMs * millisecond), ...op })
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#options.draw(list.length)]!
  }

  later(ms: number): void {
    this.#timeMs += ms
  }

  /** An op of a member from invocation to completion. */
  do(member: Member, f: string, asked: unknown, end: Partial<NewOp> = {}): void {
    const { process, client } = member
    this.#record({ process, type: 'invoke', f, value: asked, client })
    this.#record({ process, type: 'ok', f, value: asked, client, node: this.node, ...end })
    if (end.type === 'info') member.process = this.#processes++
  }

  mark(member: Member, f: string, value: object): void {
    const { process, client, memberId, generation } = member
    this.#record({ process, type: 'info', f, value: { group: 'g', memberId, ...(f === 'lost' || f === 'heard' ? {} : { generation }), ...value }, client })
  }

  who({ memberId, generation }: Member): { group: string; memberId: string; generation: number } {
    return { group: 'g', memberId, generation }
  }

  join(member: Member): void {
    const asked = { group: 'g', protocol: this.protocol, assignor: this.assignor, topics: [topic] }
    if (member.memberId === '') member.memberId = `m${++this.#names}`
    member.generation = this.generation
    this.do(member, 'join', asked, { value: { ...asked, ...this.who(member) } })
  }

  grant(member: Member, given: readonly string[], incremental: boolean): void {
    const starts = given.map((key) => [key, Math.max(0, this.committed.get(key) ?? 0)] as const)
    for (const [key, offset] of starts) {
      member.owned.add(key)
      member.next.set(key, offset)
    }
    this.mark(member, 'assigned', { keys: given, starts, incremental, since: this.ops.length })
  }

  revoke(member: Member, taken: readonly string[]): void {
    if (taken.length === 0) return
    for (const key of taken) member.owned.delete(key)
    this.mark(member, 'revoked', { keys: taken })
  }

  /** Shares of the members that are awake: the same number each, or one more; who has a key keeps it if it may. */
  shares(): Map<Member, string[]> {
    const { awake } = this
    const most = Math.ceil(keys.length / awake.length)
    const shares = new Map(awake.map((member) => [member, [] as string[]]))
    if (this.#options.style === 'eager') {
      let from = 0
      for (const [at, member] of awake.entries()) {
        const count = Math.floor(keys.length / awake.length) + (at < keys.length % awake.length ? 1 : 0)
        shares.set(member, keys.slice(from, from + count))
        from += count
      }
      return shares
    }
    const least = Math.floor(keys.length / awake.length)
    let larger = keys.length % awake.length
    for (const member of awake.toSorted((a, b) => b.owned.size - a.owned.size)) {
      const quota = larger > 0 && member.owned.size > least ? most : least
      if (quota > least) larger--
      shares.set(member, [...member.owned].slice(0, quota))
    }
    const free = keys.filter((key) => ![...shares.values()].flat().includes(key))
    for (const key of free) [...shares.values()].sort((a, b) => a.length - b.length)[0]!.push(key)
    return shares
  }

  rebalance(): void {
    const { style } = this.#options
    if (this.awake.length === 0) return
    if (style === 'eager') this.#rebalanceEagerly()
    else if (style === 'cooperative') this.#rebalanceCooperatively()
    else this.#reconcile()
  }

  #rebalanceEagerly(): void {
    for (const member of this.awake) this.revoke(member, [...member.owned])
    this.later(this.#options.draw(50))
    this.generation++
    const shares = this.shares()
    for (const member of this.awake) this.join(member)
    for (const [member, share] of shares) this.grant(member, share, false)
  }

  #rebalanceCooperatively(): void {
    this.generation++
    for (const member of this.awake) this.join(member)
    const shares = this.shares()
    const held = new Set(this.awake.flatMap(({ owned }) => [...owned]))
    for (const [member, share] of shares) {
      this.grant(member, share.filter((key) => !member.owned.has(key) && !held.has(key)), true)
      this.revoke(member, [...member.owned].filter((key) => !share.includes(key)))
    }
    this.later(this.#options.draw(50))
    this.generation++
    for (const member of this.awake) this.join(member)
    for (const [member, share] of shares) this.grant(member, share.filter((key) => !member.owned.has(key)), true)
  }

  #reconcile(): void {
    this.generation++
    const shares = this.shares()
    for (const [member, share] of shares) {
      if (member.memberId === '') this.join(member)
      this.revoke(member, [...member.owned].filter((key) => !share.includes(key)))
      member.generation = this.generation
    }
    for (const [member, share] of shares) {
      this.later(this.#options.draw(20))
      const added = share.filter((key) => !member.owned.has(key))
      if (added.length > 0) this.grant(member, added, true)
    }
  }

  fresh(): Member {
    const member: Member = {
      client: `member-${this.#processes}`, process: this.#processes++, memberId: '', generation: -1, owned: new Set(), next: new Map(), asleep: false,
    }
    this.members.push(member)
    return member
  }

  #remove(member: Member): void {
    this.members = this.members.filter((other) => other !== member)
  }

  /** The commit a member would make of what it has read. */
  offsets(member: Member): [string, number][] {
    return [...member.owned].map((key) => [key, member.next.get(key)!])
  }

  commit(member: Member, offsets: Offsets, accept: boolean = !member.asleep): void {
    if (offsets.length === 0) return
    const value = { ...this.who(member), offsets }
    if (!accept) return this.do(member, 'commit', value, { type: 'fail', error: { code: 'ILLEGAL_GENERATION', definite: true } })
    for (const [key, offset] of offsets) this.committed.set(key, offset)
    this.do(member, 'commit', value)
  }

  /** A commit whose answer is a while in coming, or never comes. */
  #openCommit(member: Member): void {
    const offsets = this.offsets(member)
    if (offsets.length === 0 || this.#open.some((each) => each.member === member)) return
    const { process, client, generation } = member
    const value = { ...this.who(member), offsets }
    this.#record({ process, type: 'invoke', f: 'commit', value, client })
    member.process = this.#processes++
    const apply = (): boolean => {
      const isMember = this.members.includes(member) && !member.asleep && member.generation === generation
      const taken = offsets.filter(([key]) => member.owned.has(key))
      const isNewest = taken.every(([key, offset]) => (this.committed.get(key) ?? 0) <= offset)
      if (!isMember || taken.length < offsets.length || !isNewest) return false
      for (const [key, offset] of offsets) this.committed.set(key, offset)
      return true
    }
    this.#open.push({ member, process, value, apply })
  }

  #closeCommit(): void {
    const open = this.#open.shift()
    if (open === undefined) return
    const { member: { client }, process, value } = open
    const happened = open.apply()
    const isKnown = this.#options.draw(3) > 0
    if (happened && isKnown) this.#record({ process, type: 'ok', f: 'commit', value, client, node: this.node })
    else if (isKnown) this.#record({ process, type: 'fail', f: 'commit', value, client, error: { code: 'ILLEGAL_GENERATION', definite: true } })
    else this.#record({ process, type: 'info', f: 'commit', value, client, error: { code: 'TIMED_OUT', definite: false } })
  }

  send(key: string): void {
    const log = this.log.get(key)!
    const value = `${key}/${log.length}`
    const offset = log.push(value) - 1
    const member = { client: 'producer', process: 0 } as Member
    this.do(member, 'send', [{ f: 'send', key, value }], { value: [{ f: 'send', key, value, offset }], node: 1 })
  }

  /** Reads from a key and works on it; commits before or after, as the delivery wants. */
  consume(member: Member, key: string): void {
    const from = member.next.get(key)!
    const count = Math.min(this.log.get(key)!.length - from, 1 + this.#options.draw(4))
    if (count <= 0) return
    const records = this.log.get(key)!.slice(from, from + count).map((value, at) => [from + at, value] as const)
    this.do(member, 'poll', [{ f: 'poll' }], { value: [{ f: 'poll', polled: [[key, records]] }] })
    member.next.set(key, from + count)
    if (this.#options.delivery !== 'at-least-once') this.commit(member, [[key, from + count]])
    if (!this.members.includes(member)) return
    const value = { ...this.who(member), key, offsets: [from, from + count - 1] as const }
    if (this.#options.draw(20) === 0) {
      this.do(member, 'process', value, { type: 'info', value: { ...value, done: from - 1 + this.#options.draw(count) } })
      return this.#crash(member)
    }
    this.do(member, 'process', value)
    if (this.#options.delivery === 'at-least-once' && this.#options.draw(2) === 0) this.commit(member, [[key, from + count]])
  }

  #crash(member: Member): void {
    this.do(member, 'crash', null, { type: 'info' })
    this.#remove(member)
    this.later(sessionMs)
    this.rebalance()
  }

  #wake(member: Member): void {
    if (this.#options.draw(2) === 0) this.commit(member, this.offsets(member))
    this.mark(member, 'lost', { keys: [...member.owned], reason: 'UNKNOWN_MEMBER_ID' })
    member.owned.clear()
    member.memberId = ''
    member.asleep = false
    this.rebalance()
  }

  #leave(member: Member): void {
    this.commit(member, this.#options.delivery === 'at-least-once' ? this.offsets(member) : [])
    this.do(member, 'leave', { group: 'g', memberId: member.memberId })
    this.#remove(member)
    this.rebalance()
  }

  heard(member: Member): void {
    this.mark(member, 'heard', { sentAt: Math.round(this.#timeMs * millisecond) })
  }

  /** Everybody who is awake is heard of, and it is quiet for a while. */
  rest(ms: number): void {
    this.#heal()
    this.later(ms / 2)
    for (const member of this.awake) this.heard(member)
    this.later(ms / 2)
    this.fetch(this.awake[0]!)
  }

  fetch(member: Member, group: string = 'g', offsets: Offsets = this.#allCommitted()): void {
    this.do(member, 'offsets', { group }, { value: { group, offsets } })
  }

  #allCommitted(): Offsets {
    return keys.map((key) => [key, this.committed.get(key) ?? -1])
  }

  #step(): void {
    const { draw } = this.#options
    this.later(draw(200))
    const { awake } = this
    const choice = draw(24)
    if (choice < 6) return this.send(this.#pick(keys))
    if (awake.length === 0) {
      this.fresh()
      return this.rebalance()
    }
    const member = this.#pick(awake)
    if (choice < 14 && member.owned.size > 0) return this.consume(member, this.#pick([...member.owned]))
    if (choice === 14) return this.heard(member)
    if (choice === 15) return this.#openCommit(member)
    if (choice === 16) return this.#closeCommit()
    if (choice === 17) return this.fetch(member)
    if (choice === 18) return draw(3) === 0 ? this.#askDeposed(member) : this.#depose()
    return this.#churn(member, choice)
  }

  #depose(): void {
    const { node } = this
    this.#heal()
    this.node = 1 + this.#options.draw(3)
    if (this.node === node) return
    this.#deposed = { node, offsets: this.#allCommitted() }
    this.#isolated++
    this.#isolation('start', { targets: [node] })
    this.#isolation('evidence', { inForce: true, evidence: 'unheard' })
  }

  #isolation(action: string, more: object): void {
    this.#record({ process: 'nemesis', type: 'info', f: 'isolate', value: { id: this.#isolated, action, ...more } })
  }

  /** Who was deposed hears of it. */
  #heal(): void {
    if (this.#deposed === undefined) return
    this.#deposed = undefined
    this.#isolation('stop', {})
    this.#isolation('healed', { evidence: 'heard' })
  }

  #askDeposed(member: Member): void {
    if (this.#deposed === undefined) return
    const { node, offsets } = this.#deposed
    this.do(member, 'offsets', { group: 'g' }, { value: { group: 'g', offsets }, node })
  }

  #churn(member: Member, choice: number): void {
    const sleeper = this.members.find(({ asleep }) => asleep)
    if (choice === 19 && this.members.length < 4) {
      this.fresh()
      this.rebalance()
    } else if (choice === 20 && this.awake.length > 1) this.#leave(member)
    else if (choice === 21 && this.awake.length > 1) {
      member.asleep = true
      this.later(sessionMs)
      this.rebalance()
    } else if (choice === 22 && sleeper !== undefined) this.#wake(sleeper)
    else if (choice === 23 && this.awake.length > 1) this.#crash(member)
  }

  /** Everything is said and done: two members at least, everybody awake, all read, committed and fetched. */
  settle(): void {
    this.#heal()
    while (this.#open.length > 0) this.#closeCommit()
    for (const member of this.members.filter(({ asleep }) => asleep)) this.#wake(member)
    for (const key of keys) this.send(key)
    while (this.members.length < 2) {
      this.fresh()
      this.rebalance()
    }
    for (let more = true; more;) {
      more = false
      for (const member of this.members) {
        for (const key of member.owned) {
          if (member.next.get(key)! >= this.log.get(key)!.length) continue
          more = true
          this.consume(member, key)
          if (!this.members.includes(member)) break
        }
      }
    }
    while (this.members.length < 2) {
      this.fresh()
      this.rebalance()
    }
    for (const member of this.members) this.commit(member, this.offsets(member))
    this.fetch(this.members[0]!)
    this.#finalPoll()
  }

  /** Somebody else reads everything. */
  #finalPoll(): void {
    const polled = keys.map((key) => [key, this.log.get(key)!.map((value, offset) => [offset, value] as const)] as const)
    const member = { client: 'reader', process: 1 } as Member
    this.do(member, 'poll', [{ f: 'poll' }], { value: [{ f: 'poll', polled }], node: 1 })
  }

  run(): this {
    for (let step = 0; step < this.#options.steps; step++) this.#step()
    this.settle()
    return this
  }
}
