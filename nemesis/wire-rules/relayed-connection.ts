/**
 * One connection through the rule proxy: requests there, answers back, each in order. What a rule stops stops all behind it,
 * as a connection does; only what is released later overtakes, on a connection of its own.
 */
import type { ConnectionId } from '../../ports/events.ts'
import type { ConnectionHandler, Loop } from '../../ports/loop.ts'
import { errorCode, type ErrorName } from '../../protocol/errors.ts'
import { readCorrelationId } from '../../protocol/frames.ts'
import { answerWithError, readAnswer, type Answered } from './answer-reader.ts'
import { Lane } from './lane.ts'
import { matches, readRequest, type Asked } from './matching.ts'
import type { Address } from './message-facts.ts'
import { refusal } from './refusal.ts'
import type { RuleBook } from './rule-book.ts'
import type { Deed, WireMatch, WireRule } from './rule.ts'

/** What all connections of a proxy share. */
export interface ProxyFloor {
  readonly loop: Loop
  readonly book: RuleBook
  readonly topicNames: Map<string, string>
  readonly addressOf: (node: number) => Address | undefined
  readonly record: (did: Deed, asked: Asked, more?: { readonly rule?: WireRule; readonly errors?: readonly string[] }) => void
  /** Kept for `release`. */
  readonly keepRequest: (rule: WireRule, asked: Asked) => void
  /** Kept for `resume`. */
  readonly keepPlace: (rule: WireRule, goOn: () => void) => void
  readonly sendAgain: (rule: WireRule, asked: Asked) => void
  /** Calls once when a request that matches was answered. */
  readonly whenAnswered: (match: WireMatch, goOn: () => void) => void
  readonly answered: (asked: Asked) => void
}

interface Open {
  readonly asked: Asked
  /** The connection breaks when it is answered. */
  readonly cut: WireRule | undefined
}

interface Arrived extends Open {
  readonly answer: Answered
}

export class RelayedConnection {
  readonly #floor: ProxyFloor
  readonly #node: number
  readonly #client: ConnectionId
  readonly #upstream: ConnectionId
  /** By correlation id. */
  readonly #open = new Map<number, Open>()
  readonly #there = new Lane<Uint8Array>((frame) => this.#take(frame))
  readonly #back = new Lane<Arrived>((arrived) => this.#give(arrived))
  #whenIdle: (() => void) | undefined
  #isClosed = false

  constructor(floor: ProxyFloor, dialled: { readonly node: number; readonly client: ConnectionId; readonly upstream: Address }) {
    this.#floor = floor
    this.#node = dialled.node
    this.#client = dialled.client
    this.#upstream = floor.loop.connect(dialled.upstream.host, dialled.upstream.port, {
      onFrame: (frame) => this.#arrived(frame),
      onClosed: () => this.close(),
    })
  }

  /** For who dialled. */
  readonly handler: ConnectionHandler = {
    onFrame: (frame) => this.#there.push(frame),
    onClosed: () => this.close(),
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#there.stop()
    this.#back.stop()
    this.#floor.loop.close(this.#client)
    this.#floor.loop.close(this.#upstream)
  }

  #take(frame: Uint8Array): void {
    const asked = readRequest(frame, this.#node, (topicId) => this.#floor.topicNames.get(topicId))
    const rule = this.#floor.book.ruleFor({ asked })
    if (rule === undefined) this.#forward(asked)
    else this.#rule(asked, rule)
  }

  #rule(asked: Asked, rule: WireRule): void {
    const { record, keepRequest, keepPlace, sendAgain, loop, whenAnswered } = this.#floor
    const { act } = rule
    switch (act.do) {
      case 'hold':
        record('held', asked, { rule })
        keepRequest(rule, asked)
        keepPlace(rule, () => this.#goOnWith(asked))
        return this.#there.stop()
      case 'drop':
        record('dropped', asked, { rule })
        return this.#there.stop()
      case 'duplicate':
        record('duplicated', asked, { rule })
        this.#forward(asked)
        return sendAgain(rule, asked)
      case 'capture':
        record('captured', asked, { rule })
        keepRequest(rule, asked)
        return this.#forward(asked)
      case 'delay':
        record('delayed', asked, { rule })
        this.#there.stop()
        return void loop.after(act.delayMs, () => this.#goOnWith(asked))
      case 'reorder':
        record('reordered', asked, { rule })
        this.#there.stop()
        return whenAnswered(act.after, () => this.#goOnWith(asked))
      case 'cut':
        return this.#forward(asked, rule)
      case 'answer':
        return this.#refuse(asked, rule, act.error)
    }
  }

  #goOnWith(asked: Asked): void {
    if (this.#isClosed) return
    this.#forward(asked)
    this.#there.goOn()
  }

  #forward(asked: Asked, cut?: WireRule): void {
    this.#floor.record('forwarded', asked)
    if (asked.isAnswered) this.#open.set(asked.correlationId, { asked, cut })
    this.#floor.loop.send(this.#upstream, asked.frame)
  }

  /** After what was asked before is answered: answers come in order. */
  #refuse(asked: Asked, rule: WireRule, error: ErrorName): void {
    const refuse = (): void => {
      this.#floor.record('refused', asked, { rule, errors: [error] })
      this.#floor.loop.send(this.#client, refusal(asked, errorCode[error]))
    }
    if (this.#open.size === 0) return refuse()
    this.#there.stop()
    this.#whenIdle = () => {
      refuse()
      this.#there.goOn()
    }
    return undefined
  }

  #arrived(frame: Uint8Array): void {
    const open = this.#open.get(readCorrelationId(frame))
    if (open === undefined) return this.#floor.loop.send(this.#client, frame)
    this.#open.delete(open.asked.correlationId)
    const answer = readAnswer(open.asked, frame, this.#floor.addressOf)
    for (const [topicId, name] of answer.topicNames) this.#floor.topicNames.set(topicId, name)
    this.#back.push({ ...open, answer })
    if (this.#open.size > 0) return undefined
    const whenIdle = this.#whenIdle
    this.#whenIdle = undefined
    return whenIdle?.()
  }

  #give(arrived: Arrived): void {
    const { asked, answer, cut } = arrived
    const { errors } = answer
    const rule = cut ?? this.#floor.book.ruleFor({ asked, errors })
    if (rule === undefined) this.#deliver(arrived)
    else this.#ruleAnswer(arrived, rule)
    this.#floor.answered(asked)
  }

  #ruleAnswer(arrived: Arrived, rule: WireRule): void {
    const { asked, answer } = arrived
    const { errors } = answer
    const { record, keepPlace, loop } = this.#floor
    const { act } = rule
    const goOn = (): void => {
      if (this.#isClosed) return
      this.#deliver(arrived)
      this.#back.goOn()
    }
    switch (act.do) {
      case 'hold':
        record('held', asked, { rule, errors })
        keepPlace(rule, goOn)
        return this.#back.stop()
      case 'drop':
        record('dropped', asked, { rule, errors })
        return this.#back.stop()
      case 'delay':
        record('delayed', asked, { rule, errors })
        this.#back.stop()
        return void loop.after(act.delayMs, goOn)
      case 'cut':
        record('cut', asked, { rule, errors })
        return this.close()
      case 'answer':
        record('replaced', asked, { rule, errors })
        return loop.send(this.#client, answerWithError(asked, answer.frame, errorCode[act.error]))
      default:
        throw new Error(`rule ${rule.name}: an answer cannot ${act.do}`)
    }
  }

  #deliver({ asked, answer: { frame, errors } }: Arrived): void {
    this.#floor.record('answered', asked, { errors })
    this.#floor.loop.send(this.#client, frame)
  }
}

/** Who waits for an answer of a certain kind. */
export class AnswerWaiters {
  #waiting: { readonly match: WireMatch; readonly goOn: () => void }[] = []

  add(match: WireMatch, goOn: () => void): void {
    this.#waiting.push({ match, goOn })
  }

  answered(asked: Asked): void {
    const due = this.#waiting.filter(({ match }) => matches({ ...match, of: 'request' }, { asked }))
    this.#waiting = this.#waiting.filter((each) => !due.includes(each))
    for (const { goOn } of due) goOn()
  }
}
