import { describe, expect, it } from 'vitest'
import { judged } from './testing/judged.ts'

describe('unseen', () => {
  it('is an acknowledged record that nobody read, with nothing read beyond it', () => {
    const { convicts, findings } = judged(`
      p0 send x v1 -> ok @0
      p0 send x v2 -> ok @1
      p1 poll -> ok x[0:v1]`)
    expect(convicts).toEqual(['unseen'])
    expect(findings[0]).toMatchObject({ values: ['v2'], offsets: [1], witness: [{ op: 3 }] })
  })

  it('is not a record that was read in the end', () => {
    expect(judged(`
      p0 send x v1 -> ok @0
      p0 send x v2 -> ok @1
      p1 poll -> ok x[0:v1]
      p1 poll -> ok x[1:v2]`).valid).toBe(true)
  })

  it('includes records whose offset was never told', () => {
    expect(judged(`
      p0 send x v1 -> ok @?
      p1 poll -> ok`).convicts).toEqual(['unseen'])
  })

  it('is not judged when no poll succeeded', () => {
    const { valid, reasons } = judged(`
      p0 send x v1 -> ok @0
      p1 poll -> info TIMED_OUT`)
    expect(valid).toBe('unknown')
    expect(reasons).toContain('unseen: no poll succeeded, so nothing can be missed')
  })

  describe('in a run with phases', () => {
    const begun = `
      phase faults
      p0 send x v1, x v2 -> ok @0, @1
      p0 send y v3 -> ok @0
      p1 poll -> ok x[0:v1] y[0:v3]
      phase final`

    it('convicts once the final consumer says that it reached the end', () => {
      expect(judged(`${begun}
        p9/final-1 poll -> ok x[0:v1] y[0:v3]
        p9/final-1 final-read -> ok x:1/1 y:1/1`).convicts).toEqual(['unseen'])
    })

    it('counts a key as read to its end by its own target, whatever became of other keys', () => {
      expect(judged(`${begun}
        p9/final-1 poll -> ok x[0:v1]
        p9/final-1 final-read -> info x:1/1 y:0/1`).convicts).toEqual(['unseen'])
    })

    it('counts a key as read to its end once everything acknowledged was passed, whatever the target', () => {
      const { valid, reasons } = judged(`${begun}
        p9/final-1 poll -> ok x[0:v1 1:v2] y[0:v3]
        p9/final-1 final-read -> info x:2/9 y:1/9
        p8/final-2 final-read -> ok`)
      expect({ valid, reasons }).toEqual({ valid: true, reasons: [] })
    })

    it('is not judged while no final consumer finished a key that was written', () => {
      const { valid, reasons, convicts } = judged(`${begun}
        p9/final-1 poll -> ok x[0:v1]
        p9/final-1 final-read -> info x:1/2
        p8/final-2 final-read -> ok z:0/0`)
      expect({ valid, convicts }).toEqual({ valid: 'unknown', convicts: [] })
      expect(reasons).toEqual([
        'lost-write, unseen: the final reads did not finish for 2 of 2 keys: x (reached 1 of 2), y (no final read)',
      ])
    })

    it('is not judged without a final read', () => {
      expect(judged(begun).reasons).toEqual([
        'lost-write, unseen: no final read: what was not read yet cannot be told from what is lost',
      ])
    })

    it('asks no final read of a key to which nothing was written', () => {
      expect(judged(`${begun}
        p0 send z v9 -> fail NOT_ENOUGH_REPLICAS
        p9/final-1 poll -> ok x[0:v1 1:v2] y[0:v3]
        p9/final-1 final-read -> ok x:2/2 y:1/1`).valid).toBe(true)
    })

    it('needs final reads even without phase marks, once there are any', () => {
      expect(judged(`
        p0 send x v1 -> ok @0
        p1 poll -> ok
        p9/final-1 final-read -> info x:0/1`).convicts).toEqual([])
    })
  })
})
