/**
 * Commits of one member, each in the generation in which it was asked for: tried again while that may help, there is time, and
 * no later one names a partition of it, which it would set back. It failed for sure only when every attempt was answered, each
 * with an error that says that nothing was done.
 */
import type { TimerId } from '../../../ports/events.ts'
import { apis } from '../../../protocol/apis.ts'
import { errorByCode, errorCode, errorName, isDefinite } from '../../../protocol/errors.ts'
import type { RequestResult } from '../broker-connection.ts'
import type { CommitOutcome, CommittedOffset, GroupIdentity } from '../client.ts'
import type { KafkaCluster } from '../cluster.ts'
import type { Coordinator } from '../coordinator.ts'
import { commitBody, committedCodes, TopicIds } from './offset-requests.ts'

export interface CommitCall {
  readonly offsets: readonly CommittedOffset[]
  readonly timeoutMs: number
}

interface OpenCommit extends CommitCall {
  readonly identity: GroupIdentity
  readonly deadlineMs: number
  readonly done: (outcome: CommitOutcome) => void
  timer: TimerId | undefined
  attempts: number
  /** Every attempt so far certainly did nothing. */
  isDefinite: boolean
  lastCode: string
  /** An attempt is with a broker. */
  isAsked: boolean
}

export class OffsetCommits {
  readonly #cluster: KafkaCluster
  readonly #coordinator: Coordinator
  readonly #group: string
  readonly #retryBackoffMs: number
  readonly #open = new Set<OpenCommit>()
  /** By topic and partition. */
  readonly #latest = new Map<string, OpenCommit>()

  constructor(cluster: KafkaCluster, coordinator: Coordinator, { group, retryBackoffMs }: { readonly group: string; readonly retryBackoffMs: number }) {
    this.#cluster = cluster
    this.#coordinator = coordinator
    this.#group = group
    this.#retryBackoffMs = retryBackoffMs
  }

  commit(identity: GroupIdentity, { offsets, timeoutMs }: CommitCall, done: (outcome: CommitOutcome) => void): void {
    const { loop } = this.#cluster
    const open: OpenCommit = {
      identity, offsets, timeoutMs, done,
      deadlineMs: loop.now() + timeoutMs, timer: undefined, attempts: 0, isDefinite: true, lastCode: 'TIMED_OUT', isAsked: false,
    }
    this.#open.add(open)
    for (const { topic, partition } of offsets) this.#latest.set(`${topic}-${partition}`, open)
    open.timer = loop.after(timeoutMs, () => {
      if (open.isAsked) open.isDefinite = false
      this.#fail(open)
    })
    this.#attempt(open)
  }

  /** Nobody is called any more. */
  close(): void {
    for (const { timer } of this.#open) if (timer !== undefined) this.#cluster.loop.cancel(timer)
    this.#open.clear()
  }

  #attempt(open: OpenCommit): void {
    this.#coordinator.find(() => {
      if (!this.#open.has(open)) return
      const { identity, offsets } = open
      const ids = new TopicIds(this.#cluster, offsets)
      const body = commitBody(this.#group, identity, { offsets, ids })
      open.attempts++
      open.isAsked = true
      this.#coordinator.request(apis.OffsetCommit, { body, ...ids.limits }, (result, node) => {
        open.isAsked = false
        if (this.#open.has(open)) this.#answered(open, ids, { result, node })
      })
    })
  }

  #answered(
    open: OpenCommit,
    ids: TopicIds,
    { result, node }: { readonly result: RequestResult<typeof apis.OffsetCommit.response>; readonly node: number },
  ): void {
    if (!result.ok) {
      open.isDefinite &&= !result.mayHaveHappened
      open.lastCode = result.reason.toUpperCase().replace('-', '_')
      return this.#again(open)
    }
    const codes = committedCodes(result.body, open.offsets, ids)
    const committed = open.offsets.filter((_, at) => codes[at] === errorCode.NONE)
    if (committed.length > 0) return this.#end(open, { type: 'ok', committed, node, attempts: open.attempts })
    const worst = codes.find((code) => errorByCode(code)?.retriable !== true) ?? codes[0] ?? errorCode.UNKNOWN_SERVER_ERROR
    open.isDefinite &&= codes.every((code) => isDefinite('OffsetCommit', code))
    open.lastCode = errorName(worst)
    this.#coordinator.forgetBy(worst, node)
    return errorByCode(worst)?.retriable === true ? this.#again(open) : this.#fail(open)
  }

  #again(open: OpenCommit): void {
    const { loop } = this.#cluster
    if (this.#isOvertaken(open) || loop.now() + this.#retryBackoffMs >= open.deadlineMs) return this.#fail(open)
    loop.after(this.#retryBackoffMs, () => {
      if (!this.#open.has(open)) return
      if (this.#isOvertaken(open)) this.#fail(open)
      else this.#attempt(open)
    })
    return undefined
  }

  #isOvertaken(open: OpenCommit): boolean {
    return open.offsets.some(({ topic, partition }) => this.#latest.get(`${topic}-${partition}`) !== open)
  }

  #fail(open: OpenCommit): void {
    const { attempts, isDefinite: definite, lastCode: code } = open
    this.#end(open, { type: definite ? 'fail' : 'info', error: { code, definite }, attempts })
  }

  #end(open: OpenCommit, outcome: CommitOutcome): void {
    this.#open.delete(open)
    if (open.timer !== undefined) this.#cluster.loop.cancel(open.timer)
    open.done(outcome)
  }
}
