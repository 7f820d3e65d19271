import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { ScenarioVerdict, Verdict } from '../../checkers/verdict.ts'
import type { RunFacts } from '../../reports/html/report.ts'
import type { ScenarioHistory } from '../../reports/scenario-history.ts'
import { UserError } from '../exit-codes.ts'
import { isRaceName } from '../races/race-scenarios.ts'
import { raceHistory } from '../races/run-race.ts'
import { isVerdict, readDocument } from '../read-document.ts'
import { RunStore } from '../run-store.ts'
import { readOps } from './check.ts'

export function addReport(program: Command): void {
  program
    .command('report <run>')
    .description('render the reports of a run directory again')
    .action(async (directory: string) => {
      if (!existsSync(join(directory, 'verdict.json'))) throw new UserError(`${directory} has no verdict.json.`)
      const verdict = readDocument<Verdict>(join(directory, 'verdict.json'), 'scenarios', isVerdict)
      const run = readDocument<RunFacts>(join(directory, 'run.json'), 'seed')
      const histories: ScenarioHistory[] = []
      for (const file of readdirSync(directory)) {
        const scenario = verdict.scenarios.find((each) => historyName(file, each) !== undefined)
        if (scenario === undefined) continue
        const seed = historyName(file, scenario)
        const ops = await readOps(join(directory, file))
        histories.push({ scenario: scenario.name, target: scenario.target, ops, ...(seed !== null && seed !== undefined && { seed }) })
      }
      const without = verdict.scenarios.filter((each) => (each.target !== 'simulated' || isRaceName(each.name)) && each.ops.invoke > 0 && !histories.some(({ scenario, target }) => scenario === each.name && target === each.target))
      if (without.length > 0) throw new UserError(`${directory} has no history of ${without.map(({ name }) => name).join(', ')}: what the reports say of it would be lost.`)
      const store = new RunStore(directory)
      store.writeVerdict(verdict, histories, run)
      process.stdout.write(`${store.path('report.html')}\n`)
    })
}

/** The seed in the name of a simulated scenario's history, null for others, undefined when the file is not its history. */
function historyName(file: string, { name, target }: ScenarioVerdict): number | null | undefined {
  if (file === raceHistory(name, target)) return null
  if (target !== 'simulated') return file === `history.${name}.jsonl` ? null : undefined
  const seed = new RegExp(`^history\\.${name}-(\\d+)\\.jsonl$`).exec(file)?.[1]
  return seed === undefined ? undefined : Number(seed)
}
