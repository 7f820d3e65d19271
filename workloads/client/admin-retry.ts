/**
 * Repeats one admin request until it succeeds, cannot succeed, or its time is over. The error it then gives is definite
 * only when no attempt may have taken effect.
 */
import type { Loop } from '../../ports/loop.ts'
import { OwnTimers } from '../../ports/own-timers.ts'
import type { RequestFailure } from './broker-connection.ts'
import type { AdminResult } from './client.ts'

/** Exactly one of `succeed`, `fail`, `again`, `lost` ends an attempt. */
export interface Attempt<T> {
  readonly isFirst: boolean
  /** To be set false by whoever learns that this attempt may have taken effect. */
  isDefinite: boolean
  /** `node`: who answered, where that matters. */
  succeed(value: T, node?: number): void
  fail(code: string, message: string): void
  again(code: string, message: string): void
  lost(failure: RequestFailure): void
}

export class AdminRetry {
  readonly #loop: Loop
  readonly #retryBackoffMs: number
  readonly #timers: OwnTimers
  #closed = false

  constructor(loop: Loop, retryBackoffMs: number) {
    this.#loop = loop
    this.#timers = new OwnTimers(loop)
    this.#retryBackoffMs = retryBackoffMs
  }

  run<T>(timeoutMs: number, done: (result: AdminResult<T>) => void, makeAttempt: (attempt: Attempt<T>) => void): void {
    const deadlineMs = this.#loop.now() + timeoutMs
    let isDefinite = true
    let isOver = false
    let last = { code: 'TIMED_OUT', message: 'no attempt was answered' }
    const end = (result: AdminResult<T>): void => {
      if (isOver || this.#closed) return
      isOver = true
      this.#timers.cancel(deadline)
      done(result)
    }
    const fail = (code: string, message: string): void => end({ ok: false, error: { code, definite: isDefinite, message } })
    const deadline = this.#timers.after(timeoutMs, () => {
      isDefinite = false
      fail(last.code, last.message)
    })
    const next = (isFirst: boolean): void => {
      if (isOver || this.#closed) return
      const attempt: Attempt<T> = {
        isFirst,
        isDefinite: true,
        succeed: (value, node) => end({ ok: true, value, ...(node !== undefined && { node }) }),
        fail: (code, message) => {
          isDefinite &&= attempt.isDefinite
          fail(code, message)
        },
        again: (code, message) => {
          isDefinite &&= attempt.isDefinite
          last = { code, message }
          if (this.#loop.now() + this.#retryBackoffMs >= deadlineMs) fail(code, message)
          else this.#timers.after(this.#retryBackoffMs, () => next(false))
        },
        lost: (failure) => {
          if (failure.mayHaveHappened) attempt.isDefinite = false
          if (failure.reason === 'unsupported') attempt.fail('UNSUPPORTED_VERSION', '')
          else attempt.again(failure.reason.toUpperCase().replace('-', '_'), '')
        },
      }
      makeAttempt(attempt)
    }
    next(true)
  }

  /** Nobody is called any more. */
  close(): void {
    this.#closed = true
    this.#timers.close()
  }
}
