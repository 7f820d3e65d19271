/**
 * The log of each key as the history proves it: offset -> record, from every poll whatever became of its
 * op, and from the answers to sends that must have taken effect. A place is the dense index of an offset
 * among those that hold something; places of one key are neighbours, so differences of places are what
 * checkers compare. Holes are normal and cost nothing: work follows the number of records, never the size
 * of an offset.
 */
import { none } from './codes.ts'
import { FloatColumn, floats, IntColumn, ints, release, scratch } from './columns.ts'
import type { ReadTable } from './read-table.ts'
import type { RecordDictionary } from './record-dictionary.ts'
import type { SendTable } from './send-table.ts'

const movesPerOffset = 8

/** Where records were seen: their first offset in a column, further ones beside it. */
class Placements {
  /** By record: NaN while nowhere. */
  readonly first: Float64Array<ArrayBuffer>
  readonly moreRecord = new IntColumn()
  readonly moreOffset = new FloatColumn()
  readonly #more = new Map<number, Set<number>>()

  constructor(recordCount: number) {
    this.first = scratch(recordCount)
    this.first.fill(Number.NaN)
  }

  /** Gives its memory back; only the further offsets may be looked at from here on. */
  end(): void {
    release(this.first)
  }

  add(record: number, offset: number): void {
    const first = this.first[record]!
    if (first === offset || Number.isNaN(offset)) return
    if (Number.isNaN(first)) {
      this.first[record] = offset
      return
    }
    let more = this.#more.get(record)
    if (more === undefined) this.#more.set(record, (more = new Set()))
    if (more.has(offset)) return
    more.add(offset)
    this.moreRecord.push(record)
    this.moreOffset.push(offset)
  }
}

export interface LogInput {
  readonly records: RecordDictionary
  readonly reads: ReadTable
  readonly sends: SendTable
  readonly committed: Uint8Array
}

function placementsOf({ records, reads, sends, committed }: LogInput): Placements {
  const placements = new Placements(records.size)
  const { first } = placements
  for (let at = 0; at < reads.size; at++) {
    const record = reads.record[at]!
    const offset = reads.offset[at]!
    if (first[record] !== offset) placements.add(record, offset)
  }
  for (let row = 0; row < sends.size; row++) {
    if (committed[row] === 1) placements.add(sends.record[row]!, sends.offset[row]!)
  }
  return placements
}

/** Offsets come nearly sorted: each is moved back to its place, unless that takes more moves than sorting them all. */
function sortNearlySorted(offsets: Float64Array): void {
  let moves = movesPerOffset * offsets.length
  for (let at = 1; at < offsets.length; at++) {
    const offset = offsets[at]!
    if (offset >= offsets[at - 1]!) continue
    let to = at
    for (; to > 0 && offsets[to - 1]! > offset; to--) offsets[to] = offsets[to - 1]!
    offsets[to] = offset
    moves -= at - to
    if (moves < 0) return void offsets.sort()
  }
}

export class Log {
  /** First place of a key by key code; one more at the end. */
  readonly start: Int32Array
  /** By place: the offset, ascending within a key. */
  readonly offset: Float64Array
  /** By place: a record there; when `conflicts` has the place, one of several. */
  readonly holder: Int32Array
  /** By record: its place, the first by offset when it has several, or `none`. */
  readonly firstPlace: Int32Array
  /** Records at several offsets: all their places, ascending. */
  readonly several: ReadonlyMap<number, readonly number[]>
  /** Places with several records. */
  readonly conflicts: ReadonlyMap<number, readonly number[]>
  /** By record: the place of the offset it was seen at first, or `none`. */
  readonly #seenPlace: Int32Array
  readonly #keyOf: Int32Array

  constructor(input: LogInput) {
    const placements = placementsOf(input)
    const { size, keyOf, keys } = input.records
    this.#keyOf = keyOf
    this.start = new Int32Array(keys.length + 1)
    this.offset = this.#sortedOffsets(placements, size)
    this.holder = ints(this.offset.length).fill(none)
    const several = new Map<number, number[]>()
    const conflicts = new Map<number, number[]>()
    this.#seenPlace = this.#placeAll(placements.first, conflicts)
    placements.end()
    this.firstPlace = this.#seenPlace
    if (placements.moreRecord.length > 0) {
      this.firstPlace = this.#seenPlace.slice()
      this.#placeMore(placements, several, conflicts)
    }
    this.several = several
    this.conflicts = conflicts
  }

  /** The place of an offset, or `none`. */
  placeAt(key: number, offset: number): number {
    let low = this.start[key]!
    let high = this.start[key + 1]! - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const found = this.offset[middle]!
      if (found === offset) return middle
      if (found < offset) low = middle + 1
      else high = middle - 1
    }
    return none
  }

  /**
   * The place of one sight of a record: that of the offset, or the record's own when no offset is known.
   */
  placeOf(record: number, offset: number): number {
    const seen = this.#seenPlace[record]!
    if (seen !== none && this.offset[seen] === offset) return seen
    if (Number.isNaN(offset)) return this.several.has(record) ? none : seen
    return this.placeAt(this.#keyOf[record]!, offset)
  }

  /** The last place of a record, or `none`. */
  lastPlace(record: number): number {
    return this.several.get(record)?.at(-1) ?? this.firstPlace[record]!
  }

  /** All records at a place. */
  recordsAt(place: number): readonly number[] {
    return this.conflicts.get(place) ?? [this.holder[place]!]
  }

  /**
   * Gathers the offsets by key, sorts those that are not in order yet, and drops repetitions. Sets `start`.
   */
  #sortedOffsets({ first, moreRecord, moreOffset }: Placements, recordCount: number): Float64Array {
    const ends = new Int32Array(this.start.length)
    for (let record = 0; record < recordCount; record++) {
      if (!Number.isNaN(first[record]!)) ends[this.#keyOf[record]! + 1]!++
    }
    for (let at = 0; at < moreRecord.length; at++) ends[this.#keyOf[moreRecord.data[at]!]! + 1]!++
    for (let key = 1; key < ends.length; key++) ends[key]! += ends[key - 1]!
    const gathered = floats(ends.at(-1)!)
    const starts = ends.slice()
    for (let record = 0; record < recordCount; record++) {
      if (!Number.isNaN(first[record]!)) gathered[ends[this.#keyOf[record]!]!++] = first[record]!
    }
    for (let at = 0; at < moreRecord.length; at++) {
      gathered[ends[this.#keyOf[moreRecord.data[at]!]!]!++] = moreOffset.data[at]!
    }
    return this.#compact(gathered, starts)
  }

  #compact(gathered: Float64Array, starts: Int32Array): Float64Array {
    let size = 0
    for (let key = 0; key + 1 < starts.length; key++) {
      const own = gathered.subarray(starts[key]!, starts[key + 1]!)
      sortNearlySorted(own)
      this.start[key] = size
      for (let at = 0; at < own.length; at++) {
        if (at === 0 || own[at] !== own[at - 1]) gathered[size++] = own[at]!
      }
    }
    this.start[starts.length - 1] = size
    return gathered.subarray(0, size)
  }

  /**
   * By record: the place of the offset it was seen at first. Neighbours in code are often neighbours in the
   * log.
   */
  #placeAll(seenAt: Float64Array, conflicts: Map<number, number[]>): Int32Array {
    const places = ints(seenAt.length).fill(none)
    const guesses = this.start.slice()
    for (let record = 0; record < seenAt.length; record++) {
      const offset = seenAt[record]!
      if (Number.isNaN(offset)) continue
      const key = this.#keyOf[record]!
      const guess = guesses[key]!
      const guessed = this.offset[guess] === offset && guess < this.start[key + 1]!
      const place = guessed ? guess : this.placeAt(key, offset)
      guesses[key] = place + 1
      places[record] = place
      this.#hold(place, record, conflicts)
    }
    return places
  }

  #placeMore(
    { moreRecord, moreOffset }: Placements,
    several: Map<number, number[]>,
    conflicts: Map<number, number[]>,
  ): void {
    for (let at = 0; at < moreRecord.length; at++) {
      const record = moreRecord.data[at]!
      const place = this.placeAt(this.#keyOf[record]!, moreOffset.data[at]!)
      const places = several.get(record)
      if (places === undefined) several.set(record, [this.#seenPlace[record]!, place])
      else places.push(place)
      if (place < this.firstPlace[record]!) this.firstPlace[record] = place
      this.#hold(place, record, conflicts)
    }
    for (const places of several.values()) places.sort((a, b) => a - b)
  }

  #hold(place: number, record: number, conflicts: Map<number, number[]>): void {
    const before = this.holder[place]!
    if (before === none) {
      this.holder[place] = record
      return
    }
    const holders = conflicts.get(place)
    if (holders === undefined) conflicts.set(place, [before, record])
    else holders.push(record)
  }
}
