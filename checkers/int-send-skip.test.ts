import { describe, expect, it } from 'vitest'
import { judged } from './testing/judged.ts'

describe('int-send-skip', () => {
  it('is listed and never convicts', () => {
    const { valid, allowed, findings } = judged(`
      p0 txn send x v1, send x v2
      p1 send x v3 -> ok @1
      p0 -> ok @0, @2
      p2 poll -> ok x[0:v1 1:v3 2:v2]`)
    expect({ valid, allowed }).toEqual({ valid: true, allowed: ['G0', 'int-send-skip'] })
    expect(findings[0]!.allowed).toContain('nothing isolates')
  })

  it('is not a hole, nor somebody else between two ops', () => {
    expect(judged(`
      p0 txn send x v1, send x v2 -> ok @0, @2
      p0 send x v3 -> ok @3
      p1 send x v4 -> ok @4
      p0 send x v5 -> ok @5
      p2 poll -> ok x[0:v1 2:v2 3:v3 4:v4 5:v5]`).allowed).toEqual([])
  })
})
