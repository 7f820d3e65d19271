/**
 * Which faults there were, as the nemesis wrote them (history/fault-op.ts). Asking for a fault proves
 * nothing: without an `evidence` op that saw it in force, or a `healed` op that saw a stopped one gone,
 * there is a reason to doubt the run, and the verdict is 'unknown'.
 */
import type { FaultOpValue } from '../history/fault-op.ts'
import type { Op, Ops } from '../history/op.ts'
import type { OpTable } from './index/op-table.ts'
import type { FaultRecord } from './verdict.ts'

/** Positions of the history between which a fault was seen in force: `from` included, `to` not. */
export interface FaultWindow {
  readonly from: number
  readonly to: number
}

export interface Faults {
  readonly records: readonly FaultRecord[]
  /** Of faults seen in force. */
  readonly windows: readonly FaultWindow[]
  /** Names of nemesis ops of another form, of which nobody can say when they were in force. */
  readonly unreadable: readonly string[]
  readonly reasons: readonly string[]
}

interface Life {
  readonly name: string
  readonly id: number
  readonly startTime: number | null
  targets: readonly (number | string)[]
  inForceFrom: number | undefined
  stoppedAt: number | undefined
  healed: boolean
  endTime: number | null
  evidence: unknown
}

const actions: ReadonlySet<unknown> = new Set(['start', 'evidence', 'stop', 'healed'])

function faultOp(value: unknown): FaultOpValue | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { action, id } = value as Partial<FaultOpValue>
  return actions.has(action) && typeof id === 'number' ? (value as FaultOpValue) : undefined
}

class FaultReader {
  readonly lives: Map<number, Life> = new Map()
  readonly unreadable: Set<string> = new Set()
  readonly orphans: string[] = []

  read(op: Op, at: number): void {
    const value = faultOp(op.value)
    if (value === undefined) {
      this.unreadable.add(op.f)
      return
    }
    if (value.action === 'start') this.#start(op, value)
    const life = this.lives.get(value.id)
    if (life === undefined) this.orphans.push(`${op.f} ${value.id} has ${value.action} but no start`)
    else FaultReader.#apply(life, value, op, at)
  }

  #start(op: Op, { id, targets }: FaultOpValue): void {
    if (this.lives.has(id)) this.orphans.push(`${op.f} ${id} starts twice`)
    this.lives.set(id, {
      name: op.f,
      id,
      startTime: op.time,
      targets: Array.isArray(targets) ? targets : [],
      inForceFrom: undefined,
      stoppedAt: undefined,
      healed: false,
      endTime: null,
      evidence: null,
    })
  }

  static #apply(life: Life, value: FaultOpValue, op: Op, at: number): void {
    const evidence = value.evidence ?? null
    if (value.action === 'stop') life.stoppedAt ??= at
    else if (value.action === 'healed') {
      if (evidence === null || evidence === false || value.inForce === true) return
      life.healed = true
      life.endTime = op.time
    } else if (value.inForce === true && life.inForceFrom === undefined) {
      life.inForceFrom = at
      life.evidence = evidence
    } else life.evidence ??= evidence
  }
}

function doubts(life: Life): string[] {
  const name = `the fault ${life.name} ${life.id}`
  const reasons: string[] = []
  if (life.inForceFrom === undefined) reasons.push(`${name} was asked for and never seen in force`)
  if (life.stoppedAt !== undefined && !life.healed) reasons.push(`${name} was told to stop and never seen gone`)
  return reasons
}

/** `table.others` has the positions of the nemesis among others. */
export function readFaults(ops: Ops, { others }: Pick<OpTable, 'others'>): Faults {
  const reader = new FaultReader()
  for (const at of others) {
    const op = ops.at(at)!
    if (op.process === 'nemesis' && op.type !== 'invoke') reader.read(op, at)
  }
  const lives = [...reader.lives.values()]
  const reasons = [...reader.orphans, ...lives.flatMap(doubts)]
  const unreadable = [...reader.unreadable]
  if (unreadable.length > 0) reasons.push(`nothing shows whether these faults were in force: ${unreadable.join(', ')}`)
  return {
    records: lives.map(({ name, targets, startTime, endTime, inForceFrom, evidence }) => ({
      name,
      targets,
      startTime,
      endTime,
      inForce: inForceFrom !== undefined,
      evidence,
    })),
    windows: lives.flatMap(({ inForceFrom, stoppedAt }) =>
      inForceFrom === undefined ? [] : [{ from: inForceFrom, to: stoppedAt ?? ops.length }],
    ),
    unreadable,
    reasons,
  }
}
