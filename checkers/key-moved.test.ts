import { describe, expect, it } from 'vitest'
import { judged } from './testing/judged.ts'

const sent = 'p0 send t-0 v1, t-1 v2 -> ok @0, @0'

describe('key-moved', () => {
  it('is one record key on two partitions of one topic, told once however often it moves', () => {
    const { convicts, findings } = judged(`p0 send t-0 v1, t-1 v2, t-0 v3 -> ok @0, @0, @1
      p1 poll -> ok t-0[0:v1/bob 1:v3/bob] t-1[0:v2/bob]`)
    expect(convicts).toEqual(['key-moved'])
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ key: 't-1', values: ['v1', 'v2'], blame: 'client', witness: [{ op: 3 }, { op: 3 }] })
    expect(findings[0]!.message).toBe('record key "bob" lies on two partitions: v1 on t-0 and v2 on t-1')
  })

  it('is not two keys, two topics, or a record without a key', () => {
    expect(judged(`${sent}; p1 poll -> ok t-0[0:v1/bob] t-1[0:v2/eve]`).valid).toBe(true)
    expect(judged('p0 send t-0 v1, u-1 v2 -> ok @0, @0; p1 poll -> ok t-0[0:v1/bob] u-1[0:v2/bob]').valid).toBe(true)
    expect(judged('p0 send a-b-0 v1, a-1 v2 -> ok @0, @0; p1 poll -> ok a-b-0[0:v1/bob] a-1[0:v2/bob]').valid).toBe(true)
    expect(judged(`${sent}; p1 poll -> ok t-0[0:v1] t-1[0:v2/bob]`).valid).toBe(true)
  })

  it('needs keys of the form TOPIC-PARTITION', () => {
    expect(judged('p0 send x v1, y v2 -> ok @0, @0; p1 poll -> ok x[0:v1/bob] y[0:v2/bob]').valid).toBe(true)
    expect(judged('p0 send 1 v1, 2 v2 -> ok @0, @0; p1 poll -> ok 1[0:v1/bob] 2[0:v2/bob]').valid).toBe(true)
  })

  it('is nobody\'s in particular when nobody sent the record there', () => {
    const { findings } = judged('p0 send t-0 v1, t-0 v2 -> ok @0, @1; p1 poll -> ok t-0[0:v1/bob 1:v2/bob] t-1[0:v2/bob]')
    expect(findings.find(({ anomaly }) => anomaly === 'key-moved')!.blame).toBeUndefined()
  })

  it('is lawful once brokers told another number of partitions, and not because one told nothing', () => {
    const told = (...partitions: number[]): string => {
      return `observe 1 ${JSON.stringify(partitions.map(each => ({ key: `t-${each}`, leader: 1, leaderEpoch: 0, inSyncReplicas: [1] })))}`
    }
    const moved = `${sent}; p1 poll -> ok t-0[0:v1/bob] t-1[0:v2/bob]`
    expect(judged(`${told(0)}; ${told(0, 1)}; ${moved}`).allowed).toEqual(['key-moved'])
    expect(judged(`${told(0, 1)}; ${told()}; ${told(0, 1)}; ${moved}`).convicts).toEqual(['key-moved'])
  })
})
