/**
 * Columns of numbers: records by the million without an object each.
 *
 * Their memory is shared memory, which one thread may use like any other. The garbage collector counts ordinary typed
 * arrays as pressure and answers it by marking the whole heap, in which the ops of a long history lie: that alone costs
 * more than all checkers together.
 */

const firstCapacity = 64

/** Zeros. */
export function ints(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * length))
}

/** Zeros. */
export function floats(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(8 * length))
}

/** Zeros. */
export function bytes(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length))
}

/** Zeros, for a while: ordinary memory, which `release` gives back at once, without waiting for a collection. */
export function scratch(length: number): Float64Array<ArrayBuffer> {
  return new Float64Array(length)
}

export function release(column: Float64Array<ArrayBuffer>): void {
  column.buffer.transfer(0)
}

/** The capacity that holds `needed`, at least doubled. */
function grownTo(capacity: number, needed: number): number {
  return Math.max(needed, capacity * 2)
}

export class IntColumn {
  data: Int32Array
  length = 0

  /** `expected` values need no growing. */
  constructor(expected: number = firstCapacity) {
    this.data = ints(Math.max(firstCapacity, expected))
  }

  /** Appends and returns the position. */
  push(value: number): number {
    if (this.length === this.data.length) this.reserve(1)
    this.data[this.length] = value
    return this.length++
  }

  /** Makes room for `more` values, for callers that write `data` themselves. */
  reserve(more: number): void {
    const needed = this.length + more
    if (needed <= this.data.length) return
    const grown = ints(grownTo(this.data.length, needed))
    grown.set(this.data)
    this.data = grown
  }
}

export class ByteColumn {
  data: Uint8Array
  length = 0

  /** `expected` values need no growing. */
  constructor(expected: number = firstCapacity) {
    this.data = bytes(Math.max(firstCapacity, expected))
  }

  /** Appends and returns the position. */
  push(value: number): number {
    if (this.length === this.data.length) {
      const grown = bytes(grownTo(this.data.length, this.length + 1))
      grown.set(this.data)
      this.data = grown
    }
    this.data[this.length] = value
    return this.length++
  }
}

export class FloatColumn {
  data: Float64Array
  length = 0

  /** `expected` values need no growing. */
  constructor(expected: number = firstCapacity) {
    this.data = floats(Math.max(firstCapacity, expected))
  }

  /** Appends and returns the position. */
  push(value: number): number {
    if (this.length === this.data.length) this.reserve(1)
    this.data[this.length] = value
    return this.length++
  }

  /** Makes room for `more` values, for callers that write `data` themselves. */
  reserve(more: number): void {
    const needed = this.length + more
    if (needed <= this.data.length) return
    const grown = floats(grownTo(this.data.length, needed))
    grown.set(this.data)
    this.data = grown
  }
}
