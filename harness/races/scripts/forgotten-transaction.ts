/**
 * Redpanda #6019: the coordinator of an open transaction dies. The next one must go on with it, or refuse: one that has forgotten it
 * and silently begins another commits the offsets and loses the records.
 */
import type { Race } from '../race.ts'

const consumed = 5

export const forgottenTransaction: Race = {
  name: 'forgotten-transaction',
  describes: 'The coordinator of an open transaction dies between the records and the offsets of it.',
  cases: ['Redpanda #6019'],
  expects: {
    1: 'the next coordinator goes on with the transaction: records and offsets count together, or neither',
    2: 'the next coordinator goes on with the transaction: records and offsets count together, or neither',
  },
  needsOurCluster: true,
  partitions: 1,
  rules: () => [],
  interleaving: () => [
    { did: 'answered', api: 'Produce', client: 'a' },
    { did: 'answered', api: 'TxnOffsetCommit', client: 'a' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
  ],
  *play(stage) {
    const producer = yield* stage.initialised('a')
    const transaction = stage.begin(producer, [0])
    yield* transaction.send(0)
    const find = () => stage.coordinatorOf(producer.transactionalId)
    const coordinator = yield* find()
    yield* stage.kill(coordinator)
    yield* stage.movedFrom(coordinator, find)
    const group = stage.group('workers')
    yield* stage.again(() => producer.addOffsets(group))
    yield* stage.again(() => producer.commitOffset(group, 0, consumed))
    const ended = yield* stage.again(() => producer.end(true))
    transaction.endedWith(ended.error, true)
    yield* stage.start(coordinator)
    yield* stage.completed(producer)
    const offset = yield* stage.committedOffset(group, 0)
    const isThere = (yield* stage.again(function* () {
      const fetched = yield* stage.fetch(0, 0, 'read_committed')
      return { ...fetched, node: -1, error: fetched.error === 'NONE' ? 'NONE' as const : 'NO_ANSWER' as const }
    })).values.includes(transaction.value(0))
    if (isThere !== (offset === consumed)) {
      const words = `the committed offset is ${offset}, and the record sent in the same transaction is ${isThere ? 'there' : 'not there'}`
      stage.convict('torn-transaction', words)
    }
  },
}
