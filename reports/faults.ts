/** When which fault was on: from the ops of the nemesis, or from the fault records of a verdict, as bands in time. */
import type { FaultRecord } from '../checkers/verdict.ts'
import type { Ops } from '../history/op.ts'
import { rounded } from './latency.ts'
import { nemesisValue, secondsOf } from './op-value.ts'

/** One fault on the time axis, from `t` to `to` seconds of the run. */
export interface FaultBand {
  readonly t: number
  readonly to: number
  /** Which row of the fault strip it stands in. */
  readonly lane: string
  readonly name: string
  readonly targets: string
  readonly state: 'seen in force' | 'NOT seen in force'
  /** True when nothing says that it ended. */
  readonly open: boolean
}

const mostLanes = 10
const mostBands = 400

/** The faults that a history itself tells of; empty for a history whose nemesis writes another form. */
export function faultsOfHistory(ops: Ops): FaultRecord[] {
  const faults = new Map<string, FaultRecord>()
  for (const op of ops) {
    const told = nemesisValue(op)
    if (told === undefined) continue
    const id = told.id === '' ? op.f : told.id
    const known = faults.get(id)
    if (told.action === 'start' && (known === undefined || known.endTime !== null)) {
      faults.set(known === undefined ? id : `${id} ${op.index}`, {
        name: op.f,
        targets: told.targets,
        startTime: op.time,
        endTime: null,
        inForce: told.inForce,
        evidence: told.evidence,
      })
    } else if (known !== undefined) {
      const ended = told.action === 'stop' || told.action === 'healed'
      const evidence = told.evidence === undefined || ended ? known.evidence : told.evidence
      const endTime = ended ? op.time : known.endTime
      faults.set(id, { ...known, endTime, inForce: known.inForce || told.inForce, evidence })
    }
  }
  return [...faults.values()]
}

/** Faults without a start time cannot be drawn; at most 400 are. */
export function faultBands(faults: readonly FaultRecord[], endSeconds: number): FaultBand[] {
  const drawn = faults.slice(0, mostBands)
  const lanes = new Set(drawn.map(laneOf))
  return drawn.flatMap((fault) => {
    const from = secondsOf(fault.startTime)
    if (from === undefined) return []
    const to = secondsOf(fault.endTime)
    return [{
      t: rounded(from),
      to: rounded(Math.max(from, to ?? endSeconds)),
      lane: lanes.size <= mostLanes ? laneOf(fault) : fault.name,
      name: fault.name,
      targets: fault.targets.join(', '),
      state: fault.inForce ? ('seen in force' as const) : ('NOT seen in force' as const),
      open: to === undefined,
    }]
  })
}

function laneOf(fault: FaultRecord): string {
  return fault.targets.length === 0 ? fault.name : `${fault.name} ${fault.targets.join(', ')}`
}
