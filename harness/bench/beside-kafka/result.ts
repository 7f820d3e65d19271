/** What a bench beside Kafka found, as it is kept (`result.json`) and shown. */
import type { CaseResult } from './rounds.ts'
import type { Pair } from './ratio.ts'
import type { Start } from './starts.ts'

export interface BenchResult {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memoryGiB: number; readonly platform: string }
  readonly versions: { readonly tribunal: string; readonly commit?: string; readonly node: string; readonly kafka: string; readonly java: string }
  /** What to type to get another. */
  readonly command: string
  readonly date: string
  readonly tookMs: number
  /** Pairs asked for; a machine that was too slow brought fewer. */
  readonly pairs: number
  readonly cases: readonly CaseResult[]
  readonly starts: readonly Pair<Start>[]
  /** Share of a processor that three brokers take when nobody asks them anything, and their memory at the end. */
  readonly idle: Pair<{ readonly cpuShare: number; readonly rssBytes: number }>
}
