/** What k6 saw of each request, by the million: two numbers and one byte a record. */
import { ByteColumn, IntColumn } from '../../checkers/index/columns.ts'
import type { K6Request } from './k6-samples.ts'

const form = /^(.+)\.(\d{1,9})$/
const endOfRequest = 0

export class PackedRequests implements Iterable<K6Request> {
  readonly #scenarios: string[] = []
  readonly #scenario = new IntColumn()
  readonly #number = new IntColumn()
  /** Of all requests, one after the other, each with an end: character codes. */
  readonly #outcomes = new ByteColumn()
  /** Named otherwise than our scripts do. */
  readonly #others: K6Request[] = []

  push(request: string, outcomes: string): void {
    const parts = form.exec(request)
    if (parts === null || String(Number(parts[2])) !== parts[2]) return void this.#others.push({ request, outcomes })
    this.#scenario.push(this.#codeOf(parts[1]!))
    this.#number.push(Number(parts[2]))
    for (let at = 0; at < outcomes.length; at++) this.#outcomes.push(outcomes.charCodeAt(at))
    this.#outcomes.push(endOfRequest)
    return undefined
  }

  #codeOf(scenario: string): number {
    const known = this.#scenarios.indexOf(scenario)
    return known >= 0 ? known : this.#scenarios.push(scenario) - 1
  }

  * [Symbol.iterator](): Iterator<K6Request> {
    const bytes = this.#outcomes.data
    let at = 0
    for (let row = 0; row < this.#number.length; row++) {
      let outcomes = ''
      for (; bytes[at] !== endOfRequest; at++) outcomes += String.fromCharCode(bytes[at]!)
      at++
      yield { request: `${this.#scenarios[this.#scenario.data[row]!]}.${this.#number.data[row]}`, outcomes }
    }
    yield* this.#others
  }
}
