/**
 * Breaks and heals by schedule: each lane waits a quiet spell, takes aim, injects, holds, heals, and begins again. Every
 * step is an op of process `nemesis`, with the evidence beside it; the history alone then tells what was in force when.
 */
import type { OpSink } from '../history/recorder.ts'
import type { TimerId } from '../ports/events.ts'
import type { Loop } from '../ports/loop.ts'
import { randomChance, randomPick, type Random } from '../ports/random.ts'
import { takeAim, type Aim } from './aim.ts'
import type { BrokerControl, ClusterView } from './control.ts'
import type { Fault, FaultContext, Shown } from './fault.ts'

/** Both ends included, in milliseconds. */
export type Span = readonly [low: number, high: number]

export interface PlannedAttack {
  readonly fault: Fault
  readonly aim: Aim
}

export interface NemesisPlan {
  readonly attacks: readonly PlannedAttack[]
  /** Comes before all of them, once, whatever the mix: for what every run must have been through. */
  readonly opening?: PlannedAttack
  /** Attacks that may be in force at one time. */
  readonly lanes: number
  readonly quietMs: Span
  readonly holdMs: Span
  /** How long a mix of a few of the attacks, or none for a quiet while, is what is drawn from. All of them when missing. */
  readonly rotateMs?: Span
  /**
   * Holds at least as long as the healing before took: where brokers start slowly, the time in which something is broken would
   * otherwise be lost in that in which it is mended.
   */
  readonly holdsAsHealed?: true
  /** Takes the attacks one after another, round and round, instead of by lot. */
  readonly inTurn?: true
}

/** Says no to what would break more than the run is about. */
export interface Guard {
  mayHit(fault: Fault, targets: readonly number[]): boolean
  /** It is about to be done. */
  hit(fault: Fault, targets: readonly number[], nowMs: number): void
}

export interface NemesisOptions {
  readonly loop: Loop
  readonly random: Random
  readonly recorder: OpSink
  readonly control: BrokerControl
  readonly view: ClusterView
  readonly plan: NemesisPlan
  readonly evidenceTimeoutMs: number
  readonly guard?: Guard
}

/** One way through an attack; a lane has at most one. */
interface Attack {
  readonly id: number
  readonly fault: Fault
  readonly aim: Aim
  readonly targets: readonly number[]
  /** One object from injection to healing: faults keep what they know of an attack by it. */
  readonly context: { -readonly [Part in keyof FaultContext]: FaultContext[Part] }
  /** Injected and shown, or given up: healing may begin. */
  settled: boolean
  isShown: boolean
  whenSettled: () => void
}

interface Lane {
  attack: Attack | undefined
  /** Who is to be told when the healing under way has ended; undefined without one. */
  healing: (() => void)[] | undefined
  timer: TimerId | undefined
}

/** Attacks of one mix, and how often the mix is none. */
const mixSize = 3
const calmChance = 1 / 4
/** How long a lane waits for somebody to have the role it aims at. */
const patienceMs = 5000
const lookAgainMs = 100

/** What heals beside another attack that keeps, say, the quorum away cannot show it before that one has ended. */
const healPatience = 5

export class Nemesis {
  readonly #options: NemesisOptions
  readonly #lanes: readonly Lane[]
  /** An attack has its targets to itself, so that what is seen of them is its own doing. */
  readonly #taken = new Set<number>()
  #nextId = 1
  /** How many attacks were taken in turn. */
  #turn = 0
  /** Still to come. */
  #opening: PlannedAttack | undefined
  #stopping = false
  #startedMs: number | undefined
  #lastHealMs = 0
  /** How many are in force, since when that has been so, and for how long some were before. */
  #inForce = 0
  #countedMs = 0
  #heldMs = 0
  #mix: NemesisPlan['attacks']
  #rotation: TimerId | undefined

  constructor(options: NemesisOptions) {
    this.#options = options
    this.#lanes = Array.from({ length: options.plan.lanes }, () => ({ attack: undefined, healing: undefined, timer: undefined }))
    this.#mix = options.plan.attacks
    this.#opening = options.plan.opening
  }

  /** Begins, or goes on when everything has healed after a stop. */
  start(): void {
    this.#stopping = false
    this.#startedMs ??= this.#options.loop.now()
    this.#rotate()
    for (const lane of this.#lanes) this.#rest(lane)
  }

  /** Heals everything; `done` when it is shown to be healed, or was not in time (the history says which). */
  stop(done: () => void): void {
    this.#stopping = true
    if (this.#rotation !== undefined) this.#options.loop.cancel(this.#rotation)
    let open = this.#lanes.length
    for (const lane of this.#lanes) {
      if (lane.timer !== undefined) this.#options.loop.cancel(lane.timer)
      this.#heal(lane, () => {
        open--
        if (open === 0) done()
      })
    }
  }

  /** Of the time until everything would be healed, if it were ended now, the part in which something was in force. */
  get shareInForce(): number {
    this.#count(0)
    const isOpen = this.#lanes.some(({ attack, healing }) => attack !== undefined || healing !== undefined)
    return this.#heldMs / (this.#countedMs - this.#startedMs! + (isOpen ? this.#lastHealMs : 0))
  }

  #count(more: number): void {
    const nowMs = this.#options.loop.now()
    if (this.#inForce > 0) this.#heldMs += nowMs - this.#countedMs
    this.#countedMs = nowMs
    this.#inForce += more
  }

  #holdMs(): number {
    const { holdMs, holdsAsHealed } = this.#options.plan
    const drawnMs = this.#span(holdMs)
    return holdsAsHealed === true ? Math.max(drawnMs, this.#lastHealMs) : drawnMs
  }

  /** Injects once, outside of the schedule, and never heals: for what is to stay broken. */
  strike(fault: Fault, targets: readonly number[], done: () => void): void {
    const attack = this.#newAttack(fault, 'one', targets)
    if (attack === undefined) throw new Error(`${fault.name} cannot hit ${targets.join(', ')} now`)
    attack.whenSettled = done
    this.#inject(attack)
  }

  #span([low, high]: Span): number {
    return low + (high - low) * this.#options.random.next()
  }

  #rotate(): void {
    const { loop, random, plan } = this.#options
    if (plan.rotateMs === undefined) return
    const isCalm = randomChance(random, calmChance)
    this.#mix = isCalm ? [] : Array.from({ length: mixSize }, () => randomPick(random, plan.attacks))
    this.#rotation = loop.after(this.#span(plan.rotateMs), () => this.#rotate())
  }

  #rest(lane: Lane): void {
    lane.timer = this.#options.loop.after(this.#span(this.#options.plan.quietMs), () => this.#attack(lane))
  }

  #attack(lane: Lane): void {
    const { random, plan, loop } = this.#options
    const deadlineMs = loop.now() + patienceMs
    if (this.#opening !== undefined) return this.#lieInWait(lane, this.#opening, deadlineMs)
    if (this.#mix.length === 0) return this.#rest(lane)
    const next = plan.inTurn === undefined ? randomPick(random, this.#mix) : this.#mix[this.#turn++ % this.#mix.length]!
    return this.#lieInWait(lane, next, deadlineMs)
  }

  /** Strikes as soon as there is whom to hit: the last broker in sync, say, is there only now and then, and not for long. */
  #lieInWait(lane: Lane, next: PlannedAttack, deadlineMs: number): void {
    const { loop, plan } = this.#options
    // Another lane has had it.
    if (next === plan.opening && this.#opening === undefined) return this.#attack(lane)
    const attack = this.#aimed(next)
    if (attack !== undefined) {
      if (next === this.#opening) this.#opening = undefined
      return this.#strike(lane, attack)
    }
    if (loop.now() >= deadlineMs) return this.#rest(lane)
    lane.timer = loop.after(lookAgainMs, () => this.#lieInWait(lane, next, deadlineMs))
  }

  #aimed({ fault, aim }: PlannedAttack): Attack | undefined {
    const { random, control, view, guard } = this.#options
    const targets = takeAim(aim, { control, view, taken: this.#taken }, random)
    const mayHit = targets.length > 0 && guard?.mayHit(fault, targets) !== false
    return mayHit ? this.#newAttack(fault, aim, targets) : undefined
  }

  #strike(lane: Lane, attack: Attack): void {
    const { fault, targets } = attack
    lane.attack = attack
    if (fault.sharesTargets === undefined) for (const id of targets) this.#taken.add(id)
    attack.whenSettled = () => {
      if (this.#stopping) return
      lane.timer = this.#options.loop.after(this.#holdMs(), () =>
        this.#heal(lane, () => {
          if (!this.#stopping) this.#rest(lane)
        }),
      )
    }
    return this.#inject(attack)
  }

  /** Undefined when the fault has nothing to do there. */
  #newAttack(fault: Fault, aim: Aim, targets: readonly number[]): Attack | undefined {
    const { loop, control, view, evidenceTimeoutMs, random } = this.#options
    const parameters = fault.draw === undefined ? {} : fault.draw(random, { control, targets })
    if (parameters === undefined) return undefined
    const context: FaultContext = { loop, control, view, evidenceTimeoutMs, parameters }
    return { id: this.#nextId++, fault, aim, targets, context, settled: false, isShown: false, whenSettled: () => undefined }
  }

  #inject(attack: Attack): void {
    const { fault, aim, targets, context } = attack
    this.#options.guard?.hit(fault, targets, context.loop.now())
    this.#record(attack, { action: 'start', parameters: { aim, ...context.parameters } })
    fault.inject(context, targets, ({ shown, evidence }) => {
      this.#record(attack, { action: 'evidence', inForce: shown, evidence })
      attack.isShown = shown
      if (shown) this.#count(1)
      attack.settled = true
      attack.whenSettled()
    })
  }

  #heal(lane: Lane, done: () => void): void {
    const { attack, healing } = lane
    if (healing !== undefined) return void healing.push(done)
    if (attack === undefined) return done()
    if (!attack.settled) {
      attack.whenSettled = () => this.#heal(lane, done)
      return
    }
    lane.attack = undefined
    lane.healing = [done]
    attack.context.evidenceTimeoutMs *= healPatience
    const { whenOver } = attack.fault
    if (whenOver === undefined) return this.#mend(lane, attack)
    return whenOver(attack.context, () => this.#mend(lane, attack))
  }

  #mend(lane: Lane, attack: Attack): void {
    this.#record(attack, { action: 'stop' })
    if (attack.isShown) this.#count(-1)
    const stoppedMs = attack.context.loop.now()
    attack.fault.heal(attack.context, attack.targets, ({ shown, evidence }: Shown) => {
      this.#record(attack, { action: 'healed', inForce: !shown, evidence })
      this.#lastHealMs = attack.context.loop.now() - stoppedMs
      if (attack.fault.sharesTargets === undefined) for (const id of attack.targets) this.#taken.delete(id)
      const waiting = lane.healing!
      lane.healing = undefined
      for (const tell of waiting) tell()
    })
  }

  #record(attack: Attack, what: Readonly<Record<string, unknown>>): void {
    const { id, fault, targets } = attack
    this.#options.recorder.record({
      process: 'nemesis',
      type: 'info',
      f: fault.name,
      value: { id, targets, ...what },
    })
  }
}
