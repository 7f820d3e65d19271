import { describe, expect, it } from 'vitest'
import { judged } from './testing/judged.ts'

describe('int-nonmonotonic-send', () => {
  it('is a later send of one op at or before an earlier one', () => {
    const { convicts, findings } = judged(`
      p0 send x v1, x v2 -> ok @1, @0
      p1 poll -> ok x[0:v2 1:v1]`)
    expect(convicts).toEqual(['int-nonmonotonic-send'])
    expect(findings[0]).toMatchObject({ values: ['v1', 'v2'], offsets: [1, 0] })
  })

  it('is not the order between two keys', () => {
    expect(judged(`
      p0 send x v1, y v2 -> ok @1, @0
      p1 poll -> ok x[1:v1] y[0:v2]`).valid).toBe(true)
  })

  it('is seen in an op of unknown outcome, at the places polls saw', () => {
    const { convicts, findings } = judged(`
      p0 txn send x v1, send x v2 -> info TIMED_OUT
      p1 poll -> ok x[0:v2 1:v1]
      p2 txn send y v3 -> ok @0
      p1 poll -> ok y[0:v3]`)
    expect(convicts).toEqual(['int-nonmonotonic-send'])
    expect(findings[0]!.witness.map(({ op }) => op)).toEqual([1, 1, 3, 3])
  })

  it('is lawful without idempotence', () => {
    expect(judged(`config {"idempotence":false}
      p0 send x v1, x v2 -> ok @1, @0
      p1 poll -> ok x[0:v2 1:v1]`).allowed).toEqual(['int-nonmonotonic-send'])
  })
})
