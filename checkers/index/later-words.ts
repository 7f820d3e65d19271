/**
 * Records that were polled, against the high watermarks that leaders told afterwards. A poll shows that its records lay
 * below the high watermark of a leader whose leaderEpoch was at most the one the poll was served under. A leader of that
 * leaderEpoch or a later one that is asked after the poll has ended has them all, and tells a high watermark only once
 * it is not below the end of its log at its election (KIP-207). So what it tells lies above every such record, whatever
 * the timing. A leader of an earlier leaderEpoch may not know it was replaced, and proves nothing.
 */
import type { HistoryIndex } from '../history-index.ts'
import { none } from './codes.ts'
import { type Told, toldByKey } from './observations.ts'

/** A run of reads that ends at or above what a leader told later. */
export interface Contradicted {
  readonly run: number
  readonly told: Told
  /** Who had told more than the run's highest offset before, under this leaderEpoch or an earlier one. */
  readonly toldMore: 'the same' | 'another' | 'nobody'
}

type Input = Pick<HistoryIndex, 'observations' | 'reads' | 'records'>

/** By leaderEpoch at most: the run of one key with the highest offset so far. */
class HighestRuns {
  readonly #byEpoch = new Map<number, number>()
  readonly #reads: Input['reads']

  constructor(reads: Input['reads']) {
    this.#reads = reads
  }

  add(run: number): void {
    const { runServed, runTop } = this.#reads
    const epoch = runServed[run]!
    const known = this.#byEpoch.get(epoch)
    if (known === undefined || runTop[run]! > runTop[known]!) this.#byEpoch.set(epoch, run)
  }

  /** Of what was served under `leaderEpoch` or before, the run with the highest offset; `none` without one. */
  upTo(leaderEpoch: number): number {
    let highest: number = none
    for (const [epoch, run] of this.#byEpoch) {
      if (epoch > leaderEpoch) continue
      if (highest === none || this.#reads.runTop[run]! > this.#reads.runTop[highest]!) highest = run
    }
    return highest
  }
}

/** By key code: the runs that say under which leaderEpoch they were served, in order. */
function servedRuns({ reads, records }: Input): number[][] {
  const byKey: number[][] = records.keys.map(() => [])
  for (let run = 0; run < reads.runs; run++) {
    if (reads.runServed[run] !== none && reads.runTop[run]! >= 0) byKey[reads.runKey[run]!]!.push(run)
  }
  return byKey
}

function whoToldMore(words: readonly Told[], told: Told, offset: number): Contradicted['toldMore'] {
  const more = words.filter(({ at, leaderEpoch, highWatermark }) => {
    return at < told.at && leaderEpoch <= told.leaderEpoch && highWatermark! > offset
  })
  if (more.length === 0) return 'nobody'
  return more.some(({ leaderEpoch, node }) => leaderEpoch === told.leaderEpoch && node === told.node) ? 'the same' : 'another'
}

function contradictedOf(words: readonly Told[], runs: readonly number[], reads: Input['reads']): Contradicted[] {
  const found: Contradicted[] = []
  const highest = new HighestRuns(reads)
  let next = 0
  for (const told of words.toSorted((a, b) => a.asked - b.asked)) {
    for (; next < runs.length && reads.runOp[runs[next]!]! < told.asked; next++) highest.add(runs[next]!)
    const run = highest.upTo(told.leaderEpoch)
    if (run === none || reads.runTop[run]! < told.highWatermark!) continue
    found.push({ run, told, toldMore: whoToldMore(words, told, reads.runTop[run]!) })
  }
  return found
}

/** Each contradiction between a poll and a later word of a leader, by key. */
export function contradictedReads(index: Input): Contradicted[] {
  if (!index.observations.told.some(({ asked }) => asked !== none)) return []
  const runs = servedRuns(index)
  return [...toldByKey(index.observations)].flatMap(([key, told]) => {
    const code = index.records.findKey(key)
    if (code === none) return []
    const words = told.filter(({ isLeader, leaderEpoch, asked, highWatermark }) => {
      return isLeader && leaderEpoch >= 0 && asked !== none && highWatermark !== undefined
    })
    return contradictedOf(words, runs[code]!, index.reads)
  })
}
