import { describe, expect, it } from 'vitest'
import { parseNotation } from '../history/notation.ts'
import { readFaults } from './faults.ts'
import { judge } from './judge.ts'

const steps = [
  '1s nemesis kill {"action":"start","id":1,"targets":[2]}',
  '2s nemesis kill {"action":"evidence","id":1,"inForce":true,"evidence":"connect refused"}',
  '8s nemesis kill {"action":"stop","id":1}',
  '9s nemesis kill {"action":"healed","id":1,"evidence":"new pid"}',
]
const work = `p0 send x v1 -> ok @0
  p1 poll -> ok x[0:v1]
  `

function reasons(lines: readonly string[]): readonly string[] {
  return judge(parseNotation(work + lines.join('\n'))).reasons
}

describe('faults', () => {
  it('are told from start to healing, and do not disturb a valid verdict', () => {
    const { valid, faults } = judge(parseNotation(work + steps.join('\n')))
    expect(valid).toBe(true)
    expect(faults).toEqual([
      { name: 'kill', targets: [2], startTime: 1e9, endTime: 9e9, inForce: true, evidence: 'connect refused' },
    ])
  })

  it('without evidence that they were in force make the verdict unknown', () => {
    const never = ['the fault kill 1 was asked for and never seen in force']
    expect(reasons(steps.toSpliced(1, 1))).toEqual(never)
    expect(reasons(steps.with(1, steps[1]!.replace('true', 'false')))).toEqual(never)
    expect(judge(parseNotation(work + steps.toSpliced(1, 1).join('\n'))).valid).toBe('unknown')
  })

  it('that were told to stop and not seen gone make the verdict unknown', () => {
    const still = ['the fault kill 1 was told to stop and never seen gone']
    expect(reasons(steps.slice(0, 3))).toEqual(still)
    expect(reasons(steps.with(3, '9s nemesis kill {"action":"healed","id":1}'))).toEqual(still)
    expect(reasons(steps.with(3, '9s nemesis kill {"action":"healed","id":1,"inForce":true,"evidence":"old pid"}'))).toEqual(still)
  })

  it('may last to the end: what was never told to stop needs no healing', () => {
    expect(reasons(steps.slice(0, 2))).toEqual([])
    expect(readFaults(parseNotation(steps.slice(0, 2).join('\n')), { others: [0, 1] }).records[0]!.endTime).toBeNull()
  })

  it('are kept apart by id', () => {
    const other = steps.map(step => step.replace('"id":1', '"id":2').replaceAll('kill', 'pause'))
    const both = [steps[0]!, other[0]!, steps[1]!, steps[2]!, steps[3]!].map(step => step.replace(/^\ds /, ''))
    expect(reasons(both)).toEqual(['the fault pause 2 was asked for and never seen in force'])
  })

  it('in a form that cannot be read, or that do not fit together, make the verdict unknown', () => {
    expect(reasons(['nemesis start-partition "majority"'])).toEqual(['nothing shows whether these faults were in force: start-partition'])
    expect(reasons([steps[3]!])).toEqual(['kill 1 has healed but no start'])
    expect(reasons([steps[0]!, steps[0]!, steps[1]!])).toEqual(['kill 1 starts twice'])
  })
})
