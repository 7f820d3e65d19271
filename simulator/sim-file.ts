/**
 * One file name of a simulated disk: what a reader sees now, and what would be there after a loss of power.
 * Appended bytes are durable once synced; a truncation or a removal that no sync has confirmed may turn out
 * not to have happened.
 */
import { randomChance, randomInt } from '../ports/random.ts'
import type { Random } from '../ports/random.ts'

const noBytes: Uint8Array = new Uint8Array(0)

export class SimFile {
  readonly path: string
  exists = false
  lengthBytes = 0
  #bytes = noBytes
  /** The first bytes that a loss of power leaves, unless `#before` is set. */
  #syncedBytes = 0
  #existsDurably = false
  /** The durable content that an unconfirmed truncation or removal took away. */
  #before: Uint8Array | undefined

  constructor(path: string) {
    this.path = path
  }

  append(bytes: Uint8Array): void {
    this.exists = true
    const lengthBytes = this.lengthBytes + bytes.length
    if (lengthBytes > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(lengthBytes, this.#bytes.length * 2, 1024))
      grown.set(this.#bytes.subarray(0, this.lengthBytes))
      this.#bytes = grown
    }
    this.#bytes.set(bytes, this.lengthBytes)
    this.lengthBytes = lengthBytes
  }

  /** A copy of up to `lengthBytes` from `position`. */
  read(position: number, lengthBytes: number): Uint8Array {
    return this.#bytes.slice(position, Math.min(this.lengthBytes, position + lengthBytes))
  }

  truncate(lengthBytes: number): void {
    if (lengthBytes < this.#syncedBytes) this.#keepBefore()
    this.#syncedBytes = Math.min(this.#syncedBytes, lengthBytes)
    this.lengthBytes = Math.min(this.lengthBytes, lengthBytes)
  }

  remove(): void {
    if (this.#existsDurably) this.#keepBefore()
    this.#clear()
  }

  /** The new content is durable at once. */
  replace(bytes: Uint8Array): void {
    this.#before = undefined
    this.#bytes = noBytes
    this.lengthBytes = 0
    this.#syncedBytes = 0
    this.append(bytes)
    this.confirm(bytes.length)
  }

  /**
   * A sync that covers the first `lengthBytes` has ended. Returns true when the name became durable by it.
   */
  confirm(lengthBytes: number): boolean {
    this.#before = undefined
    this.#syncedBytes = Math.max(this.#syncedBytes, Math.min(lengthBytes, this.lengthBytes))
    const isNew = !this.#existsDurably
    this.#existsDurably = true
    return isNew
  }

  /** The folder was synced: a removal stays. */
  confirmRemoval(): void {
    if (!this.exists) this.#before = undefined
  }

  /** Leaves what is durable, and by chance some of the rest. Returns how many written bytes are gone. */
  losePower(random: Random): number {
    const writtenBytes = this.lengthBytes
    const before = this.#before
    if (before !== undefined && randomChance(random, 0.5)) {
      const lostBytes = writtenBytes - this.#syncedBytes
      this.replace(before)
      return lostBytes
    }
    if (!this.#existsDurably) {
      this.#clear()
    } else {
      const unsyncedBytes = this.lengthBytes - this.#syncedBytes
      const tornBytes = unsyncedBytes > 0 && randomChance(random, 0.5) ? randomInt(random, unsyncedBytes) : 0
      this.lengthBytes = this.#syncedBytes + tornBytes
      this.confirm(this.lengthBytes)
    }
    this.#before = undefined
    return writtenBytes - this.lengthBytes
  }

  #keepBefore(): void {
    this.#before ??= this.#bytes.slice(0, this.#syncedBytes)
  }

  #clear(): void {
    this.exists = false
    this.lengthBytes = 0
    this.#bytes = noBytes
    this.#syncedBytes = 0
    this.#existsDurably = false
  }
}
