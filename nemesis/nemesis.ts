/**
 * Breaks and heals by schedule: each lane waits a quiet spell, takes aim, injects, holds, heals, and begins again. Every
 * step is an op of process `nemesis`, with the evidence beside it; the history alone then tells what was in force when.
 */
import type { Recorder } from '../history/recorder.ts'
import type { TimerId } from '../ports/events.ts'
import type { Loop } from '../ports/loop.ts'
import { randomPick, type Random } from '../ports/random.ts'
import { takeAim, type Aim } from './aim.ts'
import type { BrokerControl, ClusterView } from './control.ts'
import type { Fault, FaultContext, Shown } from './fault.ts'

/** Both ends included, in milliseconds. */
export type Span = readonly [low: number, high: number]

export interface NemesisPlan {
  readonly attacks: readonly { readonly fault: Fault; readonly aim: Aim }[]
  /** Attacks that may be in force at one time. */
  readonly lanes: number
  readonly quietMs: Span
  readonly holdMs: Span
}

export interface NemesisOptions {
  readonly loop: Loop
  readonly random: Random
  readonly recorder: Recorder
  readonly control: BrokerControl
  readonly view: ClusterView
  readonly plan: NemesisPlan
  readonly evidenceTimeoutMs: number
}

/** One way through an attack; a lane has at most one. */
interface Attack {
  readonly id: number
  readonly fault: Fault
  readonly aim: Aim
  readonly targets: readonly number[]
  /** Injected and shown, or given up: healing may begin. */
  settled: boolean
  whenSettled: () => void
}

interface Lane {
  attack: Attack | undefined
  timer: TimerId | undefined
}

export class Nemesis {
  readonly #options: NemesisOptions
  readonly #lanes: readonly Lane[]
  /** An attack has its targets to itself, so that what is seen of them is its own doing. */
  readonly #taken = new Set<number>()
  #nextId = 1
  #stopping = false

  constructor(options: NemesisOptions) {
    this.#options = options
    this.#lanes = Array.from({ length: options.plan.lanes }, () => ({ attack: undefined, timer: undefined }))
  }

  start(): void {
    for (const lane of this.#lanes) this.#rest(lane)
  }

  /** Heals everything; `done` when it is shown to be healed, or was not in time (the history says which). */
  stop(done: () => void): void {
    this.#stopping = true
    let open = this.#lanes.length
    for (const lane of this.#lanes) {
      if (lane.timer !== undefined) this.#options.loop.cancel(lane.timer)
      this.#heal(lane, () => {
        open--
        if (open === 0) done()
      })
    }
  }

  /** Injects once, outside of the schedule, and never heals: for what is to stay broken. */
  strike(fault: Fault, targets: readonly number[], done: () => void): void {
    const attack = this.#newAttack(fault, 'one', targets)
    attack.whenSettled = done
    this.#inject(attack)
  }

  get #context(): FaultContext {
    const { loop, control, view, evidenceTimeoutMs } = this.#options
    return { loop, control, view, evidenceTimeoutMs }
  }

  #span([low, high]: Span): number {
    return low + (high - low) * this.#options.random.next()
  }

  #rest(lane: Lane): void {
    lane.timer = this.#options.loop.after(this.#span(this.#options.plan.quietMs), () => this.#attack(lane))
  }

  #attack(lane: Lane): void {
    const { random, plan } = this.#options
    const { fault, aim } = randomPick(random, plan.attacks)
    const { control, view } = this.#options
    const targets = takeAim(aim, { control, view, taken: this.#taken }, random)
    if (targets.length === 0) return this.#rest(lane)
    const attack = this.#newAttack(fault, aim, targets)
    lane.attack = attack
    for (const id of targets) this.#taken.add(id)
    attack.whenSettled = () => {
      if (this.#stopping) return
      lane.timer = this.#options.loop.after(this.#span(plan.holdMs), () =>
        this.#heal(lane, () => {
          if (!this.#stopping) this.#rest(lane)
        }),
      )
    }
    return this.#inject(attack)
  }

  #newAttack(fault: Fault, aim: Aim, targets: readonly number[]): Attack {
    return { id: this.#nextId++, fault, aim, targets, settled: false, whenSettled: () => undefined }
  }

  #inject(attack: Attack): void {
    const { fault, aim, targets } = attack
    this.#record(attack, { action: 'start', parameters: { aim } })
    fault.inject(this.#context, targets, ({ shown, evidence }) => {
      this.#record(attack, { action: 'evidence', inForce: shown, evidence })
      attack.settled = true
      attack.whenSettled()
    })
  }

  #heal(lane: Lane, done: () => void): void {
    const { attack } = lane
    if (attack === undefined) return done()
    if (!attack.settled) {
      attack.whenSettled = () => this.#heal(lane, done)
      return
    }
    lane.attack = undefined
    this.#record(attack, { action: 'stop' })
    attack.fault.heal(this.#context, attack.targets, ({ shown, evidence }: Shown) => {
      this.#record(attack, { action: 'healed', inForce: !shown, evidence })
      for (const id of attack.targets) this.#taken.delete(id)
      done()
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
