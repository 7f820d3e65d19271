/**
 * How the simulated network behaves: delays, stalls and cuts, drawn from one stream; and what went over it.
 */
import { randomChance, randomInt } from '../ports/random.ts'
import type { Random } from '../ports/random.ts'
import type { Timeline } from './timeline.ts'

export interface NetworkOptions {
  /** One way; drawn for every frame, but frames of one direction never overtake each other. */
  readonly delayMsMin: number
  readonly delayMsMax: number
  /** Per frame: it, and so all behind it, comes up to `stallMsMax` later. */
  readonly stallProbability: number
  readonly stallMsMax: number
  /** Per frame: the connection breaks right after it was sent. */
  readonly closeProbability: number
  /** Per held connection when a blocked link heals: it breaks instead of delivering late. */
  readonly resetOnHealProbability: number
  /** Default 104857600. */
  readonly maxFrameBytes?: number
  /** `isFull` at this many bytes the other side has not taken. Default 1 MiB. */
  readonly outputLimitBytes?: number
}

/** A network in which nothing goes wrong. */
export const calmNetwork: NetworkOptions = {
  delayMsMin: 0.1,
  delayMsMax: 1,
  stallProbability: 0,
  stallMsMax: 0,
  closeProbability: 0,
  resetOnHealProbability: 0,
}

/** Taken by the receiving nodes; `bytes` without the length bytes. */
export interface NetworkStats {
  connections: number
  frames: number
  bytes: number
}

export class Wire {
  readonly timeline: Timeline
  readonly stats: NetworkStats
  readonly #random: Random
  options: NetworkOptions

  constructor(timeline: Timeline, random: Random, options: NetworkOptions, stats: NetworkStats) {
    this.timeline = timeline
    this.#random = random
    this.options = options
    this.stats = stats
  }

  get maxFrameBytes(): number {
    return this.options.maxFrameBytes ?? 104_857_600
  }

  get outputLimitBytes(): number {
    return this.options.outputLimitBytes ?? 1 << 20
  }

  delayMs(): number {
    const { delayMsMin, delayMsMax } = this.options
    return delayMsMin + this.#random.next() * (delayMsMax - delayMsMin)
  }

  /** As `delayMs`, with the occasional stall. */
  frameDelayMs(): number {
    const { stallProbability, stallMsMax } = this.options
    const delayMs = this.delayMs()
    return this.chance(stallProbability) ? delayMs + this.#random.next() * stallMsMax : delayMs
  }

  upToMs(limitMs: number): number {
    return this.#random.next() * limitMs
  }

  /** Draws nothing when the answer is certain. */
  chance(probability: number): boolean {
    return probability > 0 && randomChance(this.#random, probability)
  }

  below(bound: number): number {
    return randomInt(this.#random, bound)
  }
}
