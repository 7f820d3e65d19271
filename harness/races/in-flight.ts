/**
 * Two batches of an idempotent producer under way: the first is appended and its acknowledgement lost, the second is refused. What
 * the producer may do then, and what clients have done instead: taken a new epoch and sent both again, of which the first was there.
 */
import type { ErrorName } from '../../protocol/errors.ts'
import type { Play } from './play.ts'
import type { WirePattern } from './race.ts'
import type { RaceProducer } from './race-producer.ts'
import type { RaceTransaction } from './race-transaction.ts'
import type { Stage } from './stage.ts'
import type { WireRule } from '../../nemesis/wire-rules/rule.ts'

/** `error`: what the second is refused with. */
export function rulesInFlight(error: ErrorName): readonly WireRule[] {
  return [
    { name: 'lost-ack', match: { api: 'Produce', client: 'a', of: 'answer', error: 'NONE' }, act: { do: 'cut' } },
    { name: 'refused', nth: 2, match: { api: 'Produce', client: 'a' }, act: { do: 'answer', error } },
  ]
}

export const interleavingInFlight: readonly WirePattern[] = [
  { did: 'cut', rule: 'lost-ack' },
  { did: 'refused', rule: 'refused' },
  { did: 'answered', api: 'Produce', client: 'a' },
]

export interface InFlight {
  readonly producer: RaceProducer
  readonly first: RaceTransaction
  readonly second: RaceTransaction
  /** Where the log ended before. */
  readonly start: number
}

/** Both were sent; the producer knows nothing of the first and that the second was refused. */
export function* twoInFlight(stage: Stage): Play<InFlight> {
  const producer = stage.producer('a')
  yield* stage.well('InitProducerId', () => producer.initIdempotent())
  const start = (yield* stage.fetch(0, 0, 'read_uncommitted')).highWatermark
  const first = stage.beginSend(producer, 0)
  yield* first.produce(0, { isTransactional: false, baseSequence: 0 })
  const second = stage.beginSend(producer, 0)
  yield* second.produce(0, { isTransactional: false, baseSequence: 1 })
  return { producer, first, second, start }
}

/** Sends again as it was sent before, and must be answered with where it is. */
export function* resolved(stage: Stage, { first, start }: InFlight): Play {
  const { error, offset } = yield* stage.again(() => first.produce(0, { isTransactional: false, baseSequence: 0 }))
  stage.expect(error, ['NONE'], { what: 'a batch that was there already', anomaly: 'wrong-answer' })
  if (error === 'NONE' && offset !== start) stage.convict('duplicate', `a batch at offset ${start} was sent again and answered with offset ${offset}`)
  first.endedWith(error, true)
}

/** Takes the next epoch by itself, as idempotent producers may, and sends what it knows nothing of anew. */
export function* sentAnew(stage: Stage, { producer, first, second }: InFlight, which: 'first' | 'both'): Play {
  const { producerId, producerEpoch } = producer
  producer.goOnAs({ producerId, producerEpoch: producerEpoch + 1 })
  yield* stage.well('Produce', () => first.produce(0, { isTransactional: false, baseSequence: 0 }))
  first.op.committed()
  if (which === 'first') return second.op.refused('INVALID_RECORD')
  yield* stage.well('Produce', () => second.produce(0, { isTransactional: false, baseSequence: 1 }))
  return second.op.committed()
}
