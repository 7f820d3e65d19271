import { describe, expect, it } from 'vitest'
import { derivedValue } from '../history/derived-value.ts'
import { judged } from './testing/judged.ts'

const config = (more = ''): string => `config {"pipeline":{"group":"g","inputs":["a-0"],"outputs":["b-0","audit-0"]}${more}}`
const input = 'p0 send a-0 v1, a-0 v2 -> ok @0, @1; p1 poll -> ok a-0[0:v1 1:v2]'
const made = (offset: number, sequence: number): string => derivedValue({ key: 'a-0', offset }, 'w', sequence)

function found(history: string): string[] {
  return judged(history).findings.filter(({ anomaly }) => anomaly === 'exactly-once-violation').map(({ aspect }) => aspect!)
}

describe('exactly-once-violation', () => {
  it('counts nothing that was aborted, also where all readers read what is uncommitted', () => {
    const own = 'config {"pipeline":{"group":"g","inputs":["a-0"],"outputs":["b-0"]}}'
    const reader = 'p3/uncommitted-1 assign {"keys":["a-0","b-0"],"isolation":"read_uncommitted"} -> ok; p3/uncommitted-1 poll -> ok'
    const again = (first: string): string => `${own}\np0 send a-0 v1 -> ok @0; p1/w1 txn send b-0 ${made(0, 0)}, offsets g a-0:1 -> ${first}
      p1/w1 txn send b-0 ${made(0, 1)}, offsets g a-0:1 -> ok @2; ${reader} a-0[0:v1] b-0[0:${made(0, 0)} 2:${made(0, 1)}]`
    expect(found(again('fail ABORTED @0'))).toEqual([])
    expect(found(again('ok @0'))).toEqual(['repeated'])
    const input = (first: string): string => `${own}\np0 txn send a-0 v1 -> ${first}; p0 txn send a-0 v2 -> ok @2
      p1/w1 txn send b-0 ${made(2, 0)}, offsets g a-0:3 -> ok @0; ${reader} a-0[0:v1 2:v2] b-0[0:${made(2, 0)}]`
    expect(found(input('fail ABORTED @0'))).toEqual([])
    expect(found(input('ok @0'))).toEqual(['missing'])
  })

  it('is two effects of one input in one topic, and not one in each of two', () => {
    const once = `${config()}\n${input}; p2 txn send b-0 ${made(0, 0)}, send audit-0 ${made(0, 1)}, offsets g a-0:1 -> ok @0, @0`
    expect(found(`${once}; p3 poll -> ok b-0[0:${made(0, 0)}] audit-0[0:${made(0, 1)}]`)).toEqual([])
    const twice = `${once}; p2 txn send b-0 ${made(0, 2)}, offsets g a-0:1 -> ok @2; p3 poll -> ok b-0[0:${made(0, 0)} 2:${made(0, 2)}] audit-0[0:${made(0, 1)}]`
    const { findings } = judged(twice)
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ aspect: 'repeated', key: 'b-0', offsets: [0, 2] })
    expect(findings[0]!.message).toBe(`input a-0@0 has two effects: ${made(0, 0)} of b-0 and ${made(0, 2)} of b-0`)
  })

  it('is no effect of an input that the group is past, once all outputs were read', () => {
    const one = `${config()}\n${input}; p2 txn send b-0 ${made(0, 0)}, offsets g a-0:2 -> ok @0; p3 poll -> ok b-0[0:${made(0, 0)}]`
    const { findings } = judged(one)
    expect(findings[0]).toMatchObject({ aspect: 'missing', key: 'a-0', values: ['v2'], offsets: [1, 2] })
    expect(findings[0]!.message).toBe('input a-0@1, v2, has no effect, and the group was at 2')
    expect(found(one.replace('a-0:2 -> ok', 'a-0:2 -> info'))).toEqual([])
    expect(found(`${one.replace('a-0:2 -> ok', 'a-0:2 -> info')}; p4 offsets {"group":"g"} -> ok {"group":"g","offsets":[["a-0",2]]}`)).toEqual(['missing'])
    expect(found(`phase faults; ${one}`)).toEqual([])
    expect(judged(`${config()}\nphase faults\n${one.split('\n')[1]}`).reasons.join()).toContain('not all outputs were read to the end')
  })

  it('is not what an aborted transaction made, or what was read again after offsets were reset', () => {
    const aborted = `${config()}\n${input}; p2 txn send b-0 ${made(0, 0)}, offsets g a-0:1 -> fail ABORTED @0; p2 txn send b-0 ${made(0, 1)}, offsets g a-0:1 -> ok @2`
    expect(found(`${aborted}; p3 poll -> ok b-0[2:${made(0, 1)}]`)).toEqual([])
    const again = `${config()}\n${input}; p2 txn send b-0 ${made(0, 0)}, offsets g a-0:1 -> ok @0
      p4 reset-offsets {"group":"g","offsets":[["a-0",0]]} -> ok
      p2 txn send b-0 ${made(0, 1)}, offsets g a-0:1 -> ok @2; p3 poll -> ok b-0[0:${made(0, 0)} 2:${made(0, 1)}]`
    expect(found(again)).toEqual([])
    expect(found(again.replace('reset-offsets {"group":"g"', 'reset-offsets {"group":"other"'))).toEqual(['repeated'])
  })

  it('is lawful as far as less was promised, and no farther', () => {
    const history = `${input}; p2 send b-0 ${made(0, 0)}, b-0 ${made(0, 1)} -> ok @0, @1; p2 commit {"group":"g","offsets":[["a-0",2]]} -> ok; p3 poll -> ok b-0[0:${made(0, 0)} 1:${made(0, 1)}]`
    const lawful = (delivery: string): (string | undefined)[] => {
      return judged(`${config(`,"delivery":"${delivery}"`)}\n${history}`).findings.filter(({ anomaly }) => anomaly === 'exactly-once-violation')
        .map(({ aspect, allowed }) => `${aspect} ${allowed === undefined ? 'convicts' : 'is listed'}`)
    }
    expect(lawful('exactly-once').toSorted()).toEqual(['missing convicts', 'repeated convicts'])
    expect(lawful('at-least-once').toSorted()).toEqual(['missing convicts', 'repeated is listed'])
    expect(lawful('at-most-once').toSorted()).toEqual(['missing is listed', 'repeated convicts'])
    expect(found(history)).toEqual([])
  })
  it('is none in a pipeline that commits first, where a commit may have come late', () => {
    const taken = (commit: string, delivery = 'at-most-once'): string[] => judged(`
      config {"delivery":"${delivery}","pipeline":{"group":"g","inputs":["a-0"],"outputs":["b-0"]}}
      p0 send a-0 v1, a-0 v2 -> ok @0, @1; p1 poll -> ok a-0[0:v1 1:v2]
      p2 commit g m1@1 ${commit}; p2 commit g m1@1 a-0:2 -> ok
      p1 send b-0 a-0@1#w-0-6c1d42b7 -> ok @0; p4 send b-0 a-0@1#w-1-6d1d444a -> ok @1
      p3 poll -> ok b-0[0:a-0@1#w-0-6c1d42b7 1:a-0@1#w-1-6d1d444a]`).convicts.filter((name) => name === 'exactly-once-violation')
    expect(taken('a-0:1 -> info TIMED_OUT')).toEqual([])
    expect(taken('a-0:1 -> ok')).toEqual(['exactly-once-violation'])
    expect(taken('a-0:1 -> info TIMED_OUT', 'exactly-once')).toEqual(['exactly-once-violation'])
  })
})
