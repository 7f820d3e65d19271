/** Redpanda #3038, #3077: a producer may have five batches under way, so each of the last five must be known when it comes again. */
import type { Race } from '../race.ts'

const order = [2, 0, 4, 1, 3] as const

export const fiveBatchWindow: Race = {
  name: 'five-batch-window',
  describes: 'Each of the last five batches is sent again, in any order.',
  cases: ['Redpanda #3038', 'Redpanda #3077'],
  expects: {
    1: 'each is answered with the offset of its first copy',
    2: 'each is answered with the offset of its first copy',
  },
  partitions: 1,
  rules: () => [],
  interleaving: () => Array.from({ length: 2 * order.length }, () => ({ did: 'answered', api: 'Produce', client: 'a' })),
  *play(stage) {
    const producer = yield* stage.initialised('a')
    const transaction = stage.begin(producer, order.map(() => 0))
    const offsets: number[] = []
    for (const at of order.keys()) offsets.push((yield* transaction.send(at)).offset)
    for (const at of order) {
      const repeated = yield* stage.again(() => producer.produce(0, transaction.value(at), { baseSequence: at }))
      stage.expect(repeated.error, ['NONE'], { what: `batch ${at + 1} of the last five, sent again,`, anomaly: 'wrong-answer' })
      if (repeated.error === 'NONE' && repeated.offset !== offsets[at]) {
        stage.convict('duplicate', `a batch at offset ${offsets[at]} was sent again and answered with offset ${repeated.offset}`)
      }
    }
    producer.setSequence(0, order.length)
    yield* transaction.commit()
  },
}
