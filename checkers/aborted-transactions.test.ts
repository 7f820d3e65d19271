/** What the checkers that know nothing of transactions say where some are aborted, or nobody knows: nothing that is not so. */
import { describe, expect, it } from 'vitest'
import { judged } from './testing/judged.ts'

const uncommitted = 'p9/u assign {"keys":["x","y"],"isolation":"read_uncommitted"} -> ok'

function convicts(history: string): readonly string[] {
  return judged(history).convicts
}

describe('an aborted transaction', () => {
  it('is not lost, unseen or skipped, though its sends were answered', () => {
    const { valid, findings } = judged(`
      p0 txn send x v1 -> ok @0
      p0 txn send x v2, send x v3 -> fail ABORTED @2, @3
      p0 txn send x v4 -> ok @5
      p1 poll -> ok x[0:v1]
      p1 poll -> ok x[5:v4]`)
    expect({ valid, findings }).toEqual({ valid: true, findings: [] })
  })

  it('may be seen by who reads what is uncommitted, and passed over by who does not', () => {
    const { valid, allowed } = judged(`${uncommitted}
      p0 txn send x v1 -> ok @0
      p0 txn send x v2, send x v3 -> fail ABORTED @2, @3
      p0 txn send x v4 -> ok @5
      p9/u poll -> ok x[0:v1 2:v2 3:v3]
      p9/u poll -> ok x[5:v4]
      p1 poll -> ok x[0:v1 5:v4]
      p2 poll -> ok x[0:v1]
      p2 poll -> ok x[5:v4]`)
    expect({ valid, allowed }).toEqual({ valid: true, allowed: ['G1a'] })
  })

  it('leaves what is not of it to be found: a skip of another record, also by a reader of what is uncommitted', () => {
    const base = `${uncommitted}
      p0 txn send x v1 -> ok @0
      p0 txn send x v2 -> fail ABORTED @2
      p0 send x v3, x v4 -> ok @4, @5
      p9/u poll -> ok x[0:v1 2:v2 4:v3 5:v4]`
    expect(convicts(`${base}; p1 poll -> ok x[0:v1 4:v3 5:v4]`)).toEqual([])
    expect(convicts(`${base}; p1 poll -> ok x[0:v1 5:v4]; p2 poll -> ok x[0:v1 4:v3 5:v4]`)).toEqual(['int-poll-skip'])
    expect(convicts(`${base}; p9/u assign {"keys":["x"],"seek":"beginning"} -> ok; p9/u poll -> ok x[0:v1 4:v3 5:v4]; p1 poll -> ok x[0:v1 4:v3 5:v4]`)).toEqual(['int-poll-skip'])
  })

  it('may vanish for a final reader of what is committed, and not for one of what is uncommitted', () => {
    const seen = `${uncommitted}
      p0 txn send x v1 -> ok @0
      p0 txn send x v2 -> fail ABORTED @2
      p9/u poll -> ok x[0:v1 2:v2]`
    expect(convicts(`${seen}; p8/final-1 poll -> ok x[0:v1]; p8/final-1 final-read -> ok x:4/4`)).toEqual([])
    const both = `${seen}; p8/final-1 poll -> ok x[0:v1]; p8/final-1 final-read -> ok x:4/4
      p7/final-u assign {"keys":["x"],"isolation":"read_uncommitted"} -> ok
      p7/final-u poll -> ok x[0:v1]; p7/final-u final-read -> ok x:4/4`
    expect(convicts(both)).toEqual(['vanished-read'])
  })

  it('is read wrongly by each that reads only what is committed', () => {
    const read = `${uncommitted}
      p0 txn send x v1 -> ok @0
      p0 txn send x v2 -> fail ABORTED @2
      p9/u poll -> ok x[0:v1 2:v2]
      p1 poll -> ok x[0:v1 2:v2]`
    const { convicts, findings } = judged(read)
    expect(convicts).toEqual(['G1a'])
    expect(findings[0]!.message).toBe('x: v2 was aborted with its transaction, and a poll returned it')
    expect(findings[0]!.witness.map(({ op }) => op)).toEqual([5, 9])
  })

  it('of plain sends there is none: what was refused is seen by nobody, whatever they read', () => {
    expect(convicts(`${uncommitted}; p0 txn send x v1 -> ok @0; p0 send x v2 -> fail NOT_ENOUGH_REPLICAS; p9/u poll -> ok x[0:v1 1:v2]; p1 poll -> ok x[0:v1]`))
      .toEqual(['G1a'])
  })

  it('is work done: a client that aborts all it does is not stuck', () => {
    const { convicts } = judged(`config {"recoveryMs":5000}
      0s p0/a txn send x v1 -> ok @0
      p1 poll -> ok x[0:v1]
      1s phase heal
      7s p0/b txn send x v2 -> fail ABORTED @2
      p0/a txn send x v3 -> ok @4
      p1 poll -> ok x[4:v3]
      phase final
      p9/final-1 poll -> ok x[0:v1 4:v3]
      p9/final-1 final-read -> ok x:6/6`)
    expect(convicts).toEqual([])
  })
})

describe('a transaction of unknown outcome', () => {
  const sent = 'p0 txn send x v1 -> ok @0; p0 txn send x v2, send y v3 -> info TIMED_OUT @2, @0; p2 send y v4 -> ok @2'

  it('is proven by nothing that an uncommitted reader saw', () => {
    const history = `${uncommitted}; ${sent}
      p9/u poll -> ok x[0:v1 2:v2] y[0:v3 2:v4]
      p1 poll -> ok x[0:v1] y[2:v4]`
    expect(judged(history)).toMatchObject({ valid: true, allowed: [] })
  })

  it('is proven by what a reader of what is committed saw, and then must be there whole', () => {
    const history = `${uncommitted}; ${sent}
      p9/u poll -> ok x[0:v1 2:v2] y[0:v3 2:v4]
      p1 poll -> ok x[0:v1 2:v2] y[2:v4]`
    expect(judged(history).convicts).toEqual(['lost-write', 'torn-transaction'])
  })
})

describe('a committed transaction', () => {
  it('is lost when only uncommitted readers get it and others went past it', () => {
    const history = `${uncommitted}
      p0 txn send x v1 -> ok @0
      p0 txn send x v2 -> ok @2
      p9/u poll -> ok x[0:v1 2:v2]`
    expect(convicts(`${history}; p1 poll -> ok x[0:v1]`)).toEqual(['unseen'])
    expect(convicts(`config {"isolation":"read_uncommitted"}\n${history}`)).toEqual([])
    expect(convicts(`${history}; p1 poll -> ok x[0:v1 4:v3]; p0 txn send x v3 -> ok @4`)).toContain('lost-write')
  })

  it('counts for a group of what reads only what is committed where all keys were read by both', () => {
    expect(convicts(`${uncommitted}
      phase final
      p0 txn send x v1, send y v2 -> ok @0, @0
      p9/final-u assign {"keys":["x","y"],"isolation":"read_uncommitted"} -> ok
      p9/final-u poll -> ok x[0:v1] y[0:v2]
      p9/final-u final-read -> ok x:2/2 y:2/2
      p8/final-1 poll -> ok x[0:v1] y[0:v2]
      p8/final-1 final-read -> ok x:2/2 y:2/2`)).toEqual([])
  })
})
