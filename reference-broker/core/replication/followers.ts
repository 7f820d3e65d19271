/** What a leader knows of each follower: how far it has come and when it last had everything. */

export interface Follower {
  readonly brokerId: number
  /** As of its last fetch: which incarnation asked. -1 before. */
  brokerEpoch: number
  /** -1 until it has fetched in this leader epoch. */
  logEndOffset: number
  logStartOffset: number
  lastCaughtUpMs: number
  lastFetchMs: number
  /** The leader's log end when this follower last fetched. */
  leaderEndAtLastFetch: number
}

export interface FollowerFetch {
  readonly brokerEpoch: number
  readonly fetchOffset: number
  readonly logStartOffset: number
  readonly leaderEnd: number
  readonly nowMs: number
}

export class FollowerTable {
  readonly #lagTimeMaxMs: number
  readonly #followers = new Map<number, Follower>()

  constructor(lagTimeMaxMs: number) {
    this.#lagTimeMaxMs = lagTimeMaxMs
  }

  get(brokerId: number): Follower | undefined {
    return this.#followers.get(brokerId)
  }

  /** A new leader epoch: nothing is known; members of the in-sync set get a full lag time to show themselves. */
  reset(brokerIds: readonly number[], inSyncReplicas: readonly number[], nowMs: number): void {
    this.#followers.clear()
    for (const brokerId of brokerIds) {
      this.#followers.set(brokerId, {
        brokerId,
        brokerEpoch: -1,
        logEndOffset: -1,
        logStartOffset: -1,
        lastCaughtUpMs: inSyncReplicas.includes(brokerId) ? nowMs : -Infinity,
        lastFetchMs: -Infinity,
        leaderEndAtLastFetch: Infinity,
      })
    }
  }

  /** False when it is no follower of this partition. */
  fetched(brokerId: number, fetch: FollowerFetch): boolean {
    const follower = this.#followers.get(brokerId)
    if (follower === undefined) return false
    const { fetchOffset, leaderEnd, nowMs } = fetch
    if (fetchOffset >= leaderEnd) follower.lastCaughtUpMs = nowMs
    else if (fetchOffset >= follower.leaderEndAtLastFetch) {
      follower.lastCaughtUpMs = Math.max(follower.lastCaughtUpMs, follower.lastFetchMs)
    }
    follower.brokerEpoch = fetch.brokerEpoch
    follower.logEndOffset = fetchOffset
    follower.logStartOffset = fetch.logStartOffset
    follower.lastFetchMs = nowMs
    follower.leaderEndAtLastFetch = leaderEnd
    return true
  }

  #caughtUp(follower: Follower, leaderEnd: number, nowMs: number): boolean {
    return follower.logEndOffset === leaderEnd || nowMs - follower.lastCaughtUpMs <= this.#lagTimeMaxMs
  }

  /** The lowest log start of the followers that are `alive`; Infinity when none is. */
  lowestStart(alive: (brokerId: number) => boolean): number {
    let lowest = Infinity
    for (const { brokerId, logStartOffset } of this.#followers.values()) {
      if (logStartOffset < lowest && alive(brokerId)) lowest = logStartOffset
    }
    return lowest
  }

  lagging(leaderEnd: number, nowMs: number): readonly number[] {
    const lagging = []
    for (const follower of this.#followers.values()) {
      if (!this.#caughtUp(follower, leaderEnd, nowMs)) lagging.push(follower.brokerId)
    }
    return lagging
  }

  /**
   * Log ends of those the high watermark waits for: members (`counts`), and live replicas that keep up and are about
   * to become members, so that the watermark does not run away from them.
   */
  endsThatCount(
    counts: (brokerId: number) => boolean,
    eligible: (brokerId: number) => boolean,
    leaderEnd: number,
    nowMs: number,
  ): readonly number[] {
    const ends = []
    for (const follower of this.#followers.values()) {
      const { brokerId } = follower
      if (counts(brokerId) || (this.#caughtUp(follower, leaderEnd, nowMs) && eligible(brokerId))) {
        ends.push(follower.logEndOffset)
      }
    }
    return ends
  }
}
