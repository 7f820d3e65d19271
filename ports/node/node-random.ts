/** Randomness for a real node: from the system, or from a seed when a run is to draw the same again. */
import { getRandomValues } from 'node:crypto'
import { xoroshiro128plus, xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'
import type { Random } from '../random.ts'

/** The first numbers of neighbouring seeds resemble each other; these many are thrown away. */
const warmUpDraws = 64

export class NodeRandom implements Random {
  readonly #generator: RandomGenerator

  constructor(seed?: number) {
    if (seed === undefined) {
      this.#generator = xoroshiro128plusFromState([...getRandomValues(new Int32Array(4))])
      return
    }
    this.#generator = xoroshiro128plus(seed)
    for (let i = 0; i < warmUpDraws; i++) this.#generator.next()
  }

  next(): number {
    return (this.#generator.next() >>> 0) * 2 ** -32
  }
}
