import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseNotation } from '../history/notation.ts'
import { judge } from './judge.ts'
import { drawFrom, modelHistory } from './testing/model-history.ts'
import type { Availability } from './verdict.ts'

function availability(notation: string): Availability | undefined {
  return judge(parseNotation(notation)).availability
}

const kill = (action: string): string => `nemesis kill {"action":"${action}","id":1,"targets":[2],"inForce":${action === 'evidence'},"evidence":"seen"}`

describe('a stall', () => {
  it('is the longest time in which a send waited and nothing was acknowledged', () => {
    const { longestStallMs, keys } = availability(`
      0s p0 send x v1; 1s p0 -> ok @0
      9s p0 send x v2; 11s p0 -> ok @1`)!
    expect({ longestStallMs, keys }).toEqual({ longestStallMs: 2000, keys: [{ key: 'x', stallMs: 2000 }] })
  })

  it('goes on through sends that fail or whose outcome stays unknown', () => {
    expect(availability(`
      0s p0 send x v1; 1s p0 -> info TIMED_OUT
      2s p1 send x v2; 3s p1 -> fail NOT_ENOUGH_REPLICAS
      4s p2 send x v3; 5s p2 -> ok @0`)!.longestStallMs).toBe(5000)
  })

  it('begins at an acknowledgement when something else is still open', () => {
    expect(availability('0s p0 send x v1; p1 send x v2; 1s p0 -> ok @0; 4s p1 -> ok @1')!.longestStallMs).toBe(3000)
  })

  it('of one key may be longer than that of all, and the longest comes first', () => {
    const { longestStallMs, keys } = availability(`
      0s p0 send x v1; p1 send y w1
      1s p1 -> ok @0; p1 send y w2; 2s p1 -> ok @1; p1 send y w3; 3s p1 -> ok @2
      p0 -> ok @0`)!
    expect(longestStallMs).toBe(1000)
    expect(keys).toEqual([{ key: 'x', stallMs: 3000 }, { key: 'y', stallMs: 1000 }])
  })

  it('lasts until the traffic ends when it never does', () => {
    expect(availability('0s p0 send x v1; 1s p0 -> ok @0; 2s p0 send x v2; 9s phase final; 20s phase end')!.longestStallMs).toBe(7000)
    expect(availability('0s p0 send x v1; 1s p0 -> ok @0; 2s p0 send x v2; 3s p0 -> info')!.longestStallMs).toBe(1000)
  })

  it('is not measured without times, or without sends', () => {
    expect(availability('p0 send x v1 -> ok @0')).toBeUndefined()
    expect(availability('0s p1 poll -> ok')).toBeUndefined()
  })
})

describe('of a fault', () => {
  const history = `
    0s p0 send x v1 -> ok @0; p1 send y w1 -> ok @0
    1s p0 send x v2; p1 send y w2
    2s ${kill('start')}; ${kill('evidence')}
    3s p1 -> ok @1
    4s p1 send y w3; 5s p1 -> ok @2; p1 send y w4
    6s ${kill('stop')}; 7s ${kill('healed')}
    8s p1 -> ok @3
    10s p0 -> ok @1
    11s p0 send x v3; 15s p0 -> ok @2; p2 poll -> ok`

  it('is told the longest stall from its start on, the next acknowledgement, and the recovery of what stood still at its end', () => {
    expect(availability(history)!.faults).toEqual([{
      name: 'kill', targets: [2], startTime: 2e9, endTime: 7e9,
      longestStallMs: 3000, keys: [{ key: 'x', stallMs: 8000 }, { key: 'y', stallMs: 3000 }],
      nextAcknowledgedMs: 1000, recoveryMs: 3000,
    }])
  })

  it('what stood still later is no business of it, but of the run', () => {
    const { longestStallMs, recoveryMsMax } = availability(history)!
    expect([longestStallMs, recoveryMsMax]).toEqual([4000, 3000])
    const { figures } = judge(parseNotation(history))
    expect(figures).toMatchObject({ longestStallMs: 4000, recoveryMsMax: 3000 })
  })

  it('there is no recovery when it never healed, and none when a key never came back', () => {
    expect(availability(history.replace(/; 7s .*/, ''))!.faults[0]).toMatchObject({ endTime: null, recoveryMs: null, nextAcknowledgedMs: 1000 })
    const { faults, recoveryMsMax } = availability(history.replace('10s p0 -> ok @1', '10s p0 -> info').replace('15s p0 -> ok @2', '15s p0 -> info'))!
    expect(faults[0]).toMatchObject({ recoveryMs: null, keys: [{ key: 'x', stallMs: 13_000 }, { key: 'y' }] })
    expect(recoveryMsMax).toBeNull()
  })

  it('is measured apart from others that overlap it', () => {
    const second = kill('start').replace('"id":1', '"id":2')
    const end = kill('healed').replace('"id":1', '"id":2')
    const { faults } = availability(history.replace('5s p1 -> ok @2', `4500ms ${second}; 4900ms ${end}; 5s p1 -> ok @2`))!
    expect(faults.map(({ startTime, longestStallMs, recoveryMs, nextAcknowledgedMs }) => {
      return [startTime, longestStallMs, recoveryMs, nextAcknowledgedMs]
    })).toEqual([[2e9, 3000, 3000, 1000], [4.5e9, 500, 5100, 500]])
  })
})

describe('availability', () => {
  it('of a whole run is no less than of any of its faults, and of all keys no more than of the worst', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), seed => {
        const { longestStallMs, keys, faults } = judge(slowly(seed)).availability!
        const worst = keys[0]?.stallMs ?? 0
        expect(longestStallMs).toBeLessThanOrEqual(worst)
        for (const fault of faults) {
          expect(fault.longestStallMs).toBeLessThanOrEqual(longestStallMs)
          expect(fault.keys[0]?.stallMs ?? 0).toBeLessThanOrEqual(worst)
        }
      }),
    )
  })
})

/** A model history whose ops are a second apart. */
function slowly(seed: number): ReturnType<typeof modelHistory> {
  const ops = modelHistory({ draw: drawFrom(seed), steps: 80, phases: true, keys: ['x', 'y', 'z'] })
  return ops.map(op => ({ ...op, time: op.index * 1e9 }))
}
