/**
 * Offset regression: the committed offset of a group, fetched or where a member began, is below one whose commit was
 * acknowledged before it was asked for, and no later write explains it (groups/committed.ts). While the coordinator stayed;
 * across a change of coordinator it is a lost commit. `stale`: told by a broker that may have been deposed without knowing.
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import { distance, type StepBack, stepsBack } from './groups/committed.ts'
import { readStep, writeStep } from './groups/steps.ts'
import type { HistoryIndex } from './history-index.ts'
import type { Finding } from './verdict.ts'

const name = 'offset-regression'
const guarantees: readonly string[] = ['GRP-6']

function aspectOf({ read, isStale }: StepBack): 'fetched' | 'start' | 'stale' {
  return isStale ? 'stale' : read.kind
}

function finding(index: HistoryIndex, step: StepBack): Finding {
  const { group, write, read } = step
  const told = read.offset < 0 ? 'none' : String(read.offset)
  return {
    anomaly: name,
    guarantees,
    aspect: aspectOf(step),
    blame: 'broker',
    message: `${read.key}: group ${group.name} had committed ${write.offset}, and then the committed offset was ${told}`,
    key: read.key,
    offsets: [read.offset, write.offset],
    witness: [writeStep(index, write), readStep(index, read)],
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  for (const step of stepsBack(index)) {
    if (step.coordinator !== undefined && !step.isStale) continue
    found.add(distance(step), aspectOf(step), () => finding(index, step))
  }
  return found.result()
}

export const offsetRegression: Checker = {
  name,
  describes: 'A committed offset went back by itself, below a commit that had been acknowledged.',
  guarantees,
  check,
}
