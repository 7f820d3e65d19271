import { describe, expect, it } from 'vitest'
import { parseNotation } from '../history/notation.ts'
import { judge } from './judge.ts'

function figures(history: string): Readonly<Record<string, number>> {
  return judge(parseNotation(history)).figures!
}

function observed(leader: number, leaderEpoch: number): string {
  return `observe ${JSON.stringify([{ key: 'x', leader, leaderEpoch, inSyncReplicas: [1, 2] }])}`
}

describe('figures', () => {
  it('count ops under faults from the evidence to the stop, overlapping ones once', () => {
    const history = `
      p0 send x v1 -> ok @0
      nemesis kill {"action":"start","id":1}
      p0 send x v2 -> ok @1
      nemesis kill {"action":"evidence","id":1,"inForce":true,"evidence":"gone"}
      p0 send x v3 -> ok @2
      nemesis cut {"action":"evidence","id":2,"inForce":true}
      nemesis pause {"action":"start","id":3,"inForce":false}
      nemesis pause {"action":"evidence","id":3,"inForce":true,"evidence":"state T"}
      p1 poll -> ok x[0:v1 1:v2 2:v3]
      nemesis kill {"action":"stop","id":1}
      p1 poll -> ok
      nemesis pause {"action":"stop","id":3}
      p1 poll -> ok`
    expect(figures(history)).toMatchObject({ ops: 6, acknowledged: 3, polled: 3, opsUnderFault: 3, opsUnderFaultShare: 0.5, faults: 2 })
  })

  it('count a leader change when another leader is seen in a higher epoch, and stale news not at all', () => {
    const changes = (...seen: string[]): number => figures(`p0 send x v1 -> ok @0\n${seen.join('\n')}`)['leaderChanges']!
    expect(changes(observed(1, 1), observed(2, 2), observed(1, 3))).toBe(2)
    expect(changes(observed(1, 1), observed(1, 2))).toBe(0)
    expect(changes(observed(2, 5), observed(1, 1), observed(2, 5), observed(1, 1))).toBe(0)
    expect(changes(observed(1, 1), observed(-1, 2), observed(2, 3))).toBe(1)
    expect(changes(observed(1, 1), observed(-1, 2), observed(1, 3))).toBe(0)
  })
})
