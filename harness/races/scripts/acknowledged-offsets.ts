/** Bufstream 0.1.0: acknowledgements told offset 0 for records that were elsewhere. Every told offset is compared with the one read. */
import type { Race } from '../race.ts'

const records = 60

export const acknowledgedOffsets: Race = {
  name: 'acknowledged-offsets',
  describes: 'Sixty batches, some of them sent again after their acknowledgement was lost: each is where it was said to be.',
  cases: ['Bufstream 0.1.0'],
  expects: {
    1: 'every acknowledgement tells the offset at which the record is read',
    2: 'every acknowledgement tells the offset at which the record is read',
  },
  partitions: 1,
  rules: () => [10, 30, 49].map((nth) => ({ name: `lost-ack-${nth}`, nth, match: { api: 'Produce', client: 'a', of: 'answer' as const, error: 'NONE' as const }, act: { do: 'cut' as const } })),
  interleaving: () => [
    { did: 'cut', rule: 'lost-ack-10' },
    { did: 'cut', rule: 'lost-ack-30' },
    { did: 'cut', rule: 'lost-ack-49' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
  ],
  *play(stage) {
    const producer = yield* stage.initialised('a')
    const transaction = stage.begin(producer, Array.from({ length: records }, () => 0))
    yield* stage.well('AddPartitionsToTxn', () => transaction.ask(0))
    for (let at = 0; at < records; at++) yield* stage.well('Produce', () => transaction.produce(at))
    yield* transaction.commit()
  },
}
