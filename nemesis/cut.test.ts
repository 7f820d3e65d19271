import fc from 'fast-check'
import { expect, it } from 'vitest'
import { simRandom } from '../simulator/sim-random.ts'
import { bridge } from './bridge.ts'
import type { BrokerControl, LinkControl } from './control.ts'
import { cutClients } from './cut-clients.ts'
import { cutOneWay } from './cut-one-way.ts'
import type { Fault } from './fault.ts'
import { halves } from './halves.ts'
import { isolate } from './isolate.ts'
import { linkName, type Link, type LinkEnd } from './links.ts'

function clusterOf(brokers: number, cut: readonly Link[] = []): BrokerControl {
  const links: Partial<LinkControl> = { cutLinks: () => cut }
  const control: Partial<BrokerControl> = { brokerIds: Array.from({ length: brokers }, (_, i) => i + 1) }
  return { ...control, links } as BrokerControl
}

function drawn(fault: Fault, control: BrokerControl, target: number, seed: number): readonly Link[] | undefined {
  return fault.draw!(simRandom(seed), { control, targets: [target] })?.['links'] as readonly Link[] | undefined
}

/** Who gets what this one sends, the sender left out. */
function hears(from: LinkEnd, cut: readonly Link[], ends: readonly LinkEnd[]): LinkEnd[] {
  return ends.filter((to) => to !== from && !cut.some((link) => link.from === from && link.to === to))
}

const anyCluster = fc.record({ brokers: fc.integer({ min: 3, max: 7 }), target: fc.integer({ min: 1, max: 3 }), seed: fc.nat(10_000) })

function forAllDraws(fault: Fault, claim: (cut: readonly Link[], on: { ids: readonly number[]; target: number }) => void): void {
  fc.assert(fc.property(anyCluster, ({ brokers, target, seed }) => {
    const control = clusterOf(brokers)
    const cut = drawn(fault, control, target, seed)!
    expect(new Set(cut.map(linkName)).size).toBe(cut.length)
    claim(cut, { ids: control.brokerIds, target })
  }))
}

it('cut-one-way cuts one direction between the target and one other broker, either way', () => {
  const ways = new Set<string>()
  forAllDraws(cutOneWay, (cut, { ids, target }) => {
    expect(cut).toHaveLength(1)
    const { from, to } = cut[0]!
    expect(from === target || to === target).toBe(true)
    expect([from, to].every((end) => ids.includes(end as number))).toBe(true)
    ways.add(from === target ? 'out' : 'in')
  })
  expect(ways.size).toBe(2)
})

it('isolate leaves a broker nobody but the clients', () => {
  forAllDraws(isolate, (cut, { ids, target }) => {
    expect(hears(target, cut, [...ids, 'clients'])).toEqual(['clients'])
    for (const id of ids) if (id !== target) expect(hears(id, cut, [...ids, 'clients'])).toHaveLength(ids.length - 1)
  })
})

it('halves differ by at most one, and neither hears the other', () => {
  forAllDraws(halves, (cut, { ids }) => {
    const sizes = ids.map((id) => {
      const half = [id, ...hears(id, cut, ids)]
      for (const other of half) expect([other, ...hears(other, cut, ids)].sort()).toEqual([...half].sort())
      return half.length
    })
    expect(Math.max(...sizes)).toBe(Math.ceil(ids.length / 2))
    expect(Math.min(...sizes)).toBe(Math.floor(ids.length / 2))
  })
})

it('a bridge hears everybody, and the halves beside it only themselves and the bridge', () => {
  forAllDraws(bridge, (cut, { ids, target }) => {
    expect(hears(target, cut, ids)).toHaveLength(ids.length - 1)
    for (const id of ids) {
      if (id === target) continue
      const heard = hears(id, cut, ids)
      expect(heard).toContain(target)
      expect(heard.length).toBeLessThan(ids.length - 1)
      expect(heard.length).toBeGreaterThanOrEqual(Math.floor((ids.length - 1) / 2))
    }
  })
})

it('cut-clients cuts the clients from the target in one direction or both, and no broker from another', () => {
  const ways = new Set<string>()
  forAllDraws(cutClients, (cut, { target }) => {
    for (const { from, to } of cut) expect([from, to].sort()).toEqual([target, 'clients'])
    ways.add(cut.map(linkName).join(' ').replaceAll(String(target), 'T'))
  })
  expect([...ways].sort()).toEqual(['T>clients', 'clients>T', 'clients>T T>clients'])
})

it('nothing is drawn where another attack has a link already, or where links cannot be cut', () => {
  const taken: Link = { from: 2, to: 1 }
  expect(drawn(isolate, clusterOf(3, [taken]), 2, 1)).toBeUndefined()
  expect(drawn(isolate, clusterOf(3, [taken]), 3, 1)).toBeDefined()
  const direct = { brokerIds: [1, 2, 3] } as unknown as BrokerControl
  for (const fault of [cutOneWay, isolate, halves, bridge, cutClients]) {
    expect(fault.isAvailable!(direct)).toBe(false)
    expect(drawn(fault, direct, 1, 1)).toBeUndefined()
  }
})
