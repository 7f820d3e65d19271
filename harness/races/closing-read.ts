/**
 * The end of a race: a producer that had no part in it commits to every partition, and a fresh reader of committed records reads
 * everything. One that cannot get past an offset stands before a transaction that nobody will end.
 */
import { finalClientPrefix, type FinalRead } from '../../history/final-read.ts'
import type { NewOp, Polled } from '../../history/op.ts'
import type { OffsetAnswer, PolledPartition, WorkloadClient, WorkloadConsumer, AdminResult } from '../../workloads/client/client.ts'
import { consumerDefaults } from '../../workloads/client/defaults.ts'
import { decodeValue } from '../../workloads/keyed-append/values.ts'
import { told, type Play } from './play.ts'
import { CannotPlay } from './race.ts'
import type { Stage } from './stage.ts'

const pollMs = 100
const maxRecords = 500
const fetchWaitMs = 50
const latest = -1

export function* closing(stage: Stage, makeClient: (name: string) => WorkloadClient): Play {
  stage.forget()
  const producer = yield* stage.initialised('closing')
  const last = stage.begin(producer, stage.partitions)
  for (const at of stage.partitions) yield* last.send(at)
  yield* last.commit()
  yield* stage.completed(producer)
  const client = makeClient(`${finalClientPrefix}-tv${stage.version}`)
  try {
    yield* readAll(stage, client)
  } finally {
    client.close()
  }
}

function* readAll(stage: Stage, client: WorkloadClient): Play {
  const targets = yield* endsOf(stage, client)
  const reader = new Reader(stage, client)
  const deadlineMs = stage.loop.now() + stage.options.patienceMs
  const isBehind = ({ partition, offset }: OffsetAnswer): boolean => reader.reached(partition) < offset
  while (targets.some(isBehind) && stage.loop.now() < deadlineMs) yield* reader.poll()
  const behind = targets.filter(isBehind)
  for (const { partition, offset } of behind) {
    stage.convict('stuck-transaction', `readers of committed records stand at offset ${reader.reached(partition)} of partition ${partition}, whose high watermark is ${offset}: a transaction there never ends`)
  }
  reader.finish(targets, behind.length === 0)
}

function* endsOf(stage: Stage, client: WorkloadClient): Play<readonly OffsetAnswer[]> {
  const queries = stage.partitions.map((partition) => ({ topic: stage.topic, partition, timestamp: latest }))
  const ends = yield* told<AdminResult<readonly OffsetAnswer[]>>((done) => client.admin.listOffsets(queries, stage.options.patienceMs, done))
  if (!ends.ok) throw new CannotPlay(`the ends of the partitions were not told: ${ends.error.code}`)
  return ends.value
}

class Reader {
  readonly #stage: Stage
  readonly #consumer: WorkloadConsumer
  readonly #process: number
  readonly #client: string

  constructor(stage: Stage, client: WorkloadClient) {
    this.#stage = stage
    this.#process = stage.options.nextProcess()
    this.#client = `${finalClientPrefix}-tv${stage.version}`
    this.#consumer = client.consumer({ ...consumerDefaults, isolation: 'read_committed', maxWaitMs: fetchWaitMs })
    const keys = stage.partitions.map((partition) => stage.key(partition))
    this.#record({ type: 'invoke', f: 'assign', value: keys })
    this.#consumer.assign(stage.partitions.map((partition) => ({ topic: stage.topic, partition, start: 'beginning' })))
    this.#record({ type: 'ok', f: 'assign', value: keys })
  }

  #record(op: Omit<NewOp, 'process' | 'client'>): void {
    this.#stage.options.recorder.record({ process: this.#process, ...op, client: this.#client })
  }

  reached(partition: number): number {
    return this.#consumer.position(this.#stage.topic, partition)?.offset ?? 0
  }

  *poll(): Play {
    this.#record({ type: 'invoke', f: 'poll', value: [{ f: 'poll' }] })
    const polled = yield* told<readonly PolledPartition[]>((done) => this.#consumer.poll(maxRecords, pollMs, done))
    const value = polled.map(({ partition, records }): Polled =>
      [this.#stage.key(partition), records.map((each) => [each.offset, decodeValue(each.value)])])
    this.#record({ type: 'ok', f: 'poll', value: [{ f: 'poll', polled: value }] })
  }

  finish(targets: readonly OffsetAnswer[], complete: boolean): void {
    const keyed = (offsetOf: (each: OffsetAnswer) => number): Record<string, number> =>
      Object.fromEntries(targets.map((each) => [this.#stage.key(each.partition), offsetOf(each)]))
    const value: FinalRead = {
      keys: targets.map(({ partition }) => this.#stage.key(partition)),
      reached: keyed(({ partition }) => this.reached(partition)),
      target: keyed(({ offset }) => offset),
      complete,
    }
    this.#record({ type: 'invoke', f: 'final-read', value: null })
    this.#record({ type: complete ? 'ok' : 'info', f: 'final-read', value })
    this.#consumer.close()
  }
}
