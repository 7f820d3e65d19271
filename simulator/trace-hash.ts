/**
 * A running hash over everything that was delivered: when, to whom, what kind, which number, how many
 * bytes. Two runs with the same hash took the same path; one draw too many anywhere shows within an event
 * or two.
 */
import type { PortEvent } from '../ports/events.ts'
import { ticksPerMs } from './timeline.ts'

/** Things other than events that change the course of a node. */
export type TraceMark = 'start' | 'crash' | 'power-loss' | 'pause' | 'resume' | 'failure' | 'exit'
const marks: readonly TraceMark[] = ['start', 'crash', 'power-loss', 'pause', 'resume', 'failure', 'exit']
const firstMarkCode = 32

export class TraceHash {
  #high = 0x3c6ef372
  #low = 0x1f83d9ab

  event(timeMs: number, node: number, event: PortEvent): void {
    switch (event.kind) {
      case 'timer':
        return this.#add(timeMs, node * 64 + 1, event.timer, 0)
      case 'frame':
        return this.#add(timeMs, node * 64 + 2, event.connection, event.frame.length)
      case 'disk-done':
        return this.#add(timeMs, node * 64 + 3, event.request, event.bytes?.length ?? event.files?.length ?? 0)
      case 'disk-failed':
        return this.#add(timeMs, node * 64 + 4, event.request, event.reason.length)
      case 'connected':
        return this.#add(timeMs, node * 64 + 5, event.connection, 0)
      case 'accepted':
        return this.#add(timeMs, node * 64 + 6, event.connection, event.remote.length)
      case 'drained':
        return this.#add(timeMs, node * 64 + 7, event.connection, 0)
      case 'closed':
        return this.#add(timeMs, node * 64 + 8, event.connection, event.reason.length)
      case 'listening':
        return this.#add(timeMs, node * 64 + 9, event.port, event.listener.length)
      case 'listen-failed':
        return this.#add(timeMs, node * 64 + 10, event.reason.length, event.listener.length)
    }
  }

  mark(timeMs: number, node: number, mark: TraceMark): void {
    this.#add(timeMs, node * 64 + firstMarkCode + marks.indexOf(mark), 0, 0)
  }

  /** 16 hexadecimal digits. */
  digest(): string {
    return hex(this.#high) + hex(this.#low)
  }

  #add(timeMs: number, what: number, number: number, size: number): void {
    const ticks = timeMs * ticksPerMs
    let high = mixed(this.#high, ticks >>> 0)
    let low = mixed(this.#low, (ticks / 2 ** 32) >>> 0)
    high = mixed(high ^ low, what)
    low = mixed(low + high, number)
    this.#high = mixed(high ^ low, size)
    this.#low = low + this.#high
  }
}

function mixed(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x9e3779b1)
  return product ^ (product >>> 15)
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}
