import { describe, expect, it } from 'vitest'
import type { Judgement } from '../checkers/verdict.ts'
import { bridge } from '../nemesis/bridge.ts'
import { canCut, type BrokerControl, type LinkControl } from '../nemesis/control.ts'
import { cutClients } from '../nemesis/cut-clients.ts'
import { cutOneWay } from '../nemesis/cut-one-way.ts'
import type { Fault } from '../nemesis/fault.ts'
import { halves } from '../nemesis/halves.ts'
import { isolate } from '../nemesis/isolate.ts'
import { allLinks, type Link } from '../nemesis/links.ts'
import { judgeRun } from './judge-run.ts'
import { drawSwarm } from './swarm.ts'
import { simulate } from './targets/simulated.ts'

const seed = 3

/** A whole simulated trial with this one fault, its links in the hands of `meddle`. */
function tried(fault: Fault, meddle: (links: LinkControl, control: BrokerControl) => Partial<LinkControl>): Judgement {
  const swarm = drawSwarm(seed)
  const plan = {
    ...swarm.plan,
    faultsMs: 15_000,
    nemesis: { attacks: [{ fault, aim: 'one' as const }], lanes: 1, quietMs: [500, 1000] as const, holdMs: [500, 2000] as const },
    parts: swarm.plan.parts.map((part) => ({
      ...part,
      acknowledgedMin: 100,
      config: { ...part.config, floors: { acknowledged: 100, faults: 1 } },
    })),
    healOnlyCore: false,
  }
  const { histories: [ops], failures } = simulate(seed, {
    invariants: true,
    swarm: { ...swarm, plan },
    meddle: (control) => {
      if (!canCut(control)) throw new Error('links are missing')
      return { ...control, links: { ...control.links, ...meddle(control.links, control) } } as BrokerControl
    },
  })
  return judgeRun({ ops, failures, failuresConvict: true, accept: [] })
}

describe.each([cutOneWay, isolate, halves, bridge, cutClients])('$name, in the simulator', (fault) => {
  it('is shown in force and healed', () => {
    const { valid, faults, reasons } = tried(fault, () => ({}))
    expect({ valid, reasons }).toEqual({ valid: true, reasons: [] })
    expect(faults.length).toBeGreaterThan(1)
    expect(faults.every(({ name, inForce }) => name === fault.name && inForce)).toBe(true)
  })

  it('with its injection turned off leaves the run unknown', () => {
    const { valid, faults, reasons } = tried(fault, () => ({ cut: (_links, done) => done() }))
    expect(valid).toBe('unknown')
    expect(faults.every(({ inForce }) => !inForce)).toBe(true)
    expect(reasons).toContain(`the fault ${fault.name} 1 was asked for and never seen in force`)
  })
})

it('a cut that cuts more than it should is not shown to be the cut that was asked for', () => {
  const { valid, reasons } = tried(cutOneWay, (links, { brokerIds }) => ({
    cut: (_links, done) => links.cut(allLinks(brokerIds), done),
    cutLinks: () => [],
    heal: (_links, done) => links.heal(allLinks(brokerIds), done),
  }))
  expect(valid).toBe('unknown')
  expect(reasons).toContain('the fault cut-one-way 1 was asked for and never seen in force')
})

it('a cut that stops probes and lets the brokers through is not shown', () => {
  const { valid, reasons } = tried(halves, (links) => {
    let asked: readonly Link[] = []
    const astray = ({ from }: Link): Link => ({ from, to: from })
    return {
      cut: (cut, done) => {
        asked = cut
        links.cut(cut.map(astray), done)
      },
      probe: (link, timeoutMs, done) => links.probe(asked.includes(link) ? astray(link) : link, timeoutMs, done),
      traffic: (of, done) => links.traffic(of, (traffic) => done(traffic.map((each) => ({ ...each, heldBytes: 64 })))),
    }
  })
  expect(valid).toBe('unknown')
  expect(reasons).toContain('the fault halves 1 was asked for and never seen in force')
})

it('a cut that does not heal is seen as well', () => {
  const { valid, reasons } = tried(halves, (links) => ({ heal: (_links, done) => links.heal([], done) }))
  expect(valid).not.toBe(true)
  expect(reasons).toContain('the fault halves 1 was told to stop and never seen gone')
})
