import { describe, expect, it } from 'vitest'
import { judged } from './testing/judged.ts'

function init(client: string, epoch: number, more: string = ''): string {
  return `p${client === 'old' ? 0 : 1}/${client} init-transactions {"transactionalId":"t"} -> ok {"transactionalId":"t","producerId":7,"producerEpoch":${epoch}${more}}`
}

function convicts(history: string): readonly string[] {
  return judged(history).convicts
}

const taken = `${init('old', 0)}; ${init('new', 1)}`

describe('zombie-write', () => {
  it('is a transaction of offsets alone, too, and not one that was refused or of who has taken over', () => {
    const offsets = (client: string, outcome: string): string => `${taken}; p${client === 'old' ? 0 : 1}/${client} txn offsets g a:3 -> ${outcome}`
    const { findings } = judged(offsets('old', 'ok -'))
    expect(findings.map(({ message }) => message)).toEqual(['offsets of group g were committed by old, begun after new had taken t over'])
    expect(convicts(offsets('old', 'fail PRODUCER_FENCED'))).toEqual([])
    expect(convicts(offsets('new', 'ok -'))).toEqual([])
  })

  it('is not what another sent again, whoever of them was read', () => {
    const refused = `${taken}; p0/old txn send x v1 -> fail PRODUCER_FENCED`
    expect(convicts(`${refused}; p1/new txn send x v1 -> ok @0; p2 poll -> ok x[0:v1]`)).toEqual([])
    expect(convicts(`${refused}; p2 poll -> ok x[0:v1]`)).toContain('zombie-write')
  })

  it('is what a fenced instance began that was committed, read or acknowledged, told step by step', () => {
    const { findings } = judged(`${taken}; p0/old txn send x v1, send y v2 -> ok @0, @0; p2 poll -> ok x[0:v1] y[0:v2]`)
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({
      anomaly: 'zombie-write',
      blame: 'broker',
      key: 'x',
      values: ['v1'],
      offsets: [0],
      message: 'x: v1 of old was committed, begun after new had taken t over',
      witness: [
        { op: 1, shows: 'old became t' },
        { op: 3, shows: 'new became t, which shut old out' },
        { op: 4, shows: 'old began to send v1' },
        { op: 5, shows: 'acknowledged v1 to x at offset 0' },
      ],
    })
    const good = 'p1/new txn send x v9 -> ok @4; p2 poll -> ok x[4:v9]'
    expect(convicts(`${taken}; p0/old txn send x v1 -> info TIMED_OUT; ${good}; p2 poll -> ok x[5:v1]`)).toEqual(['zombie-write'])
    expect(judged(`${taken}; p0/old txn send x v1 -> fail PRODUCER_FENCED @0; ${good}`).findings[0]!.message).toContain('was acknowledged')
    expect(convicts(`${taken}; p0/old txn send x v1 -> fail PRODUCER_FENCED; ${good}`)).toEqual([])
    expect(convicts(`${taken}; p0/old txn send x v1 -> info TIMED_OUT; ${good}`)).toEqual([])
  })

  it('is not what began before the newer one was told, or after the older one came back', () => {
    const read = 'p2 poll -> ok x[0:v1]'
    expect(convicts(`${init('old', 0)}; p0/old txn send x v1; ${init('new', 1).replace('p1', 'p3')}; p0 -> ok @0; ${read}`)).toEqual([])
    expect(convicts(`${taken}; ${init('old', 2)}; p0/old txn send x v1 -> ok @0; ${read}`)).toEqual([])
    expect(convicts(`${taken}; p0/old init-transactions {"transactionalId":"t"} -> info TIMED_OUT; p5/old txn send x v1 -> ok @0; ${read}`)).toEqual([])
    expect(convicts(`${taken}; p0/old init-transactions {"transactionalId":"t"} -> fail PRODUCER_FENCED; p5/old txn send x v1 -> ok @0; ${read}`)).toEqual(['zombie-write'])
    expect(convicts(`${taken.replace('"t"} -> ok {"transactionalId":"t","producerId":7,"producerEpoch":1', '"s"} -> ok {"transactionalId":"s","producerId":8,"producerEpoch":1')}; p0/old txn send x v1 -> ok @0; ${read}`)).toEqual([])
  })

  it('tells two that were initialised together apart by their epochs, and only by those', () => {
    const together = (old: string, fresh: string): string => `
      p0/old init-transactions {"transactionalId":"t"}
      p1/new init-transactions {"transactionalId":"t"} -> ok ${fresh}
      p0 -> ok ${old}
      p0/old txn send x v1 -> ok @0
      p2 poll -> ok x[0:v1]`
    const value = (id: number, epoch: number): string => `{"transactionalId":"t","producerId":${id},"producerEpoch":${epoch}}`
    expect(convicts(together(value(7, 0), value(7, 1)))).toEqual(['zombie-write'])
    expect(convicts(together(value(7, 1), value(7, 0)))).toEqual([])
    expect(convicts(together(value(7, 0), value(8, 1)))).toEqual([])
    expect(convicts(together('{"transactionalId":"t"}', '{"transactionalId":"t"}'))).toEqual([])
  })
})
