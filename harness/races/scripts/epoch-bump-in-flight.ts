/** librdkafka #4953: of two batches under way the second is told OUT_OF_ORDER_SEQUENCE_NUMBER, as around a change of leader. Both are to be sent again as they were. */
import { interleavingInFlight, resolved, rulesInFlight, sentAnew, twoInFlight } from '../in-flight.ts'
import type { Race } from '../race.ts'

export const epochBumpInFlight: Race = {
  name: 'epoch-bump-in-flight',
  describes: 'The acknowledgement of one batch is lost, and the next is told to be out of order, with an idempotent producer.',
  cases: ['librdkafka #4953'],
  expects: {
    1: 'the first batch, sent again, is answered with its offset, and the second is appended behind it',
    2: 'the first batch, sent again, is answered with its offset, and the second is appended behind it',
  },
  partitions: 1,
  rules: () => rulesInFlight('OUT_OF_ORDER_SEQUENCE_NUMBER'),
  interleaving: () => interleavingInFlight,
  *play(stage) {
    const flight = yield* twoInFlight(stage)
    yield* resolved(stage, flight)
    yield* stage.well('Produce', () => flight.second.produce(0, { isTransactional: false, baseSequence: 1 }))
    flight.second.op.committed()
  },
  wrongClient: {
    describes: 'takes a new epoch, and sends both anew',
    anomalies: ['duplicate'],
    *play(stage) {
      yield* sentAnew(stage, yield* twoInFlight(stage), 'both')
    },
  },
}
