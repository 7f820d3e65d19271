/**
 * Lost commit: the committed offset of a group is below one whose commit was acknowledged before it was asked for, and
 * between the two the coordinator changed, so that a new one did not have what the old one had promised. The change is told
 * by `node`: between the commit and the reading another broker than the one that had acknowledged it answered for the group.
 * A history whose ops do not name their nodes has offset-regression instead.
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import { distance, type StepBack, stepsBack } from './groups/committed.ts'
import { readStep, stepAt, writeStep } from './groups/steps.ts'
import type { HistoryIndex } from './history-index.ts'
import type { Finding } from './verdict.ts'
import { inOrder } from './witness.ts'

const name = 'lost-commit'
const guarantees: readonly string[] = ['GRP-6']

function finding(index: HistoryIndex, { group, write, read, coordinator }: StepBack): Finding {
  const told = read.offset < 0 ? 'none' : String(read.offset)
  const [before, after] = [write.node!, coordinator!.node]
  const was = `${read.key}: broker ${before} had acknowledged ${write.offset} for group ${group.name}`
  return {
    anomaly: name,
    guarantees,
    aspect: read.kind,
    blame: 'broker',
    message: `${was}, and after broker ${after} had become its coordinator the committed offset was ${told}`,
    key: read.key,
    offsets: [read.offset, write.offset],
    witness: inOrder([
      writeStep(index, write),
      stepAt(index, coordinator!.at, `broker ${after} answered for the group`),
      readStep(index, read),
    ]),
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  for (const step of stepsBack(index)) {
    if (step.coordinator !== undefined && !step.isStale) found.add(distance(step), step.read.kind, () => finding(index, step))
  }
  return found.result()
}

export const lostCommit: Checker = {
  name,
  describes: 'An acknowledged commit was gone after the coordinator had changed.',
  guarantees,
  check,
}
