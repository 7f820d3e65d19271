import type { Command } from 'commander'
import { bench } from '../bench/bench.ts'

export function addBench(program: Command): void {
  program
    .command('bench')
    .description('the figures: simulator, checkers, broker process; printed with the machine they were measured on')
    .option('--json', 'print as JSON')
    .action(async (flags: { readonly json?: boolean }) => {
      await bench(flags.json === true)
    })
}
