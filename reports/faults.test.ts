import { describe, expect, test } from 'vitest'
import type { Op } from '../history/op.ts'
import { faultBands, faultsOfHistory } from './faults.ts'

let index = 0
const nemesis = (seconds: number, f: string, value: unknown): Op => ({
  index: index++, time: seconds * 1e9, process: 'nemesis', type: 'info', f, value,
})

const killed = [
  nemesis(1, 'kill', { action: 'start', id: 'a', targets: [2] }),
  nemesis(1.1, 'kill', { action: 'evidence', id: 'a', targets: [2], inForce: true, evidence: 'SIGKILL' }),
  nemesis(4, 'kill', { action: 'stop', id: 'a', targets: [2] }),
  nemesis(5, 'kill', { action: 'healed', id: 'a', targets: [2], evidence: 'new pid' }),
]

describe('faults', () => {
  test('a fault lasts from its start until it was seen healed, with the evidence of its force', () => {
    expect(faultsOfHistory(killed)).toEqual([
      { name: 'kill', targets: [2], startTime: 1e9, endTime: 5e9, inForce: true, evidence: 'SIGKILL' },
    ])
  })

  test('a fault without evidence is not in force', () => {
    const [fault] = faultsOfHistory(killed.filter(({ value }) => (value as { action: string }).action !== 'evidence'))
    expect(fault).toMatchObject({ inForce: false })
    expect(faultBands([fault!], 10)[0]).toMatchObject({ state: 'NOT seen in force' })
  })

  test('faults that overlap are told apart by their id, and one id may come again', () => {
    const pause = nemesis(2, 'pause', { action: 'start', id: 'b', targets: [3] })
    const again = nemesis(7, 'kill', { action: 'start', id: 'a', targets: [1] })
    const faults = faultsOfHistory([...killed.slice(0, 2), pause, ...killed.slice(2), again])
    expect(faults.map(({ name, targets, endTime }) => [name, targets, endTime])).toEqual([
      ['kill', [2], 5e9], ['pause', [3], null], ['kill', [1], null],
    ])
  })

  test('a fault that was never healed is drawn to the end, one without a start not at all', () => {
    const fault = { name: 'kill', targets: [2], startTime: 3e9, endTime: null, inForce: true, evidence: null }
    expect(faultBands([fault, { ...fault, startTime: null }], 10)).toEqual([
      { t: 3, to: 10, lane: 'kill 2', name: 'kill', targets: '2', state: 'seen in force', open: true },
    ])
  })

  test('many different targets share the lane of their fault', () => {
    const faults = Array.from({ length: 20 }, (_, at) => ({
      name: 'cut', targets: [at], startTime: at * 1e9, endTime: null, inForce: true, evidence: null,
    }))
    expect(new Set(faultBands(faults, 30).map(({ lane }) => lane))).toEqual(new Set(['cut']))
  })

  test('the nemesis of another tool is passed over', () => {
    expect(faultsOfHistory([nemesis(1, 'start-partition', 'majority'), nemesis(2, 'kill', null)])).toEqual([])
  })
})
