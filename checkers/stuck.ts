/**
 * Stuck: faults were healed, time to recover was given, and something did not come back: all sends, the
 * sends to one key, one client, a final read that its deadline overtook before everything acknowledged, or what
 * the harness waited for: every partition with its leader and replicas, and an acknowledged record.
 */
import type { Key } from '../history/op.ts'
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { HistoryIndex } from './history-index.ts'
import { type Attempts, healedWork } from './index/healed-work.ts'
import { none } from './index/codes.ts'
import type { FinalReadOp, RecoveredOp } from './index/run-marks.ts'
import type { Finding, WitnessStep } from './verdict.ts'
import { inOrder, listed } from './witness.ts'

const name = 'stuck'
const guarantees: readonly string[] = ['DUR-2']
const tooSlow = 'the machine was too slow to say that anything is stuck'
const tooEarly = 'no send succeeded after healing, but none was tried late enough to say that it should have'

function healStep({ ops, marks }: HistoryIndex): WitnessStep {
  return { op: ops.at(marks.phases.heal)!.index, shows: 'every fault was told to end' }
}

function attemptStep({ ops, table }: HistoryIndex, at: number): WitnessStep {
  const completion = table.completion[at]!
  const f = ops.at(at)!.f
  if (completion === none) return { op: ops.at(at)!.index, shows: `this ${f} never ended` }
  const code = ops.at(completion)!.error?.code
  return { op: ops.at(completion)!.index, shows: `this ${f} did not succeed${code === undefined ? '' : `: ${code}`}` }
}

function workFinding(index: HistoryIndex, who: string, attempts: Attempts, key?: Key): Finding {
  return {
    anomaly: name,
    guarantees,
    message: `after healing, none of ${attempts.tried} ${who} succeeded`,
    ...(key !== undefined && { key }),
    witness: inOrder([healStep(index), attemptStep(index, attempts.late)]),
  }
}

function isStuck(attempts: Attempts): boolean {
  return attempts.succeeded === 0 && attempts.late !== none
}

function checkWork(index: HistoryIndex, found: FindingList): string[] {
  const { sends, keys, clients } = healedWork(index)
  if (isStuck(sends)) {
    found.add(0, '', () => workFinding(index, 'sends', sends))
    return []
  }
  for (const [code, attempts] of keys) {
    const key = index.records.keys[code]!
    if (isStuck(attempts)) found.add(attempts.late, '', () => workFinding(index, `sends to ${key}`, attempts, key))
  }
  for (const [actor, attempts] of clients) {
    const client = index.table.actors[actor]!
    const who = typeof client === 'string' ? `ops of client ${client}` : `ops of process ${client}`
    if (isStuck(attempts)) found.add(attempts.late, '', () => workFinding(index, who, attempts))
  }
  const unproven = sends.tried > 0 && sends.succeeded === 0
  return unproven ? [tooEarly] : []
}

function finalFinding(index: HistoryIndex, { at, value }: FinalReadOp, code: number): Finding {
  const key = index.records.keys[code]!
  const reached = value.reached[String(key)] ?? 0
  const acknowledged = index.highestAcknowledged[code]!
  const reader = index.table.actors[index.table.actor[at]!] ?? 'the final consumer'
  return {
    anomaly: name,
    guarantees,
    message: `${key}: by its deadline ${reader} was at offset ${reached}, and offset ${acknowledged} was acknowledged`,
    key,
    offsets: [reached, acknowledged],
    witness: [healStep(index), { op: index.ops.at(at)!.index, shows: `was at offset ${reached} when its time was over` }],
  }
}

function checkFinalReads(index: HistoryIndex, found: FindingList): void {
  for (const read of index.marks.finalReads) {
    if (read.value.complete) continue
    for (const key of read.value.keys) {
      const code = index.records.findKey(key)
      const reached = read.value.reached[String(key)] ?? 0
      if (code === none || reached > index.highestAcknowledged[code]!) continue
      found.add(read.at, '', () => finalFinding(index, read, code))
    }
  }
}

function recoveryFinding({ ops }: HistoryIndex, { at, value }: RecoveredOp, heal: number): Finding {
  const { absent, unserved, boundMs } = value
  const left = absent.length === 0 ? '' : ` (without ${listed(absent)})`
  const what = unserved.length === 0
    ? `not every partition had its leader and its replicas again${left}`
    : `${listed(unserved)} acknowledged nothing`
  const healed = heal === none ? [] : [{ op: ops.at(heal)!.index, shows: 'every fault was told to end' }]
  return {
    anomaly: name,
    guarantees,
    message: `within ${boundMs} ms after healing ${what}`,
    ...(unserved.length === 1 && { key: unserved[0]! }),
    witness: [...healed, { op: ops.at(at)!.index, shows: 'the time to recover was over' }],
  }
}

/** Recoveries that were waited for in vain; returns what could not be judged. */
function checkRecoveries(index: HistoryIndex, found: FindingList): string[] {
  const { recoveries, heals, starved } = index.marks
  let unjudged = false
  for (const recovery of recoveries) {
    if (recovery.value.complete) continue
    const heal = heals.findLast(at => at < recovery.at) ?? none
    if (starved.some(at => at > heal && at < recovery.at)) unjudged = true
    else found.add(recovery.at, '', () => recoveryFinding(index, recovery, heal))
  }
  return unjudged ? [tooSlow] : []
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  const { phases, starved } = index.marks
  const unjudged = checkRecoveries(index, found)
  if (phases.heal === none) return found.result(unjudged)
  const isStarved = starved.some(at => at > phases.heal)
  // What came back on a starved machine came back; only of what did not nothing can be said.
  const late = isStarved ? new FindingList() : found
  unjudged.push(...checkWork(index, late))
  checkFinalReads(index, late)
  const isUnsaid = isStarved && (unjudged.length > 0 || late.result().findings.length > 0)
  return found.result(isUnsaid ? [tooSlow] : unjudged)
}

export const stuck: Checker = {
  name,
  describes: 'After healing, and time to recover, a partition, a key, a client or a final read did not get on.',
  guarantees,
  check,
}
