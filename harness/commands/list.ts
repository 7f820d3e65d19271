import type { Command } from 'commander'
import { guarantees } from '../../checkers/guarantees.ts'
import { checkers } from '../../checkers/registry.ts'
import { faults } from '../../nemesis/registry.ts'
import { workloads } from '../../workloads/registry.ts'
import { UserError } from '../exit-codes.ts'
import { aboutLoad } from '../load/load-workload.ts'
import { loadAnomalies } from '../load/load-anomalies.ts'
import { defects, requireDefects } from '../planted-defects.ts'
import { scenarios } from '../races/race-scenarios.ts'

interface Entry {
  readonly name: string
  readonly describes: string
}

const kinds: Readonly<Record<string, () => readonly Entry[]>> = {
  scenarios: () => scenarios.map(({ name, target, describes }) => ({ name, describes: `(${target}) ${describes}` })),
  workloads: () => [...workloads, aboutLoad],
  faults: () => Object.values(faults),
  checkers: () => [...checkers, ...loadAnomalies],
  guarantees: () => guarantees.map(({ id, promise }) => ({ name: id, describes: promise })),
  defects: () => {
    requireDefects()
    return Object.entries(defects).map(([name, { describes }]) => ({ name, describes }))
  },
}

export function addList(program: Command): void {
  program
    .command('list <kind>')
    .description(`name and one sentence each: ${Object.keys(kinds).join(', ')}`)
    .option('--json', 'print as JSON')
    .action((kind: string, flags: { readonly json?: boolean }) => {
      const list = kinds[kind]
      if (list === undefined) throw new UserError(`There is no list of ${kind}; there are ${Object.keys(kinds).join(', ')}.`)
      const entries = list().map(({ name, describes }) => ({ name, describes }))
      if (flags.json === true) return void process.stdout.write(`${JSON.stringify(entries, null, 2)}\n`)
      const width = Math.max(...entries.map(({ name }) => name.length))
      for (const { name, describes } of entries) process.stdout.write(`${name.padEnd(width)}  ${describes}\n`)
      return undefined
    })
}
