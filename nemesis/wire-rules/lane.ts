/** One direction of a connection: things in their order, and nothing passes what was stopped. */
export class Lane<T> {
  readonly #pass: (item: T) => void
  readonly #waiting: T[] = []
  #isStopped = false

  /** `pass` may stop the lane. */
  constructor(pass: (item: T) => void) {
    this.#pass = pass
  }

  push(item: T): void {
    if (this.#isStopped) this.#waiting.push(item)
    else this.#pass(item)
  }

  stop(): void {
    this.#isStopped = true
  }

  goOn(): void {
    this.#isStopped = false
    while (!this.#isStopped && this.#waiting.length > 0) this.#pass(this.#waiting.shift()!)
  }
}
