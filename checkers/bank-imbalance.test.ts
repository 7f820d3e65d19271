import { describe, expect, it } from 'vitest'
import { judged } from './testing/judged.ts'

const moved = 'p0 txn send x t-0#+5, send y t-1#-5 -> ok @0, @0'

describe('bank-imbalance', () => {
  it('is a sum that is not 0 over what final readers got, each account from one of them', () => {
    const { findings } = judged(`${moved}; p9/final-1 poll -> ok x[0:t-0#+5]; p9/final-1 final-read -> ok x:2/2 y:2/2`)
    const bank = findings.find(({ anomaly }) => anomaly === 'bank-imbalance')
    expect(bank).toMatchObject({ message: 'all transfers that were read add up to 5, not 0', values: ['t-0#+5'] })
    expect(bank!.witness).toEqual([{ op: 4, shows: 'had read its accounts to the end; the sum of all is 5' }])
    const two = `${moved}; p9/final-1 poll -> ok x[0:t-0#+5]; p9/final-1 final-read -> ok x:2/2
      p8/final-2 poll -> ok y[0:t-1#-5]; p8/final-2 final-read -> ok y:2/2`
    expect(judged(two)).toMatchObject({ valid: true, convicts: [] })
  })

  it('counts what was read twice once, and what others than final readers of what is committed read not at all', () => {
    const whole = `${moved}; p1 poll -> ok x[0:t-0#+5]
      p0 txn send x t-2#-3, send y t-3#+3 -> fail ABORTED @2, @2
      p7/final-u assign {"keys":["x","y"],"isolation":"read_uncommitted"} -> ok
      p7/final-u poll -> ok x[0:t-0#+5 2:t-2#-3] y[0:t-1#-5]
      p7/final-u final-read -> ok x:4/4 y:1/1
      p9/final-1 poll -> ok x[0:t-0#+5] y[0:t-1#-5]
      p9/final-1 assign {"keys":["x","y"],"seek":"beginning"} -> ok
      p9/final-1 poll -> ok x[0:t-0#+5] y[0:t-1#-5]
      p9/final-1 final-read -> ok x:4/4 y:4/4`
    expect(judged(whole)).toMatchObject({ valid: true, convicts: [], allowed: ['G1a'] })
  })

  it('cannot be judged while an account was not read to its end', () => {
    const { convicts, reasons } = judged(`${moved}; p1 poll -> ok x[0:t-0#+5] y[0:t-1#-5]; p9/final-1 poll -> ok x[0:t-0#+5]; p9/final-1 final-read -> info x:2/2 y:0/2`)
    expect(convicts).toEqual([])
    expect(reasons.join()).toContain('the bank cannot be balanced')
  })

  it('is not asked of histories without final reads', () => {
    expect(judged(`${moved}; p1 poll -> ok x[0:t-0#+5]; p2 poll -> ok y[0:t-1#-5]`).valid).toBe(true)
  })
})
