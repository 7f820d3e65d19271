/** Which recorded ops belong to which scenario of a verdict, and when a witness may be looked up in them. */
import type { ScenarioVerdict } from '../checkers/verdict.ts'
import type { Op, Ops } from '../history/op.ts'

/** The history of one scenario; for a simulated one the history of one of its seeds. */
export interface ScenarioHistory {
  /** `ScenarioVerdict.name`. */
  readonly scenario: string
  /** `ScenarioVerdict.target`, needed when one scenario ran on several targets. */
  readonly target?: string
  /** The simulated seed that these ops are of. */
  readonly seed?: number
  readonly ops: Ops
}

export type OpLookup = (index: number) => Op | undefined

const noOps: OpLookup = () => undefined

export function historyOf(
  { name, target }: ScenarioVerdict,
  histories: readonly ScenarioHistory[],
): ScenarioHistory | undefined {
  const named = histories.filter((history) => history.scenario === name)
  return named.find((history) => history.target === target) ?? named.find((history) => history.target === undefined)
}

/** True when the findings of the scenario were made in this very history and not in that of another seed. */
export function isJudgedHistory(scenario: ScenarioVerdict, history: ScenarioHistory): boolean {
  return scenario.failure === undefined ? scenario.seeds <= 1 : history.seed === scenario.failure.seed
}

/** Finds ops by `index`, whether or not the list is complete. */
export function lookupIn(ops: Ops): OpLookup {
  return (index) => {
    let low = 0
    let high = ops.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (ops.at(middle)!.index < index) low = middle + 1
      else high = middle
    }
    const found = ops.at(low)
    return found?.index === index ? found : undefined
  }
}

/** Finds the ops a finding of the scenario points at; finds nothing where the matching history is not at hand. */
export function witnessLookup(scenario: ScenarioVerdict, histories: readonly ScenarioHistory[] = []): OpLookup {
  const history = historyOf(scenario, histories)
  if (history === undefined || !isJudgedHistory(scenario, history)) return noOps
  return lookupIn(history.ops)
}
