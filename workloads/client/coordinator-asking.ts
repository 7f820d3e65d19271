/**
 * Repeats one request to a coordinator until it is answered with something that another attempt would not change, or its time
 * is over; finds the coordinator anew when it may have moved. The rule it keeps: `mayHaveHappened` is false only if every
 * attempt was answered, each with an error that is definite for the API, or never went out.
 */
import type { TimerId } from '../../ports/events.ts'
import { errorByCode, errorCode, errorName, isDefinite } from '../../protocol/errors.ts'
import type { Api } from '../../protocol/apis.ts'
import type { Loop } from '../../ports/loop.ts'
import type { Decoded, Message } from '../../protocol/message.ts'
import type { BodyOf, RequestFailure, RequestResult } from './broker-connection.ts'
import type { Coordinator } from './coordinator.ts'

export interface Question<Req extends Message, Res extends Message> {
  readonly coordinator: Coordinator
  readonly api: Api<Req, Res>
  readonly body: BodyOf<Req>
  readonly maxVersion?: number | undefined
  /** The error that decides; of several, whichever is to be acted upon. */
  readonly codeOf: (body: Decoded<Res>) => number
  /** Asked before each further attempt. */
  readonly isWanted?: () => boolean
}

/** `code` is NONE, an error that no repetition cures, or the last one met when the time was over. */
export interface Answer<Res extends Message> {
  readonly code: string
  readonly body: Decoded<Res> | undefined
  readonly mayHaveHappened: boolean
  /** An attempt went without an answer: it may still arrive. */
  readonly mayArriveLate: boolean
}

interface Attempts {
  readonly deadlineMs: number
  lastCode: string
  mayHaveHappened: boolean
  mayArriveLate: boolean
}

const moved: ReadonlySet<number> = new Set([errorCode.NOT_COORDINATOR, errorCode.COORDINATOR_NOT_AVAILABLE])

export class CoordinatorAsking {
  readonly #loop: Loop
  readonly #retryBackoffMs: number
  readonly #timers = new Set<TimerId>()
  #closed = false

  constructor(loop: Loop, retryBackoffMs: number) {
    this.#loop = loop
    this.#retryBackoffMs = retryBackoffMs
  }

  /** `done` is called once, unless this is closed before. */
  ask<Req extends Message, Res extends Message>(
    question: Question<Req, Res>,
    timeoutMs: number,
    done: (answer: Answer<Res>) => void,
  ): void {
    const deadlineMs = this.#loop.now() + timeoutMs
    this.#attempt(question, { deadlineMs, lastCode: 'TIMED_OUT', mayHaveHappened: false, mayArriveLate: false }, done)
  }

  /** Nobody is called any more. */
  close(): void {
    this.#closed = true
    for (const timer of this.#timers) this.#loop.cancel(timer)
  }

  #attempt<Req extends Message, Res extends Message>(
    question: Question<Req, Res>,
    attempts: Attempts,
    done: (answer: Answer<Res>) => void,
  ): void {
    const { coordinator, api, body, maxVersion } = question
    const again = (): void => {
      const isLast = question.isWanted?.() === false || this.#loop.now() + this.#retryBackoffMs >= attempts.deadlineMs
      if (isLast) return done(ended(attempts, attempts.lastCode, undefined))
      const timer = this.#loop.after(this.#retryBackoffMs, () => {
        this.#timers.delete(timer)
        this.#attempt(question, attempts, done)
      })
      this.#timers.add(timer)
      return undefined
    }
    coordinator.request(api, body as BodyOf<NoInfer<Req>>, (result) => {
      if (this.#closed) return
      if (!result.ok) return this.#lost(question, attempts, { failure: result, again, done })
      return this.#answered(question, attempts, { result, again, done })
    }, maxVersion)
  }

  #lost<Req extends Message, Res extends Message>(
    { coordinator }: Question<Req, Res>,
    attempts: Attempts,
    { failure, again, done }: { failure: RequestFailure; again: () => void; done: (answer: Answer<Res>) => void },
  ): void {
    coordinator.forget()
    if (failure.mayHaveHappened) {
      attempts.mayHaveHappened = true
      attempts.mayArriveLate = true
    }
    if (failure.reason === 'unsupported') return done(ended(attempts, 'UNSUPPORTED_VERSION', undefined))
    attempts.lastCode = failure.reason.toUpperCase().replace('-', '_')
    return again()
  }

  #answered<Req extends Message, Res extends Message>(
    { coordinator, api, codeOf }: Question<Req, Res>,
    attempts: Attempts,
    { result, again, done }: { result: RequestResult<Res> & { ok: true }; again: () => void; done: (answer: Answer<Res>) => void },
  ): void {
    const code = codeOf(result.body)
    if (code === errorCode.NONE) return done(ended(attempts, 'NONE', result.body))
    if (!isDefinite(api.name, code)) attempts.mayHaveHappened = true
    if (moved.has(code)) coordinator.forget()
    attempts.lastCode = errorName(code)
    if (errorByCode(code)?.retriable === true) return again()
    return done(ended(attempts, attempts.lastCode, result.body))
  }
}

function ended<Res extends Message>(attempts: Attempts, code: string, body: Decoded<Res> | undefined): Answer<Res> {
  const { mayHaveHappened, mayArriveLate } = attempts
  return { code, body, mayHaveHappened, mayArriveLate }
}
