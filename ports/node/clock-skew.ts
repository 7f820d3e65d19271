/**
 * A wall clock that can be put wrong from outside, for trials: a file of 32 bytes says how far it is off. The same file
 * serves a preloaded library in programs that are not ours (nemesis/clock-shim), so the layout is fixed, little-endian:
 *
 *   bytes 0-7    uint64  sequence: odd while the rest is being written
 *   bytes 8-15   int64   offset, in nanoseconds
 *   bytes 16-23  int64   drift, in parts per billion of the time since the anchor
 *   bytes 24-31  int64   anchor: the monotonic clock of the machine, in nanoseconds, when offset and drift began
 *
 * The writer writes the sequence, then the rest, then the next sequence: a reader that meets an odd one, or two different
 * ones around its reading, reads again.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs'

export const skewFileBytes = 32
const maxTries = 1000
/** A reading this old is still good. */
const keepMs = 1

export class ClockSkew {
  readonly #fd: number
  readonly #bytes = Buffer.alloc(skewFileBytes)
  #readAtMs = -Infinity
  #offsetNs = 0
  #driftPpb = 0
  #anchorNs = 0n

  /** Throws the system's error when there is no such file. */
  constructor(file: string) {
    this.#fd = openSync(file, 'r')
  }

  /** Milliseconds, with a fraction, to add to the true wall clock now. */
  offsetMs(): number {
    const nowMs = performance.now()
    if (nowMs - this.#readAtMs >= keepMs) {
      this.#read()
      this.#readAtMs = nowMs
    }
    if (this.#driftPpb === 0) return this.#offsetNs / 1e6
    const elapsedNs = Number(process.hrtime.bigint() - this.#anchorNs)
    return (this.#offsetNs + (elapsedNs * this.#driftPpb) / 1e9) / 1e6
  }

  /** Keeps what it had when the writer never comes to an end. */
  #read(): void {
    const bytes = this.#bytes
    for (let left = maxTries; left > 0; left--) {
      readSync(this.#fd, bytes, 0, skewFileBytes, 0)
      const sequence = bytes.readBigUInt64LE(0)
      const offsetNs = Number(bytes.readBigInt64LE(8))
      const driftPpb = Number(bytes.readBigInt64LE(16))
      const anchorNs = bytes.readBigInt64LE(24)
      readSync(this.#fd, bytes, 0, 8, 0)
      if ((sequence & 1n) === 1n || sequence !== bytes.readBigUInt64LE(0)) continue
      this.#offsetNs = offsetNs
      this.#driftPpb = driftPpb
      this.#anchorNs = anchorNs
      return
    }
  }
}

/** The other side: makes the file, without skew, and changes it while others read. */
export class ClockSkewWriter {
  readonly #fd: number
  #sequence = 0n

  /** Throws the system's error when the file cannot be made. */
  constructor(file: string) {
    this.#fd = openSync(file, 'w')
    writeSync(this.#fd, Buffer.alloc(skewFileBytes), 0, skewFileBytes, 0)
  }

  /** `driftPpm`: microseconds gained a second, from now on. */
  write({ offsetMs, driftPpm }: { readonly offsetMs: number; readonly driftPpm: number }): void {
    const values = Buffer.alloc(skewFileBytes - 8)
    values.writeBigInt64LE(BigInt(Math.round(offsetMs * 1e6)), 0)
    values.writeBigInt64LE(BigInt(Math.round(driftPpm * 1000)), 8)
    values.writeBigInt64LE(process.hrtime.bigint(), 16)
    this.#writeSequence(this.#sequence + 1n)
    writeSync(this.#fd, values, 0, values.length, 8)
    this.#sequence += 2n
    this.#writeSequence(this.#sequence)
  }

  close(): void {
    closeSync(this.#fd)
  }

  #writeSequence(sequence: bigint): void {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE(sequence)
    writeSync(this.#fd, bytes, 0, 8, 0)
  }
}
