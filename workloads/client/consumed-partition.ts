/** One assigned partition of a consumer: where it reads, under which leaderEpoch that was checked, what waits for a poll. */
import type { AssignedPartition, ConsumedRecord, ConsumerPosition, PolledPartition } from './client.ts'
import type { Fetched } from './fetched-records.ts'

export class ConsumedPartition {
  readonly topic: string
  readonly index: number
  /** Where to begin, or begin again after a reset; undefined once there is a position. */
  start: 'beginning' | 'end' | undefined
  /** The next offset to fetch; -1 until known. */
  position = -1
  /** leaderEpoch of the last record fetched; -1 without. */
  lastEpoch = -1
  /** The leaderEpoch under which the position was last found good. */
  checkedEpoch = -1
  /** The position a reset left behind; undefined when none is open. */
  resetFrom: number | undefined
  /** The highest leaderEpoch under which records were fetched, which brokers check; -1 until one was. */
  servedEpoch = -1
  /** A request about this partition is open, made under `askedEpoch`. */
  isBusy = false
  /** Neither fetched nor handed out. */
  isPaused = false
  askedEpoch = -1
  /** Rises when the answer of an open request has lost its meaning. */
  turn = 0
  retryAtMs = 0
  /** Which answer with records brought it the last ones. */
  givenAt = 0
  reportedDamageAt = -1
  #buffer: ConsumedRecord[] = []
  #head = 0
  /** leaderEpoch of the last record taken. */
  #takenEpoch = -1

  constructor(assigned: AssignedPartition) {
    this.topic = assigned.topic
    this.index = assigned.partition
    if (typeof assigned.start === 'string') this.start = assigned.start
    else {
      this.position = assigned.start.offset
      this.lastEpoch = assigned.start.leaderEpoch
      this.#takenEpoch = assigned.start.leaderEpoch
    }
  }

  get buffered(): number {
    return this.#buffer.length - this.#head
  }

  /** What polls have taken; undefined until there is a position. */
  get taken(): ConsumerPosition | undefined {
    if (this.buffered > 0) return { offset: this.#buffer[this.#head]!.offset, leaderEpoch: this.#takenEpoch }
    return this.position < 0 ? undefined : { offset: this.position, leaderEpoch: this.lastEpoch }
  }

  /** A newer leader is known: what the old one still answers does not matter. */
  forgetOpenRequest(): void {
    this.turn++
    this.isBusy = false
  }

  place(position: number): void {
    this.start = undefined
    this.resetFrom = undefined
    this.position = position
    this.lastEpoch = -1
  }

  reset(start: 'beginning' | 'end'): void {
    this.start = start
    this.resetFrom = this.position
  }

  /** The log parts from what was read at `offset`, in `epoch`. Says where reading goes on. */
  stepBackTo(offset: number, epoch: number): number {
    this.position = Math.min(this.position, offset)
    this.lastEpoch = epoch
    let keep = this.#buffer.length
    while (keep > this.#head && this.#buffer[keep - 1]!.offset >= this.position) keep--
    this.#buffer.length = keep
    return this.position
  }

  add(fetched: Fetched): void {
    if (this.buffered === 0) {
      this.#buffer = fetched.records
      this.#head = 0
    } else {
      for (const record of fetched.records) this.#buffer.push(record)
    }
    this.position = fetched.position
    this.lastEpoch = fetched.lastEpoch
  }

  /** At most `count` records, in order. */
  take(count: number): PolledPartition {
    const records = this.#buffer.slice(this.#head, this.#head + count)
    this.#head += records.length
    this.#takenEpoch = records.at(-1)?.leaderEpoch ?? this.#takenEpoch
    const { topic, index: partition, servedEpoch } = this
    return { topic, partition, records, ...(servedEpoch >= 0 && { servedEpoch }) }
  }
}
