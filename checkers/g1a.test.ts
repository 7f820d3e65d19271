import { describe, expect, it } from 'vitest'
import { parseNotation } from '../history/notation.ts'
import type { Op } from '../history/op.ts'
import { judge } from './judge.ts'
import { judged } from './testing/judged.ts'

const refused = 'p0 send x v1 -> ok @0; p0 send x v2 -> fail NOT_ENOUGH_REPLICAS'

describe('G1a', () => {
  it('goes by what a client read then, not by what it reads later', () => {
    const aborted = 'p0 txn send x v1 -> ok @0; p0 txn send x v2 -> fail ABORTED @2'
    const life = (process: string, isolation: string, polled: string): string =>
      `${process}/c assign {"keys":["x"],"isolation":"${isolation}"} -> ok; ${process}/c poll -> ok x[${polled}]; ${process}/c crash -> info`
    const [all, committed] = ['0:v1 2:v2', '0:v1']
    expect(judged(`${aborted}; ${life('p2', 'read_uncommitted', all)}; ${life('p3', 'read_committed', committed)}`).convicts).toEqual([])
    expect(judged(`${aborted}; ${life('p2', 'read_committed', all)}; ${life('p3', 'read_uncommitted', committed)}`).convicts).toEqual(['G1a'])
  })

  it('is a record that an ok poll returned and whose only send certainly failed', () => {
    const { convicts, findings } = judged(`${refused}; p1 poll -> fail x[0:v1 1:v2]; p1 poll -> ok x[0:v1 1:v2]`)
    expect(convicts).toEqual(['G1a'])
    expect(findings[0]).toMatchObject({ key: 'x', values: ['v2'], offsets: [1], witness: [{ op: 3 }, { op: 7 }] })
    expect(findings[0]!.message).toBe('x: v2 was refused with NOT_ENOUGH_REPLICAS, and a poll returned it')
  })

  it('is not what only failed polls returned, nor what another send may have written', () => {
    expect(judged(`${refused}; p1 poll -> ok x[0:v1]; p2 poll -> fail x[1:v2]`).convicts).toEqual([])
    expect(judged(`${refused}; p2 send x v2; p1 poll -> ok x[0:v1 1:v2]`).convicts).toEqual([])
    expect(judged('p0 send x v1 -> ok @0; p0 send x v2 -> info TIMED_OUT; p1 poll -> ok x[0:v1 1:v2]').valid).toBe(true)
  })

  it('of an aborted transaction is lawful under read_uncommitted, of a plain send it never is', () => {
    const aborted = 'p0 txn send x v1 -> ok @0; p0 txn send x v2 -> fail; p1 poll -> ok x[0:v1 1:v2]'
    const plain = aborted.replaceAll('txn send', 'send')
    const uncommitted = '{"isolation":"read_uncommitted"}'
    expect(judged(`config ${uncommitted}; ${aborted}`).allowed).toEqual(['G1a'])
    expect(judged(`config {"isolation":"read_committed"}; ${aborted}`).convicts).toEqual(['G1a'])
    expect(judged(`config ${uncommitted}; ${plain}`).convicts).toEqual(['G1a'])
    expect(judged(`config ${uncommitted.replace('}', ',"transactional":true}')}; ${plain}`).allowed).toEqual(['G1a'])
  })

  it('is the broker\'s doing after one request and its answer, the client\'s after none', () => {
    const blame = (told: Partial<Op>): unknown => {
      const ops = parseNotation(`${refused}; p1 poll -> ok x[0:v1 1:v2]`).map(op => (op.type === 'fail' ? { ...op, ...told } : op))
      return judge(ops).findings[0]!.blame
    }
    expect(blame({ attempts: 1, node: 2 })).toBe('broker')
    expect(blame({ attempts: 0 })).toBe('client')
    expect(blame({ attempts: 2, node: 2 })).toBeUndefined()
    expect(blame({ attempts: 1 })).toBeUndefined()
    expect(blame({})).toBeUndefined()
  })
})
