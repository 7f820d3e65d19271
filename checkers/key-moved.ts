/**
 * Key moved: records with one record key lie on two partitions of a topic whose number of partitions did not change.
 * Needs polls that tell the record keys, and history keys of the form TOPIC-PARTITION. Aspect `grown`: the topic was seen
 * with another number of partitions, and then keys may move.
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { HistoryIndex } from './history-index.ts'
import { none } from './index/codes.ts'
import type { Finding } from './verdict.ts'
import { firstReadOf, inOrder, readStep, valueName } from './witness.ts'

const name = 'key-moved'
const guarantees: readonly string[] = ['ORD-2']
const form = /^(.+)-(\d+)$/

function topicOf(key: unknown): string | undefined {
  return typeof key === 'string' ? form.exec(key)?.[1] : undefined
}

/** Topics that brokers told different numbers of partitions of. */
function grownTopics({ observations }: HistoryIndex): Set<string> {
  const counts = new Map<string, number>()
  const grown = new Set<string>()
  const perOp = new Map<string, number>()
  const close = (): void => {
    for (const [topic, count] of perOp) {
      if ((counts.get(topic) ?? count) !== count) grown.add(topic)
      counts.set(topic, count)
    }
    perOp.clear()
  }
  let at: number = none
  for (const told of observations.told) {
    if (told.at !== at) close()
    at = told.at
    const topic = topicOf(told.key)
    if (topic !== undefined) perOp.set(topic, (perOp.get(topic) ?? 0) + 1)
  }
  close()
  return grown
}

/** Where the sender put it is the partitioner's choice; where nobody sent it, nobody can tell. */
function blameOf({ writers }: HistoryIndex, moved: number): Finding['blame'] {
  return writers[moved] === none ? undefined : 'client'
}

function finding(index: HistoryIndex, records: readonly [first: number, moved: number], aspect: string): Finding {
  const { keys, keyOf, values, recordKeys } = index.records
  const [first, moved] = records
  const blame = blameOf(index, moved)
  const [from, to] = records.map(record => String(keys[keyOf[record]!]!))
  const recordKey = recordKeys[index.records.recordKeyOf(first)]!
  const where = `${valueName(index, first)} on ${from} and ${valueName(index, moved)} on ${to}`
  return {
    anomaly: name,
    guarantees,
    ...(aspect !== '' && { aspect }),
    ...(blame !== undefined && { blame }),
    message: `record key ${JSON.stringify(recordKey)} lies on two partitions: ${where}`,
    key: keys[keyOf[moved]!]!,
    values: records.map(record => values[record]!),
    witness: inOrder(records.map(record => readStep(index, firstReadOf(index, record)))),
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  const { records } = index
  if (records.recordKeys.length === 0) return found.result()
  const grown = grownTopics(index)
  const topics = records.keys.map(topicOf)
  const topicNames = [...new Set(topics)]
  const topicOfKey = topics.map(topic => topicNames.indexOf(topic))
  /** By record key and topic: the first record there, or `none` once it has moved. */
  const home: (number | undefined)[] = []
  for (let record = 0; record < records.size; record++) {
    const key = records.keyOf[record]!
    const topic = topics[key]
    const recordKey = records.recordKeyOf(record)
    if (recordKey === none || topic === undefined) continue
    const pair = recordKey * topicNames.length + topicOfKey[key]!
    const first = home[pair]
    if (first === undefined) home[pair] = record
    else if (first !== none && records.keyOf[first] !== key) {
      home[pair] = none
      const aspect = grown.has(topic) ? 'grown' : ''
      found.add(record, aspect, () => finding(index, [first, record], aspect))
    }
  }
  return found.result()
}

export const keyMoved: Checker = {
  name,
  describes: 'Records with one record key lie on two partitions of a topic that did not grow.',
  guarantees,
  check,
}
