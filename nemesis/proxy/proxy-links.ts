/**
 * The rules of the proxy: which directed links are cut, what waits on them, and what a heal makes of it. By lot a held
 * connection is reset, or what it held comes late, as TCP does after a cut: at most as late as the cut was long.
 */
import { randomChance, randomPick, type Random } from '../../ports/random.ts'
import type { HeldByLink, LinkTraffic } from '../control.ts'
import { linkName, type Link } from '../links.ts'
import type { Pipe } from './pipe.ts'

export interface ProxyLink {
  isCut: boolean
  cutAtMs: number
  /** Let through since the beginning. */
  movedBytes: number
  /** Pipes with something that waits, also after the heal until it is released. */
  readonly holding: Set<Pipe>
}

export interface LateRelease {
  readonly pipe: Pipe
  readonly lateMs: number
}

export interface Healed {
  readonly held: readonly HeldByLink[]
  /** To be released by who has a clock. */
  readonly late: readonly LateRelease[]
}

/** Of the held connections of one heal: none are reset, some, or all. */
const resetChances = [0, 0.5, 1]
/** A kernel tries again at growing intervals; this is about the longest it waits. */
const latestAfterHealMs = 15_000

export class ProxyLinks {
  readonly #random: Random
  readonly #links = new Map<string, ProxyLink>()

  constructor(random: Random) {
    this.#random = random
  }

  link(link: Link): ProxyLink {
    const name = linkName(link)
    let found = this.#links.get(name)
    if (found === undefined) {
      found = { isCut: false, cutAtMs: 0, movedBytes: 0, holding: new Set() }
      this.#links.set(name, found)
    }
    return found
  }

  cut(links: readonly Link[], nowMs: number): void {
    for (const each of links) {
      const link = this.link(each)
      if (!link.isCut) link.cutAtMs = nowMs
      link.isCut = true
    }
  }

  heal(links: readonly Link[], nowMs: number): Healed {
    const late: LateRelease[] = []
    const resetChance = randomPick(this.#random, resetChances)
    const held = links.map((each): HeldByLink => {
      const link = this.link(each)
      link.isCut = false
      const latestMs = Math.min(latestAfterHealMs, nowMs - link.cutAtMs)
      const count = { heldBytes: 0, connections: 0, resetConnections: 0 }
      for (const pipe of link.holding) {
        const isReset = pipe.isProbe || randomChance(this.#random, resetChance)
        if (!pipe.isProbe) {
          count.heldBytes += pipe.heldBytes
          count.connections++
          if (isReset) count.resetConnections++
        }
        if (isReset) pipe.breakDown()
        else late.push({ pipe, lateMs: this.#random.next() * latestMs })
      }
      return count
    })
    return { held, late }
  }

  traffic(links: readonly Link[]): LinkTraffic[] {
    return links.map((each) => {
      const { movedBytes, holding } = this.link(each)
      let heldBytes = 0
      for (const pipe of holding) heldBytes += pipe.heldBytes
      return { movedBytes, heldBytes }
    })
  }
}
