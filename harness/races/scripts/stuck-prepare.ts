/** Redpanda #17827: a coordinator dies after it decided and before its markers are written. Who takes over must write them. */
import { CannotPlay, type Race } from '../race.ts'

const everyMarker = 1000

export const stuckPrepare: Race = {
  name: 'stuck-prepare',
  describes: 'A coordinator dies between its decision to commit and its markers.',
  cases: ['Redpanda #17827'],
  expects: {
    1: 'the next coordinator writes the markers, and the producer can go on',
    2: 'the next coordinator writes the markers, and the producer can go on',
  },
  needsOurCluster: true,
  partitions: 3,
  rules: () => [{ name: 'lost-marker', match: { api: 'WriteTxnMarkers' }, times: everyMarker, act: { do: 'drop' } }],
  interleaving: () => [
    { did: 'answered', api: 'EndTxn', client: 'a' },
    { did: 'forwarded', api: 'WriteTxnMarkers' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
  ],
  *play(stage) {
    const producer = yield* stage.initialised('a')
    const first = stage.begin(producer, [0, 1, 2])
    for (const at of [0, 1, 2]) yield* first.send(at)
    const ended = yield* producer.end(true)
    if (ended.error !== 'NONE') throw new CannotPlay(`EndTxn(commit) was answered ${ended.error}`)
    first.op.committed()
    yield* stage.fired('lost-marker')
    const find = () => stage.coordinatorOf(producer.transactionalId)
    const coordinator = yield* find()
    yield* stage.kill(coordinator)
    stage.liftRules()
    yield* stage.movedFrom(coordinator, find)
    yield* stage.start(coordinator)
    const second = stage.begin(producer, [0, 1])
    for (const at of [0, 1]) yield* second.send(at)
    yield* second.commit()
  },
}
