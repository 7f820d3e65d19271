import { Argument, type Command } from 'commander'
import { bench } from '../bench/bench.ts'
import { benchBesideKafka } from '../bench/beside-kafka/beside-kafka.ts'
import { endOnInterrupt } from '../interrupt.ts'
import { parseCount, parseDuration } from './arguments.ts'

interface BenchFlags {
  readonly full?: boolean
  readonly only?: string
  readonly pairs: number
  readonly time?: number
  readonly out?: string
  readonly write?: boolean
  readonly json?: boolean
}

const shortMs = 15 * 60_000
const fullMs = 90 * 60_000

export function addBench(program: Command): void {
  program
    .command('bench')
    .description('the figures, printed with the machine they were measured on')
    .addArgument(new Argument('[what]', 'simulator, checkers, broker process and gateway; or our broker beside Apache Kafka').choices(['figures', 'kafka']).default('figures'))
    .option('--full', 'kafka: everything with everything; an hour')
    .option('--only <text>', 'kafka: only cases with this in their name, as in "100 partitions"')
    .option('--pairs <n>', 'kafka: pairs of runs that count', parseCount, 5)
    .option('--time <duration>', 'kafka: no round of runs begins that would end later (15m, with --full 90m)', parseDuration)
    .option('--out <dir>', 'kafka: where raw runs are kept (runs/<time>-bench)')
    .option('--write', 'kafka: puts the tables into docs/performance.md')
    .option('--json', 'print as JSON')
    .action(async (what: string, { full = false, only = '', pairs, time, out, write = false, json = false }: BenchFlags) => {
      if (what === 'figures') {
        endOnInterrupt()
        return bench(json)
      }
      const timeMs = time ?? (full ? fullMs : shortMs)
      process.exitCode = await benchBesideKafka({ full, only, pairs, timeMs, write, json, ...(out !== undefined && { out }) })
      return undefined
    })
}
