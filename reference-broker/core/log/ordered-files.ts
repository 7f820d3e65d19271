/**
 * Calls that change what files say of one log take effect in one order over all files: a call on another file waits
 * until those under way have ended. Whatever moment a process dies at, its files then hold a state the log has been in;
 * without this a crash could pair a new segment with an old version of the one before it.
 */
import { Fifo } from '../../../ports/fifo.ts'
import type { DiskCallback, DiskLoop, DiskResult } from '../../../ports/loop.ts'
import type { FailureLatch } from './failure-latch.ts'

interface Waiting {
  readonly file: string
  /** A sync changes nothing, so nothing waits for it. */
  readonly isSync: boolean
  readonly start: () => void
}

export class OrderedFiles {
  readonly #loop: DiskLoop
  readonly #failure: FailureLatch
  /** The one file that calls under way change. */
  #file = ''
  #underWay = 0
  readonly #waiting: Fifo<Waiting> = new Fifo<Waiting>()
  #whenIdle: (() => void) | undefined

  constructor(loop: DiskLoop, failure: FailureLatch) {
    this.#loop = loop
    this.#failure = failure
  }

  append(file: string, bytes: Uint8Array, done: DiskCallback): void {
    if (this.#mayStart(file)) this.#loop.append(file, bytes, this.#begin(file, done))
    else this.#wait(file, () => this.#loop.append(file, bytes, this.#begin(file, done)))
  }

  truncate(file: string, lengthBytes: number, done: DiskCallback): void {
    if (this.#mayStart(file)) this.#loop.truncate(file, lengthBytes, this.#begin(file, done))
    else this.#wait(file, () => this.#loop.truncate(file, lengthBytes, this.#begin(file, done)))
  }

  remove(file: string, done: DiskCallback): void {
    if (this.#mayStart(file)) this.#loop.remove(file, this.#begin(file, done))
    else this.#wait(file, () => this.#loop.remove(file, this.#begin(file, done)))
  }

  replace(file: string, bytes: Uint8Array, done: DiskCallback): void {
    if (this.#mayStart(file)) this.#loop.replace(file, bytes, this.#begin(file, done))
    else this.#wait(file, () => this.#loop.replace(file, bytes, this.#begin(file, done)))
  }

  /** Covers all calls on the file that were made before. */
  sync(file: string, done: DiskCallback): void {
    const start = (): void => this.#loop.sync(file, done)
    if (this.#waiting.size === 0) start()
    else this.#waiting.push({ file, isSync: true, start })
  }

  /** Calls `then`, once, when no changes are under way or waiting. To be asked only once. */
  whenIdle(then: () => void): void {
    if (this.#underWay === 0) then()
    else this.#whenIdle = then
  }

  #mayStart(file: string): boolean {
    return this.#waiting.size === 0 && (this.#underWay === 0 || file === this.#file)
  }

  #wait(file: string, start: () => void): void {
    this.#waiting.push({ file, isSync: false, start })
  }

  #begin(file: string, done: DiskCallback): DiskCallback {
    this.#file = file
    this.#underWay++
    return (result: DiskResult) => {
      this.#underWay--
      done(result)
      if (this.#waiting.size > 0) this.#startWaiting()
      if (this.#underWay === 0 && !this.#failure.failed) this.#tellIdle()
    }
  }

  #tellIdle(): void {
    const then = this.#whenIdle
    this.#whenIdle = undefined
    then?.()
  }

  #startWaiting(): void {
    for (let next = this.#waiting.peek(); next !== undefined; next = this.#waiting.peek()) {
      const mayStart = next.isSync || this.#underWay === 0 || next.file === this.#file
      if (!mayStart || this.#failure.failed) return
      this.#waiting.shift()
      next.start()
    }
  }
}
