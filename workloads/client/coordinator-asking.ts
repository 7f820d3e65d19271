/**
 * Repeats one request to a coordinator until it is answered with something that another attempt would not change, or its time
 * is over; finds the coordinator anew when it may have moved. The rule it keeps: `mayHaveHappened` is false only if every
 * attempt was answered, each with an error that is definite for the API, or never went out.
 */
import { errorByCode, errorCode, errorName, isDefinite } from '../../protocol/errors.ts'
import type { Api } from '../../protocol/apis.ts'
import type { Loop } from '../../ports/loop.ts'
import { OwnTimers } from '../../ports/own-timers.ts'
import type { Decoded, Message } from '../../protocol/message.ts'
import type { BodyOf, RequestFailure } from './broker-connection.ts'
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
  lastCode: string
  isUnderWay: boolean
  mayHaveHappened: boolean
  mayArriveLate: boolean
}

export class CoordinatorAsking {
  readonly #retryBackoffMs: number
  readonly #timers: OwnTimers
  #closed = false

  constructor(loop: Loop, retryBackoffMs: number) {
    this.#timers = new OwnTimers(loop)
    this.#retryBackoffMs = retryBackoffMs
  }

  /** `done` is called once, unless this is closed before. */
  ask<Req extends Message, Res extends Message>(
    question: Question<Req, Res>,
    timeoutMs: number,
    done: (answer: Answer<Res>) => void,
  ): void {
    let isOver = false
    const end = (answer: Answer<Res>): void => {
      if (isOver || this.#closed) return
      isOver = true
      this.#timers.cancel(deadline)
      done(answer)
    }
    const attempts: Attempts = { lastCode: 'TIMED_OUT', mayHaveHappened: false, mayArriveLate: false, isUnderWay: false }
    const deadline = this.#timers.after(timeoutMs, () => {
      if (attempts.isUnderWay) {
        attempts.mayHaveHappened = true
        attempts.mayArriveLate = true
      }
      end(ended(attempts, attempts.lastCode, undefined))
    })
    const attempt = (): void => {
      if (isOver) return
      question.coordinator.find(() => {
        if (!isOver && !this.#closed) this.#attempt(question, attempts, { end, again })
      })
    }
    const again = (): void => {
      if (isOver) return
      if (question.isWanted?.() === false) end(ended(attempts, attempts.lastCode, undefined))
      else this.#timers.after(this.#retryBackoffMs, attempt)
    }
    attempt()
  }

  /** Nobody is called any more. */
  close(): void {
    this.#closed = true
    this.#timers.close()
  }

  #attempt<Req extends Message, Res extends Message>(
    { coordinator, api, body, maxVersion, codeOf }: Question<Req, Res>,
    attempts: Attempts,
    { end, again }: { readonly end: (answer: Answer<Res>) => void; readonly again: () => void },
  ): void {
    attempts.isUnderWay = true
    const limits = { body: body as BodyOf<NoInfer<Req>>, ...(maxVersion !== undefined && { maxVersion }) }
    coordinator.request(api, limits, (result, node) => {
      attempts.isUnderWay = false
      if (this.#closed) return undefined
      if (!result.ok) {
        noteLost(attempts, result)
        return result.reason === 'unsupported' ? end(ended(attempts, 'UNSUPPORTED_VERSION', undefined)) : again()
      }
      const code = codeOf(result.body)
      if (code === errorCode.NONE) return end(ended(attempts, 'NONE', result.body))
      if (!isDefinite(api.name, code)) attempts.mayHaveHappened = true
      coordinator.forgetBy(code, node)
      attempts.lastCode = errorName(code)
      return errorByCode(code)?.retriable === true ? again() : end(ended(attempts, attempts.lastCode, result.body))
    })
  }
}

function noteLost(attempts: Attempts, { reason, mayHaveHappened }: RequestFailure): void {
  attempts.lastCode = reason.toUpperCase().replace('-', '_')
  if (!mayHaveHappened) return
  attempts.mayHaveHappened = true
  attempts.mayArriveLate = true
}

function ended<Res extends Message>(attempts: Attempts, code: string, body: Decoded<Res> | undefined): Answer<Res> {
  const { mayHaveHappened, mayArriveLate } = attempts
  return { code, body, mayHaveHappened, mayArriveLate }
}
