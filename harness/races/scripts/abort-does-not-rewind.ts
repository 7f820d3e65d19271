/**
 * KAFKA-17582: an abort takes the offsets of the transaction back, and leaves the consumer where it is. Who polls on without going
 * back to the committed offset skips what the aborted transaction had processed.
 */
import { CannotPlay, type Race } from '../race.ts'
import type { RaceProducer } from '../race-producer.ts'
import type { Play } from '../play.ts'
import type { Stage } from '../stage.ts'

const input = 0
const output = 1
const inputs = 3

export const abortDoesNotRewind: Race = {
  name: 'abort-does-not-rewind',
  describes: 'A worker that consumes, transforms and produces aborts, and goes on where its last committed offset is.',
  cases: ['KAFKA-17582', 'Redpanda #6019'],
  expects: {
    1: 'offsets of an aborted transaction never count, those of a committed one do',
    2: 'offsets of an aborted transaction never count, those of a committed one do',
  },
  partitions: 2,
  rules: () => [],
  interleaving: () => [
    { did: 'answered', api: 'TxnOffsetCommit', client: 'a' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
  ],
  play: (stage) => work(stage, true),
  wrongClient: {
    describes: 'polls on from where it was',
    anomalies: ['exactly-once-violation'],
    play: (stage) => work(stage, false),
  },
}

function* work(stage: Stage, rewinds: boolean): Play {
  const seeder = yield* stage.initialised('seeder')
  const seed = stage.begin(seeder, Array.from({ length: inputs + 1 }, () => input))
  for (let at = 0; at <= inputs; at++) yield* seed.send(at)
  yield* seed.commit()
  yield* stage.completed(seeder)

  const worker = yield* stage.initialised('a')
  const group = stage.group('workers')
  const aborted = yield* process(stage, worker, { group, from: 0, to: inputs })
  yield* aborted.abort()
  yield* stage.completed(worker)
  const after = yield* stage.committedOffset(group, input)
  if (after >= 0) stage.convict('exactly-once-violation', `offset ${after} counts, and its transaction was aborted`)
  const from = rewinds ? Math.max(0, after) : inputs
  const committed = yield* process(stage, worker, { group, from, to: inputs + 1 })
  yield* committed.commit()
  yield* stage.completed(worker)
  const final = yield* stage.committedOffset(group, input)
  if (final !== inputs + 1) stage.convict('exactly-once-violation', `offset ${inputs + 1} was committed with its transaction, and ${final} is told`)
  // All that was answered was right: whoever skips inputs now skipped them by itself.
  if (from > 0) stage.convict('exactly-once-violation', `inputs 0 to ${from - 1} are below the committed offset ${final}, and no committed transaction has processed them`, after < 0 ? 'client' : 'broker')
}

interface Span {
  readonly group: string
  readonly from: number
  readonly to: number
}

/** One transaction: an output for each input, and the offset after the last. */
function* process(stage: Stage, worker: RaceProducer, { group, from, to }: Span): Play<ReturnType<Stage['begin']>> {
  const { values } = yield* stage.fetch(input, 0, 'read_committed')
  if (values.length < to) throw new CannotPlay(`of ${to} inputs ${values.length} can be read`)
  const transaction = stage.begin(worker, Array.from({ length: to - from }, () => output))
  for (let at = 0; at < to - from; at++) yield* transaction.send(at)
  yield* stage.well('AddOffsetsToTxn', () => worker.addOffsets(group))
  yield* stage.well('TxnOffsetCommit', () => worker.commitOffset(group, input, to))
  return transaction
}
