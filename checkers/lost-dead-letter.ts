/**
 * Lost dead letter: a group has committed past a record that it could not process and never finished, and there is no dead
 * letter about it, neither read nor acknowledged. Its aspect is the delivery the group has chosen: at most once allows it, and
 * the policy table says so. Groups that put nothing aside (`deadLetters`) are not judged.
 */
import type { Key } from '../history/op.ts'
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import { began, deliveryOf, furthest, isFinished } from './groups/deliveries.ts'
import type { WorkRow, WriteRow } from './groups/group-ops.ts'
import type { Group } from './groups/groups.ts'
import { type DeadLetters, deadLettersOf, lettersAbout, originName, poisonOf } from './groups/letters.ts'
import { memberName, stepAt, writeStep } from './groups/steps.ts'
import type { HistoryIndex } from './history-index.ts'
import type { Finding } from './verdict.ts'
import { inOrder } from './witness.ts'

const name = 'lost-dead-letter'
const guarantees: readonly string[] = ['GRP-11']

interface Lost {
  readonly key: Key
  readonly poison: number
  readonly row: WorkRow
  readonly commit: WriteRow
}

function finding(index: HistoryIndex, { group, config }: DeadLetters, { key, poison, row, commit }: Lost): Finding {
  return {
    anomaly: name,
    guarantees,
    aspect: deliveryOf(group),
    message: `${key}: group ${group.name} committed ${commit.offset}, past offset ${poison} which it could not process, and ${config.topic} has no letter about it`,
    key,
    offsets: [poison],
    witness: inOrder([
      stepAt(index, row.done, `${memberName(index, row.actor)} could not process offset ${poison}`),
      writeStep(index, commit),
    ]),
  }
}

function lostOf(group: Group, about: ReadonlySet<string>): Lost[] {
  return [...group.work].flatMap(([key, rows]) => {
    const commit = furthest(group.writes.get(key) ?? [])
    if (commit === undefined) return []
    const from = began(group, key)
    const owed = [...poisonOf(rows)].filter(([poison]) => poison >= from && poison < commit.offset && !about.has(originName(key, poison)))
    return owed.filter(([poison]) => !isFinished(rows, poison)).map(([poison, row]) => ({ key, poison, row, commit }))
  })
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  for (const each of deadLettersOf(index)) {
    for (const lost of lostOf(each.group, lettersAbout(index, each.config))) {
      found.add(lost.commit.done - lost.row.asked, deliveryOf(each.group), () => finding(index, each, lost))
    }
  }
  return found.result()
}

export const lostDeadLetter: Checker = {
  name,
  describes: 'A group went on past a record it could not process, and there is no dead letter about it.',
  guarantees,
  check,
}
