/**
 * One group whose members come and go: they leave, die, freeze past their session and wake up as zombies that commit before
 * they hear of it, come back under their instance id, and change what they read. Each seat of the group is one member after
 * another; at least one seat is always taken or about to be.
 */
import { randomBetween, randomChance, randomInt, randomPick, type Random } from '../../ports/random.ts'
import { OwnTimers } from '../../ports/own-timers.ts'
import { Consuming, crashPoints, type ConsumingOptions, type ConsumingSetup } from '../groups/consuming.ts'
import { memberOptions, type GroupPlan } from '../groups/group-plan.ts'
import type { MemberContext } from '../groups/member-process.ts'

export interface LifeOptions {
  readonly plan: GroupPlan
  readonly consuming: ConsumingOptions
  readonly handling?: Handling
  /** Between two events of this group, about; 0 for none. */
  readonly churnMs: number
  /** What can happen; everything when missing. */
  readonly events?: readonly ChurnEvent[]
}

/** What its members do beside the ordinary. */
export type Handling = Pick<ConsumingSetup, 'poison' | 'onPolled'>

export type ChurnEvent = 'crash' | 'crash-at-work' | 'pause' | 'resubscribe' | 'leave'

/** Pauses and departures are worth more than the others. */
const everything: readonly ChurnEvent[] = ['crash', 'pause', 'pause', 'resubscribe', 'leave', 'leave']

interface Seat {
  readonly name: string
  readonly instanceId: string | undefined
  life: number
  member: Consuming | undefined
  /** Something is happening to it. */
  isBusy: boolean
  topics: readonly string[]
}

export type ChurnName = 'joins' | 'leaves' | 'crashes' | 'pauses' | 'staticRestarts' | 'subscriptionChanges'

/** A crash point that is not reached by then is reached at once. */
const crashAtLatestMs = 2000
const overAgainMs = 100

export class GroupLife {
  readonly #context: MemberContext
  readonly #options: LifeOptions
  readonly #seats: readonly Seat[]
  readonly counts: Record<ChurnName, number> = { joins: 0, leaves: 0, crashes: 0, pauses: 0, staticRestarts: 0, subscriptionChanges: 0 }
  readonly #timers: OwnTimers
  #isCalm = false
  #isLeaving = false
  #isClosed = false

  constructor(context: MemberContext, options: LifeOptions) {
    this.#context = context
    this.#timers = new OwnTimers(context.loop)
    this.#options = options
    const { group, members, staticMembers, topics, joinsAfterMs = 0 } = options.plan
    this.#seats = Array.from({ length: members }, (_, i) => ({
      name: `${group}-member-${i}`,
      instanceId: i < staticMembers ? `${group}-instance-${i}` : undefined,
      life: 0,
      member: undefined,
      isBusy: false,
      topics,
    }))
    for (const seat of this.#seats) this.#after(joinsAfterMs + randomInt(this.#random, 500), () => this.#join(seat))
    if (options.churnMs > 0) this.#nextEvent()
  }

  get #random(): Random {
    return this.#context.random
  }

  /** Nothing more happens; every seat is taken again, and reads everything. */
  calm(): void {
    this.#isCalm = true
    for (const seat of this.#seats) this.#readAll(seat)
  }

  /** All members leave, one after the other; `done` when they have. Nobody comes any more. */
  leave(done: () => void): void {
    this.#isLeaving = true
    const member = this.#seats.map((seat) => seat.member).find((each) => each !== undefined && !each.process.isOver)
    if (member === undefined) return done()
    let isOver = false
    const over = (): void => {
      if (isOver) return
      isOver = true
      this.leave(done)
    }
    member.leave(over)
    return this.#whenOver(member, over)
  }

  /** Who dies before it has left, as was decided earlier, is over as well. */
  #whenOver(member: Consuming, over: () => void): void {
    if (member.process.isOver) over()
    else this.#after(overAgainMs, () => this.#whenOver(member, over))
  }

  close(): void {
    this.#isClosed = true
    this.#timers.close()
    for (const { member } of this.#seats) member?.process.close()
  }

  #after(delayMs: number, act: () => void): void {
    this.#timers.after(delayMs, () => {
      if (!this.#isClosed) act()
    })
  }

  #join(seat: Seat): void {
    const { plan, consuming, handling } = this.#options
    this.counts.joins++
    const member = new Consuming(this.#context, {
      name: `${seat.name}-${seat.life++}`,
      member: { ...memberOptions(plan, seat.instanceId), topics: seat.topics },
      consuming,
      ...handling,
      onDied: () => this.#died(seat, member),
    })
    seat.member = member
    seat.isBusy = false
  }

  /** Not as it was told to; somebody starts it again soon. */
  #died(seat: Seat, member: Consuming): void {
    this.counts.crashes++
    if (seat.member === member) this.#returns(seat, randomBetween(this.#random, 200, 1000))
  }

  // What happens

  #nextEvent(): void {
    this.#after(this.#options.churnMs * (0.5 + this.#random.next()), () => {
      if (this.#isCalm) return
      const idle = this.#seats.filter(({ member, isBusy }) => member !== undefined && !isBusy)
      if (idle.length > 0) this.#happenTo(randomPick(this.#random, idle))
      this.#nextEvent()
    })
  }

  #happenTo(seat: Seat): void {
    seat.isBusy = true
    const others = this.#seats.filter((each) => each !== seat && each.member !== undefined && !each.isBusy).length
    const events = (this.#options.events ?? everything).filter((event) => event !== 'leave' || others > 0)
    const happens: Readonly<Record<ChurnEvent, () => void>> = {
      'crash': () => this.#crash(seat),
      'crash-at-work': () => this.#crashAtWork(seat),
      'pause': () => this.#pause(seat),
      'resubscribe': () => this.#resubscribe(seat),
      'leave': () => this.#leaveAndReturn(seat),
    }
    const event = events.length === 0 ? undefined : randomPick(this.#random, events)
    if (event === undefined) seat.isBusy = false
    else happens[event]()
  }

  #returns(seat: Seat, afterMs: number): void {
    seat.member = undefined
    this.#after(afterMs, () => {
      if (!this.#isLeaving) this.#join(seat)
    })
  }

  #leaveAndReturn(seat: Seat): void {
    this.counts.leaves++
    seat.member!.leave(() => this.#returns(seat, randomBetween(this.#random, 100, 3000)))
  }

  /** Who owns nothing yet is spared: else a group whose sessions are long would never come to its work. */
  #crashAtWork(seat: Seat): void {
    if (seat.member!.process.member.owned.length > 0) this.#crash(seat)
    else seat.isBusy = false
  }

  /** Who has an instance id is back within its session, more often than not. */
  #crash(seat: Seat): void {
    const { sessionTimeoutMs } = this.#options.plan.times
    const member = seat.member!
    const isQuick = seat.instanceId !== undefined && randomChance(this.#random, 0.7)
    const awayMs = isQuick ? sessionTimeoutMs * 0.5 * this.#random.next() : sessionTimeoutMs * 2 * this.#random.next()
    this.counts[isQuick ? 'staticRestarts' : 'crashes']++
    const dead = (): void => {
      if (seat.member === member) this.#returns(seat, awayMs)
    }
    member.crashAt(randomPick(this.#random, crashPoints), dead)
    this.#after(crashAtLatestMs, () => {
      if (seat.member !== member || member.process.isOver) return
      member.crash()
      dead()
    })
  }

  #pause(seat: Seat): void {
    const { sessionTimeoutMs } = this.#options.plan.times
    const member = seat.member!
    const pauseMs = sessionTimeoutMs * (0.3 + 2 * this.#random.next())
    const zombieMs = randomPick(this.#random, [0, 100, 500])
    const woken = { is: false }
    member.freezeBeforeCommit(() => {
      this.counts.pauses++
      this.#after(pauseMs, () => {
        woken.is = true
        member.thaw(zombieMs)
        seat.isBusy = false
      })
    })
    // It may never have anything to commit.
    this.#after(pauseMs + 2 * sessionTimeoutMs, () => {
      if (!woken.is) seat.isBusy = false
    })
  }

  #resubscribe(seat: Seat): void {
    const { topics } = this.#options.plan
    if (topics.length > 1) {
      this.counts.subscriptionChanges++
      seat.topics = seat.topics.length === topics.length ? [randomPick(this.#random, topics)] : topics
      seat.member!.process.subscribe(seat.topics)
    }
    seat.isBusy = false
  }

  #readAll(seat: Seat): void {
    const { topics } = this.#options.plan
    if (seat.topics.length === topics.length) return
    seat.topics = topics
    seat.member?.process.subscribe(topics)
  }
}
