/** What a person watches while `verify` runs: one line a scenario that moves in a terminal, plain lines elsewhere. */
import { Listr, type ListrTaskWrapper, type DefaultRenderer, type SimpleRenderer } from 'listr2'
import { mergeValid, type ScenarioVerdict } from '../checkers/verdict.ts'
import type { AnyScenario } from './races/race-scenarios.ts'
import type { VerifyEvents } from './verify.ts'

type Task = ListrTaskWrapper<object, typeof DefaultRenderer, typeof SimpleRenderer>

/** Runs `work`, showing what it tells. On stderr as plain lines when `quiet`, because stdout then belongs to the result. */
export async function withLiveView<T>(
  scenarios: readonly AnyScenario[],
  quiet: boolean,
  work: (events: VerifyEvents) => Promise<T>,
): Promise<T> {
  if (quiet) return work(plainEvents((line) => void process.stderr.write(`${line}\n`)))
  if (!process.stdout.isTTY) return work(plainEvents((line) => void process.stdout.write(`${line}\n`)))
  const tasks = new Map<AnyScenario, Task>()
  const ends = new Map<AnyScenario, () => void>()
  const begun = new Map<AnyScenario, () => void>()
  const list = new Listr(
    scenarios.map((scenario) => ({
      title: titleOf(scenario),
      task: (_context: object, task: Task) =>
        new Promise<void>((resolve) => {
          tasks.set(scenario, task)
          ends.set(scenario, resolve)
          begun.get(scenario)?.()
        }),
    })),
    { concurrent: false, rendererOptions: { collapseSubtasks: false } },
  )
  const working = work({
    started: () => undefined,
    progress: (scenario, line) => {
      const task = tasks.get(scenario)
      if (task !== undefined) task.output = line
    },
    ended: (scenario, verdicts) => {
      const finish = (): void => {
        tasks.get(scenario)!.title = `${titleOf(scenario)}: ${wordOf(verdicts)}`
        ends.get(scenario)!()
      }
      if (tasks.has(scenario)) finish()
      else begun.set(scenario, finish)
    },
  })
  const shown = list.run()
  working.catch(() => {
    for (const end of ends.values()) end()
  })
  const result = await working
  await shown
  return result
}

function titleOf({ name, target }: AnyScenario): string {
  return `${name} (${target})`
}

function wordOf(verdicts: readonly ScenarioVerdict[]): string {
  const valid = mergeValid(verdicts.map((each) => each.valid))
  const acknowledged = verdicts.reduce((sum, each) => sum + each.acknowledged, 0)
  const word = valid === true ? 'valid' : valid === false ? 'INVALID' : 'unknown'
  return `${word}, ${acknowledged} acknowledged`
}

/** Every so often a line, and one at each end. */
function plainEvents(print: (line: string) => void): VerifyEvents {
  let lastMs = 0
  return {
    started: (scenario) => print(`${titleOf(scenario)}: begun`),
    progress: (scenario, line) => {
      if (performance.now() - lastMs < plainIntervalMs) return
      lastMs = performance.now()
      print(`${titleOf(scenario)}: ${line}`)
    },
    ended: (scenario, verdicts) => print(`${titleOf(scenario)}: ${wordOf(verdicts)}`),
  }
}

const plainIntervalMs = 5000
