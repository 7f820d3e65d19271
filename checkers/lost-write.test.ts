import { describe, expect, it } from 'vitest'
import { judged } from './testing/judged.ts'

const acknowledged = `
  p0 send x v1 -> ok @0
  p0 send x v2 -> ok @1`

describe('lost-write', () => {
  it('is an acknowledged record that nobody read although a later one was', () => {
    const { convicts, findings } = judged(`${acknowledged}
      p1 poll -> ok x[1:v2]`)
    expect(convicts).toEqual(['lost-write'])
    expect(findings[0]).toMatchObject({ key: 'x', values: ['v1'], offsets: [0] })
    expect(findings[0]!.witness.map(({ op }) => op)).toEqual([1, 5])
  })

  it('is not a record that was read', () => {
    expect(judged(`${acknowledged}\n p1 poll -> ok x[0:v1 1:v2]`).valid).toBe(true)
  })

  it('is not excused by a poll that failed after it got the record', () => {
    expect(judged(`${acknowledged}
      p1 poll -> fail x[0:v1]
      p2 poll -> ok x[1:v2]`).convicts).toEqual(['lost-write'])
  })

  it('is not a record beyond all that was read, nor one of unknown outcome', () => {
    expect(judged(`${acknowledged}
      p1 poll -> ok x[0:v1]`).convicts).toEqual(['unseen'])
    expect(judged(`
      p0 send x v1 -> info @0
      p1 send x v2 -> ok @1
      p2 poll -> ok x[1:v2]`).valid).toBe(true)
  })

  it('counts a record at several offsets as lost only once its last one was passed', () => {
    const twice = `
      p0 send x v1 -> ok @0
      p1 poll -> fail x[0:v1]
      p4 poll -> fail x[2:v1]
      p0 send x v2 -> ok @1`
    expect(judged(`${twice}\n p2 poll -> ok x[1:v2]`).convicts).toEqual(['duplicate', 'unseen'])
    expect(judged(`${twice}\n p0 send x v3 -> ok @3\n p2 poll -> ok x[1:v2]\n p3 poll -> ok x[3:v3]`).convicts).toEqual([
      'duplicate',
      'lost-write',
    ])
  })

  it('is proven for all of a transaction by any record of it, also for sends of transactional producers', () => {
    const history = `
      p0 send x v1, y v2 -> info TIMED_OUT
      p1 poll -> fail y[0:v2]
      p1 send y v3 -> ok @1
      p2 poll -> ok x[0:v1] y[1:v3]`
    expect(judged(history).valid).toBe(true)
    expect(judged(`config {"transactional":true}\n${history}`).convicts).toEqual(['lost-write', 'torn-transaction'])
  })

  describe('in a run with phases', () => {
    const begun = `phase faults${acknowledged}`

    it('convicts when a key was read to its end', () => {
      expect(judged(`${begun}
        phase final
        p9/final-1 poll -> ok x[1:v2]
        p9/final-1 final-read -> ok x:2/2`).convicts).toEqual(['lost-write'])
    })

    it('convicts when a final consumer passed the record and was then out of time', () => {
      const { convicts, reasons } = judged(`${begun}
        p0 send x v3 -> ok @2
        p1 poll -> ok x[2:v3]
        phase final
        p9/final-1 poll -> ok x[1:v2]
        p9/final-1 final-read -> info x:2/3`)
      expect(convicts).toEqual(['lost-write'])
      expect(reasons).toHaveLength(2)
    })

    it('does not convict on what other consumers passed, and says so, until a key was read to its end', () => {
      const { valid, reasons } = judged(`${begun}
        p0 send x v3 -> ok @2
        p1 poll -> ok x[1:v2]
        phase final
        p9/final-1 poll -> ok
        p9/final-1 final-read -> info x:0/3`)
      expect(valid).toBe('unknown')
      expect(reasons).toContain('lost-write, unseen: the final reads did not finish for 1 of 1 keys: x (reached 0 of 3)')
    })
  })
})
