/**
 * The history of a run and what threads beside it did, as one history in the order of time. What the observer asked is dated
 * by the op before it: everything up to that op had happened when it asked, whatever the threads did after.
 */
import type { Observation, Op, Ops } from '../../history/op.ts'
import { PackedOps } from '../../history/packed-ops.ts'
import { beginOp, endOp, type Chunk, type OpsOf } from './native-columns.ts'

/** Ops of one source, by time. */
type Source = Iterator<Omit<Op, 'index'>>

function* begunOf(chunks: readonly Chunk[], of: OpsOf): Source {
  for (const { worker, begun } of chunks) for (let row = 0; row < begun.length; row++) yield beginOp(worker, begun, row, of)
}

function* endedOf(chunks: readonly Chunk[], of: OpsOf): Source {
  const errors: string[] = []
  for (const chunk of chunks) {
    errors.push(...chunk.errors)
    for (let row = 0; row < chunk.ended.length; row++) yield endOp(chunk.worker, chunk.ended, row, { ...of, errors })
  }
}

/** `ops` have rising times, as a recorder writes them; so have the chunks of each worker. */
export function mergedHistory(ops: Ops, chunks: readonly Chunk[], of: OpsOf): Ops {
  const workers = [...new Set(chunks.map(({ worker }) => worker))]
  const own = workers.map((worker) => chunks.filter((chunk) => chunk.worker === worker))
  // A send begins before it ends: where times are the same the first source goes first.
  const sources: Source[] = own.flatMap((each) => [begunOf(each, of), endedOf(each, of)])
  const merged = new PackedOps()
  const heads = sources.map((source) => source.next())
  const placeOf = new Uint32Array(ops.length)
  const takeBefore = (time: number): void => {
    for (;;) {
      let first = -1
      for (let at = 0; at < heads.length; at++) {
        const head = heads[at]!
        if (head.done !== true && head.value.time! < time && (first < 0 || head.value.time! < heads[first]!.value.time)) first = at
      }
      if (first < 0) return
      merged.push({ index: merged.length, ...(heads[first]!.value as Omit<Op, 'index'>) })
      heads[first] = sources[first]!.next()
    }
  }
  for (const op of ops) {
    takeBefore(op.time!)
    placeOf[op.index] = merged.length
    merged.push({ ...redated(op, placeOf), index: merged.length })
  }
  takeBefore(Infinity)
  return merged
}

function redated(op: Op, placeOf: Uint32Array): Op {
  if (op.f !== 'observe' || !Array.isArray(op.value)) return op
  const value = (op.value as readonly Observation[]).map((each) => {
    if (each.since === undefined) return each
    return { ...each, since: each.since === 0 ? 0 : placeOf[each.since - 1]! + 1 }
  })
  return { ...op, value }
}
