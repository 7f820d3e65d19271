/**
 * The groups of a history, read when the first checker asks, and once. A history without groups costs a look at what is
 * neither a send, a poll nor a transaction.
 */
import type { Key } from '../../history/op.ts'
import { type FaultWindow, readFaults } from '../faults.ts'
import type { HistoryIndex } from '../history-index.ts'
import type { FaultRecord } from '../verdict.ts'
import type { GroupOps } from './group-ops.ts'
import { GroupReader } from './group-reader.ts'
import { type Tenure, tenuresOf } from './tenures.ts'

export interface Group extends GroupOps {
  readonly tenures: ReadonlyMap<Key, readonly Tenure[]>
}

const read = new WeakMap<HistoryIndex, readonly Group[]>()
const faultsRead = new WeakMap<HistoryIndex, GroupFaults>()

export interface GroupFaults {
  readonly records: readonly FaultRecord[]
  readonly windows: readonly FaultWindow[]
  /** A nemesis wrote what nobody can read: when its faults were in force is not known. */
  readonly unreadable: boolean
}

export function groupsOf(index: HistoryIndex): readonly Group[] {
  let groups = read.get(index)
  if (groups === undefined) {
    groups = new GroupReader(index).read().map(group => ({ ...group, tenures: tenuresOf(group) }))
    read.set(index, groups)
  }
  return groups
}

/** The faults of a history that has groups. */
export function faultsOf(index: HistoryIndex): GroupFaults {
  let faults = faultsRead.get(index)
  if (faults === undefined) {
    const { records, windows, unreadable } = readFaults(index.ops, index.table)
    faultsRead.set(index, (faults = { records, windows, unreadable: unreadable.length > 0 }))
  }
  return faults
}

/** Nanoseconds of the run, NaN when unknown. */
export function timeAt({ ops }: HistoryIndex, at: number): number {
  return ops.at(at)?.time ?? Number.NaN
}
