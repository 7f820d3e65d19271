/**
 * All randomness of a simulated run descends from its one seed. Streams are forked by label, not drawn from
 * each other: a new draw in one place leaves every other stream as it was, so a seed stays comparable while
 * the code moves.
 */
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'
import type { Random } from '../ports/random.ts'

export class SimRandom implements Random {
  readonly #path: string
  readonly #generator: RandomGenerator

  constructor(path: string) {
    this.#path = path
    this.#generator = xoroshiro128plusFromState(stateOf(path))
  }

  next(): number {
    return (this.#generator.next() >>> 0) * 2 ** -32
  }

  /** The stream of this label below this one; the same however much was drawn here. */
  fork(label: string): SimRandom {
    return new SimRandom(`${this.#path}/${label}`)
  }
}

export function simRandom(seed: number): SimRandom {
  return new SimRandom(`seed ${seed}`)
}

/** 128 well mixed bits of a text. */
function stateOf(text: string): readonly number[] {
  return [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344].map((start) => {
    let hash = start
    for (let i = 0; i < text.length; i++) {
      hash = Math.imul(hash ^ text.charCodeAt(i), 0x9e3779b1)
      hash ^= hash >>> 15
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    return (hash ^ (hash >>> 16)) | 1
  })
}
