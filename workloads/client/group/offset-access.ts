/** What an administrator does to any group, as nobody's member: sees and sets its committed offsets, and deletes it. */
import { apis } from '../../../protocol/apis.ts'
import { errorByCode, errorCode, errorName, isDefinite } from '../../../protocol/errors.ts'
import type { AdminRetry, Attempt } from '../admin-retry.ts'
import type { AdminResult, CommittedOffset, TopicPartition } from '../client.ts'
import type { KafkaCluster } from '../cluster.ts'
import { commitBody, committedCodes, fetchBody, fetchedOffsets, nobody, TopicIds } from './offset-requests.ts'
import { GroupCoordinators } from './group-coordinators.ts'

type Done<T> = (result: AdminResult<T>) => void

export class OffsetAccess {
  readonly #cluster: KafkaCluster
  readonly #retry: AdminRetry
  readonly #coordinators: GroupCoordinators

  constructor(cluster: KafkaCluster, retry: AdminRetry, retryBackoffMs: number) {
    this.#cluster = cluster
    this.#retry = retry
    this.#coordinators = new GroupCoordinators(cluster, retryBackoffMs)
  }

  commit(group: string, offsets: readonly CommittedOffset[], timeoutMs: number, done: Done<null>): void {
    this.#retry.run<null>(timeoutMs, done, (attempt) => {
      const ids = new TopicIds(this.#cluster, offsets)
      this.#coordinators.find(group, (coordinator) => {
        const body = commitBody(group, nobody, { offsets, ids })
        coordinator.request(apis.OffsetCommit, { body, ...ids.limits }, (result, node) => {
          if (!result.ok) return attempt.lost(result)
          const codes = committedCodes(result.body, offsets, ids).filter((code) => code !== errorCode.NONE)
          if (codes.length === 0) return attempt.succeed(null)
          if (codes.length < offsets.length || codes.some((code) => !isDefinite('OffsetCommit', code))) attempt.isDefinite = false
          return this.#refused(attempt, codes[0]!, () => coordinator.forgetBy(codes[0]!, node))
        })
      })
    })
  }

  fetch(
    group: string,
    partitions: readonly TopicPartition[] | null,
    timeoutMs: number,
    done: Done<readonly CommittedOffset[]>,
  ): void {
    this.#retry.run<readonly CommittedOffset[]>(timeoutMs, done, (attempt) => {
      const ids = new TopicIds(this.#cluster, partitions)
      this.#coordinators.find(group, (coordinator) => {
        const body = fetchBody(group, nobody, { partitions, ids })
        coordinator.request(apis.OffsetFetch, { body, ...ids.limits }, (result, node) => {
          if (!result.ok) return attempt.lost(result)
          const { code: top, offsets } = fetchedOffsets(result.body, result.version, { partitions, ids })
          const code = top === errorCode.NONE ? (offsets.find((each) => each.code !== errorCode.NONE)?.code ?? top) : top
          if (code !== errorCode.NONE) return this.#refused(attempt, code, () => coordinator.forgetBy(code, node))
          return attempt.succeed(offsets.map(({ topic, partition, offset, leaderEpoch }) => ({ topic, partition, offset, leaderEpoch })), node)
        })
      })
    })
  }

  deleteGroup(group: string, timeoutMs: number, done: Done<null>): void {
    const body = () => ({ groupsNames: [group] })
    this.#retry.run<null>(timeoutMs, done, (attempt) => this.#coordinators.find(group, (coordinator) => {
      coordinator.request(apis.DeleteGroups, { body }, (result, node) => {
        if (!result.ok) return attempt.lost(result)
        const code = result.body.results[0]?.errorCode ?? errorCode.UNKNOWN_SERVER_ERROR
        if (code === errorCode.NONE || code === errorCode.GROUP_ID_NOT_FOUND) return attempt.succeed(null)
        // Members leave, or their sessions end.
        if (code === errorCode.NON_EMPTY_GROUP) return attempt.again(errorName(code), '')
        return this.#refused(attempt, code, () => coordinator.forgetBy(code, node))
      })
    }))
  }

  close(): void {
    this.#coordinators.close()
  }

  #refused<T>(attempt: Attempt<T>, code: number, forget: () => void): void {
    forget()
    if (errorByCode(code)?.retriable === true) attempt.again(errorName(code), '')
    else attempt.fail(errorName(code), '')
  }
}
