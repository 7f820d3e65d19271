/** Growing columns of numbers: records by the million without an object each. */

const firstCapacity = 64

export class IntColumn {
  data: Int32Array = new Int32Array(firstCapacity)
  length = 0

  /** Appends and returns the position. */
  push(value: number): number {
    if (this.length === this.data.length) {
      const grown = new Int32Array(this.length * 2)
      grown.set(this.data)
      this.data = grown
    }
    this.data[this.length] = value
    return this.length++
  }
}

export class FloatColumn {
  data: Float64Array = new Float64Array(firstCapacity)
  length = 0

  /** Appends and returns the position. */
  push(value: number): number {
    if (this.length === this.data.length) {
      const grown = new Float64Array(this.length * 2)
      grown.set(this.data)
      this.data = grown
    }
    this.data[this.length] = value
    return this.length++
  }
}
