import { describe, expect, it } from 'vitest'
import { parseNotation } from '../history/notation.ts'
import type { Op } from '../history/op.ts'
import { judge } from './judge.ts'
import { judged } from './testing/judged.ts'

describe('duplicate', () => {
  it('is one record at two offsets', () => {
    const { convicts, findings } = judged(`
      p0 send x v1 -> ok @0
      p1 poll -> ok x[0:v1 1:v1]`)
    expect(convicts).toEqual(['duplicate'])
    expect(findings[0]).toMatchObject({ values: ['v1'], offsets: [0, 1], witness: [{ op: 1 }, { op: 3 }] })
  })

  it('is not one offset read twice, nor one value of two keys', () => {
    expect(judged(`
      p0 send x v1 -> ok @0
      p0 send y v1 -> ok @1
      p1 poll -> ok x[0:v1] y[1:v1]
      p2 poll -> ok x[0:v1]`).valid).toBe(true)
  })

  it('is seen in polls that failed, and between an answer and a poll', () => {
    expect(judged(`
      p0 send x v1 -> ok @0
      p1 poll -> ok x[0:v1]
      p2 poll -> fail x[1:v1]`).convicts).toEqual(['duplicate'])
    expect(judged(`
      p0 send x v1 -> ok @0
      p1 poll -> ok x[7:v1]`).convicts).toEqual(['duplicate'])
  })

  it('is not what a failed or unproven send was told', () => {
    expect(judged(`
      p0 send x v1 -> ok @0
      p0 send x v2 -> fail @4
      p0 send x v3 -> ok @4
      p1 poll -> ok x[0:v1 4:v3]`).valid).toBe(true)
  })

  it('is not judged for a value that two ops sent, but is when all but one failed', () => {
    const { valid, reasons } = judged(`
      p0 send x v1 -> ok @0
      p0 send x v1 -> ok @1
      p1 poll -> ok x[0:v1 1:v1]`)
    expect(valid).toBe('unknown')
    expect(reasons).toEqual(['duplicate: values must be unique within a key, and 1 were sent more than once: v1'])
    expect(judged(`
      p0 send x v1 -> fail NOT_ENOUGH_REPLICAS
      p0 send x v1 -> ok @0
      p0 send x v1 -> fail NOT_ENOUGH_REPLICAS
      p1 poll -> ok x[0:v1]`).valid).toBe(true)
  })

  it('is the broker\'s doing when one request carried the record and was answered', () => {
    const blame = (told: Partial<Op>): unknown => {
      const ops = parseNotation('p0 send x v1 -> ok @0; p1 poll -> ok x[0:v1 1:v1]').map(op => (op.f === 'send' && op.type === 'ok' ? { ...op, ...told } : op))
      return judge(ops).findings[0]!.blame
    }
    expect(blame({ attempts: 1, node: 2 })).toBe('broker')
    expect(blame({ attempts: 2, node: 2 })).toBeUndefined()
    expect(blame({ attempts: 1 })).toBeUndefined()
    expect(judged('p0 send x v1 -> info; p1 poll -> ok x[0:v1 1:v1]').findings[0]!.blame).toBeUndefined()
  })
})
