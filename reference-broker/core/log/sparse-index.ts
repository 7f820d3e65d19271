/**
 * The two indexes of a segment in Kafka's file formats, kept in memory in the very bytes that go to disk:
 * `.index` is (int32 last offset of a batch - segment base, int32 position of that batch), `.timeindex` is
 * (int64 largest timestamp so far, int32 last offset of the batch that first had it - segment base).
 * Entries ascend; an index only says where to start reading, what is found is always read from the log.
 */

const firstCapacityBytes = 256
const two32 = 2 ** 32

abstract class Table {
  readonly #entryBytes: number
  #bytes: Uint8Array
  protected view: DataView
  count: number

  constructor(entryBytes: number, saved: Uint8Array) {
    this.#entryBytes = entryBytes
    this.#bytes = saved
    this.view = new DataView(saved.buffer, saved.byteOffset, saved.byteLength)
    this.count = Math.floor(saved.byteLength / entryBytes)
  }

  /** The file's content as of now; not to be changed. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.count * this.#entryBytes)
  }

  /** Makes room for one more entry and returns where it goes. Bytes handed out before stay as they are. */
  protected grow(): number {
    const at = this.count * this.#entryBytes
    if (at + this.#entryBytes > this.#bytes.byteLength) {
      const larger = new Uint8Array(Math.max(firstCapacityBytes, at * 2))
      larger.set(this.bytes)
      this.#bytes = larger
      this.view = new DataView(larger.buffer)
    }
    this.count++
    return at
  }

  /** How many entries from the front satisfy `belongs`, which is true up to some entry and false from there on. */
  protected countWhile(belongs: (at: number) => boolean): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (belongs(middle * this.#entryBytes)) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Keeps the first `count` entries. */
  protected keep(count: number): void {
    if (count >= this.count) return
    this.#bytes = this.#bytes.slice(0, count * this.#entryBytes)
    this.view = new DataView(this.#bytes.buffer)
    this.count = count
  }
}

const offsetEntryBytes = 8

export class OffsetIndex extends Table {
  constructor(saved: Uint8Array = new Uint8Array(0)) {
    super(offsetEntryBytes, saved)
  }

  isFull(maxBytes: number): boolean {
    return this.count >= Math.floor(maxBytes / offsetEntryBytes)
  }

  add(relativeOffset: number, position: number): void {
    const at = this.grow()
    this.view.setInt32(at, relativeOffset)
    this.view.setInt32(at + 4, position)
  }

  /** Where the batch of the last entry starts, 0 without entries. */
  get lastPosition(): number {
    return this.count === 0 ? 0 : this.view.getInt32((this.count - 1) * offsetEntryBytes + 4)
  }

  /** Start of a batch that ends at or before `relativeOffset`, the nearest known one; 0 when none is known. */
  positionFor(relativeOffset: number): number {
    const found = this.countWhile((at) => this.view.getInt32(at) <= relativeOffset)
    return found === 0 ? 0 : this.view.getInt32((found - 1) * offsetEntryBytes + 4)
  }

  /** Forgets batches at or above `position`. */
  truncate(position: number): void {
    this.keep(this.countWhile((at) => this.view.getInt32(at + 4) < position))
  }
}

const timeEntryBytes = 12

export class TimeIndex extends Table {
  constructor(saved: Uint8Array = new Uint8Array(0)) {
    super(timeEntryBytes, saved)
  }

  /** One entry earlier than the bytes say, as in Kafka: room for the entry that is added when the segment is rolled. */
  isFull(maxBytes: number): boolean {
    return this.count >= Math.floor(maxBytes / timeEntryBytes) - 1
  }

  #timestampAt(at: number): number {
    return this.view.getInt32(at) * two32 + this.view.getUint32(at + 4)
  }

  /** Adds an entry when the timestamp is larger than all before. */
  add(timestamp: number, relativeOffset: number): void {
    if (this.count > 0 && timestamp <= this.#timestampAt((this.count - 1) * timeEntryBytes)) return
    const at = this.grow()
    this.view.setInt32(at, Math.floor(timestamp / two32))
    this.view.setUint32(at + 4, timestamp >>> 0)
    this.view.setInt32(at + 8, relativeOffset)
  }

  /** An offset (relative to the base) below which every timestamp is smaller than `timestamp`; 0 when none is known. */
  relativeOffsetFor(timestamp: number): number {
    const found = this.countWhile((at) => this.#timestampAt(at) <= timestamp)
    return found === 0 ? 0 : this.view.getInt32((found - 1) * timeEntryBytes + 8)
  }

  /** Forgets entries whose batch ends at or above `relativeOffset`. */
  truncate(relativeOffset: number): void {
    this.keep(this.countWhile((at) => this.view.getInt32(at + 8) < relativeOffset))
  }
}
