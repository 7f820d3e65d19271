/**
 * Every case once a round, on ours and on Kafka right after one another, who comes first by turns. Rounds are the outer loop, so
 * that whatever else the machine does in a minute falls on all cases alike. The first round warms up and does not count.
 */
import type { Side } from './bench-cluster.ts'
import { nameOf, type BenchCase } from './cases.ts'
import type { ConsumeRun, ProduceRun } from './measure.ts'
import type { Pair } from './ratio.ts'

/** What one kind of brokers did in a case. */
export interface OneRun {
  readonly produced: ProduceRun
  /** At the rate of `paced`; of the headline only. */
  readonly paced?: ProduceRun
  readonly consumed?: ConsumeRun
}

export interface CaseResult {
  readonly of: BenchCase
  readonly produced: Pair<ProduceRun>[]
  readonly paced: Pair<ProduceRun>[]
  readonly consumed: Pair<ConsumeRun>[]
}

export interface Turn {
  readonly of: BenchCase
  /** 0 warms up. */
  readonly round: number
  /** Differs for all cases and rounds. */
  readonly name: string
}

export interface RoundsOptions {
  readonly cases: readonly BenchCase[]
  /** That count. */
  readonly rounds: number
  readonly run: (side: Side, turn: Turn) => Promise<OneRun>
  /** May there be another round, as long as the one that took so many milliseconds? */
  readonly hasTimeFor: (roundMs: number) => boolean
  readonly onProgress: (line: string) => void
}

export async function runRounds({ cases, rounds, run, hasTimeFor, onProgress }: RoundsOptions): Promise<readonly CaseResult[]> {
  const results = cases.map((of): CaseResult => ({ of, produced: [], paced: [], consumed: [] }))
  for (let round = 0; round <= rounds; round++) {
    const startMs = performance.now()
    for (const [at, result] of results.entries()) {
      onProgress(`${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}: ${nameOf(result.of)}`)
      const pair = await runPair(run, { of: result.of, round, name: `${round}-${at}` })
      if (round > 0) keepPair(result, pair)
    }
    if (!hasTimeFor(performance.now() - startMs)) break
  }
  return results
}

async function runPair(run: RoundsOptions['run'], turn: Turn): Promise<Pair<OneRun>> {
  if (turn.round % 2 === 0) {
    const ours = await run('ours', turn)
    return { ours, kafka: await run('kafka', turn) }
  }
  const kafka = await run('kafka', turn)
  return { ours: await run('ours', turn), kafka }
}

function keepPair(result: CaseResult, { ours, kafka }: Pair<OneRun>): void {
  result.produced.push({ ours: ours.produced, kafka: kafka.produced })
  if (ours.paced !== undefined && kafka.paced !== undefined) result.paced.push({ ours: ours.paced, kafka: kafka.paced })
  if (ours.consumed !== undefined && kafka.consumed !== undefined) result.consumed.push({ ours: ours.consumed, kafka: kafka.consumed })
}
