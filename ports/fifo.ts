/** A first-in-first-out queue without the cost of `Array.shift`: taking from the front is O(1) amortised. */
export class Fifo<T> {
  #items: (T | undefined)[] = []
  #head = 0

  get size(): number {
    return this.#items.length - this.#head
  }

  push(item: T): void {
    this.#items.push(item)
  }

  peek(): T | undefined {
    return this.#items[this.#head]
  }

  shift(): T | undefined {
    const items = this.#items
    if (this.#head === items.length) return undefined
    const item = items[this.#head]
    items[this.#head++] = undefined
    if (this.#head === items.length) {
      items.length = 0
      this.#head = 0
    } else if (this.#head >= 1024 && this.#head * 2 >= items.length) {
      items.splice(0, this.#head)
      this.#head = 0
    }
    return item
  }

  /** What is in the queue, oldest first. */
  items(): readonly T[] {
    return this.#items.slice(this.#head) as T[]
  }

  /** Keeps the first `count` items and forgets the rest. */
  truncate(count: number): void {
    if (count < this.size) this.#items.length = this.#head + count
  }

  clear(): void {
    this.#items = []
    this.#head = 0
  }
}
