/** Laws over whole histories of groups: what a right coordinator makes is never convicted, and what is spoilt always is. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Op } from '../history/op.ts'
import { parseHistory, renderOp } from '../history/jsonl.ts'
import { judge } from './judge.ts'
import { drawFrom } from './testing/model-history.ts'
import { GroupModel, type Style } from './testing/model-groups.ts'

const styles = ['eager', 'cooperative', 'consumer'] as const
const world = fc.record({
  seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  style: fc.constantFrom<Style>(...styles),
  delivery: fc.constantFrom('at-least-once' as const, 'at-most-once' as const),
  steps: fc.integer({ min: 20, max: 300 }),
})
type World = typeof world extends fc.Arbitrary<infer T> ? T : never

function model({ seed, ...options }: World): GroupModel {
  return new GroupModel({ draw: drawFrom(seed), ...options }).run()
}

function convicts(wrong: GroupModel): string[] {
  const { findings } = judge(wrong.ops)
  return [...new Set(findings.filter(({ allowed }) => allowed === undefined).map(({ anomaly }) => anomaly))].sort()
}

/** No heartbeat is told, and a member learns late that it was put out. */
const nobodyHeardOf: World = { seed: 772790037, style: 'eager', delivery: 'at-least-once', steps: 46 }

describe('groups with a right coordinator', () => {
  it('are never convicted', () => {
    fc.assert(fc.property(world, (of) => {
      const { findings, valid, reasons } = judge(model(of).ops)
      expect(findings.filter(({ allowed }) => allowed === undefined).map(({ message }) => message)).toEqual([])
      expect([valid, ...reasons]).toEqual([true])
    }), { numRuns: 200, examples: [[nobodyHeardOf]] })
  })

  it('are judged alike when they come from a file', () => {
    fc.assert(fc.property(world, (of) => {
      const { ops } = model(of)
      expect(judge(parseHistory(ops.map(renderOp)))).toEqual(judge(ops))
    }), { numRuns: 20 })
  })

  /** But for the lag that their members leave: these take nothing while they rest. */
  it('are not convicted of resting as they are', () => {
    fc.assert(fc.property(world, (of) => {
      const rested = model(of)
      rested.rebalance()
      rested.rest(60_000)
      expect(convicts(rested).filter((name) => name !== 'undrained-lag')).toEqual([])
    }), { numRuns: 40 })
  })
})

describe('ops of groups in another form', () => {
  const key = fc.oneof(fc.constantFrom('x', 'y-1'), fc.nat({ max: 2 }))
  const junk = fc.anything({ maxDepth: 2 })
  const or = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof({ weight: 3, arbitrary }, { weight: 1, arbitrary: junk })
  const value = fc.record({
    group: or(fc.constantFrom('g', 'h')), memberId: or(fc.constantFrom('m1', 'm2')), generation: or(fc.nat({ max: 3 })),
    keys: or(fc.array(key)), topics: or(fc.array(fc.constant('y'))), starts: or(fc.array(fc.tuple(key, fc.nat()))),
    offsets: or(fc.oneof(fc.array(fc.tuple(key, fc.nat())), fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 })))), key: or(key), sentAt: or(fc.nat()),
    members: or(fc.array(fc.record({ memberId: fc.constant('m1'), keys: or(fc.array(key)) }))), since: or(fc.nat()),
  }, { requiredKeys: [] })
  const kinds = ['join', 'assigned', 'revoked', 'lost', 'heard', 'process', 'commit', 'offsets', 'reset-offsets', 'leave', 'group-state', 'crash', 'letter', 'paused']
  const op = fc.record({ f: fc.constantFrom(...kinds), type: fc.constantFrom('invoke', 'ok', 'fail', 'info'), process: fc.oneof(fc.nat({ max: 3 }), fc.constant('observer')), value: or(value) })

  it('are passed over, or judged, and never in the way of the rest', () => {
    fc.assert(fc.property(fc.array(op, { maxLength: 30 }), (ops) => {
      const { reasons } = judge(ops.map((each, index) => ({ index, time: index, ...each }) as Op))
      expect(reasons.filter((reason) => /failed|could not be judged/.test(reason))).toEqual([])
    }), { numRuns: 300 })
  })
})

describe('what a coordinator does wrong is found:', () => {
  const spoilt = (name: string, of: fc.Arbitrary<World>, spoil: (right: GroupModel) => void): void => {
    it(name, () => {
      fc.assert(fc.property(of, (given) => {
        const wrong = model(given)
        spoil(wrong)
        expect(convicts(wrong)).toContain(name)
      }), { numRuns: 40 })
    })
  }
  const only = (...of: Style[]): fc.Arbitrary<World> => world.filter(({ style }) => of.includes(style))
  const first = (of: GroupModel) => of.members.find(({ owned }) => owned.size > 0)!
  const second = (of: GroupModel) => of.members.find((member) => member !== first(of))!
  const keyOf = (of: GroupModel, member = first(of)) => [...member.owned][0]!
  /** Nobody had anything open before it came. */
  const newcomer = (of: GroupModel) => {
    const member = of.fresh()
    of.rebalance()
    return member
  }

  spoilt('double-owner', only('eager'), (of) => of.grant(second(of), [keyOf(of)], false))
  spoilt('double-owner', only('consumer', 'cooperative'), (of) => {
    second(of).generation = ++of.generation
    of.grant(second(of), [keyOf(of)], true)
    of.later(5)
    of.heard(first(of))
  })
  spoilt('orphan-partition', world, (of) => {
    const member = first(of)
    of.revoke(member, [keyOf(of)])
    of.rest(60_000)
  })
  spoilt('offset-regression', world, (of) => {
    const member = newcomer(of)
    const key = keyOf(of, member)
    of.commit(member, [[key, 1000]])
    of.fetch(member, 'g', [[key, 999]])
  })
  spoilt('lost-commit', world, (of) => {
    const member = newcomer(of)
    const key = keyOf(of, member)
    of.later(30_000)
    of.commit(member, [[key, 1000]])
    of.node++
    of.fetch(member, 'g', [[key, -1]])
  })
  spoilt('unfenced-zombie', world, (of) => {
    const zombie = first(of)
    const key = keyOf(of)
    zombie.asleep = true
    of.later(2000)
    of.rebalance()
    of.commit(zombie, [[key, zombie.next.get(key)!]], true)
  })
  spoilt('skipped-record', world.filter(({ delivery }) => delivery === 'at-least-once'), (of) => {
    const member = first(of)
    const key = keyOf(of)
    of.send(key)
    of.do(member, 'poll', [{ f: 'poll' }], { value: [{ f: 'poll', polled: [[key, [[of.log.get(key)!.length - 1, of.log.get(key)!.at(-1)!]]]] }] })
    of.commit(member, [[key, of.log.get(key)!.length]])
  })
  spoilt('reprocessed-record', world.filter(({ delivery }) => delivery === 'at-most-once'), (of) => {
    const member = first(of)
    const value = { ...of.who(member), key: keyOf(of), offsets: [0, 0] }
    of.do(member, 'process', value)
    of.do(member, 'process', value)
  })
  spoilt('stuck-rebalance', world, (of) => {
    of.do(of.fresh(), 'join', { group: 'g', protocol: of.protocol, assignor: of.assignor, topics: ['t'] }, { type: 'info' })
    of.members.pop()
    of.rest(60_000)
  })
  spoilt('unbalanced-assignment', world, (of) => {
    for (const member of of.members) of.revoke(member, [...member.owned])
    of.generation++
    for (const member of of.members) of.join(member)
    for (const [at, member] of of.members.entries()) of.grant(member, at === 0 ? [...of.log.keys()] : [], false)
    of.rest(60_000)
  })
  spoilt('group-crosstalk', world, (of) => {
    const key = keyOf(of)
    of.fetch(first(of), 'h', [[key, of.committed.get(key)!]])
  })
})
