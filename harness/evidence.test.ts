/**
 * A fault is believed because it was seen, never because it was asked for: with its injection turned off a trial is
 * 'unknown', whatever the platform answers. Faults of the network have a test of their own (cut-evidence.test.ts).
 */
import { describe, expect, it } from 'vitest'
import type { Judgement } from '../checkers/verdict.ts'
import { canCut, type BrokerControl } from '../nemesis/control.ts'
import type { Fault } from '../nemesis/fault.ts'
import { faults, onContainersOnly } from '../nemesis/registry.ts'
import { judgeRun } from './judge-run.ts'
import { drawSwarm, type Swarm } from './swarm.ts'
import type { SimulatedControl } from './targets/simulated-machines.ts'
import { simulate } from './targets/simulated.ts'

const seed = 3

/** A whole simulated trial with this one fault, done by what `meddle` makes of the control. */
function tried(fault: Fault, meddle: (control: BrokerControl) => BrokerControl): Judgement {
  const swarm = drawSwarm(seed)
  const aim = fault.aims?.[0] ?? 'one'
  const plan: Swarm['plan'] = {
    ...swarm.plan,
    faultsMs: 15_000,
    nemesis: { attacks: [{ fault, aim }], lanes: 1, quietMs: [500, 1000], holdMs: [500, 2000] },
    parts: swarm.plan.parts.map((part) => ({
      ...part,
      acknowledgedMin: 100,
      config: { ...part.config, floors: { acknowledged: 100, faults: 1 } },
    })),
    healOnlyCore: false,
  }
  const { histories: [ops], failures } = simulate(seed, { invariants: true, swarm: { ...swarm, plan }, meddle })
  return judgeRun({ ops, failures, failuresConvict: true, accept: [] })
}

/** Says that everything was done, and does nothing. */
const idle: Partial<SimulatedControl> = {
  kill: (_id, done) => done({ signal: 'SIGKILL' }),
  start: (_id, done) => done({ pid: 1, previousPid: 2 }),
  pause: (_id, done) => done({ signal: 'SIGSTOP' }),
  resume: (_id, done) => done({ signal: 'SIGCONT' }),
  stop: (_id, _timeoutMs, done) => done({ orderly: true }),
  losePower: (_id, done) => done({ lost: [] }),
  setDisk: (_id, _state, done) => done({}),
  skew: (_id, _skew, done) => done({}),
}

const tested = Object.values(faults).filter((fault) => fault.isAvailable !== canCut && !onContainersOnly.has(fault))

describe.each(tested)('$name, in the simulator', (fault) => {
  it('is shown in force and healed', () => {
    const { valid, faults, reasons, findings } = tried(fault, (control) => control)
    expect({ valid, reasons, convicting: findings.filter(({ allowed }) => allowed === undefined) }).toEqual({
      valid: true,
      reasons: [],
      convicting: [],
    })
    expect(faults.length).toBeGreaterThan(1)
    expect(faults.every(({ name, inForce }) => name === fault.name && inForce)).toBe(true)
  })

  it('with its injection turned off leaves the run unknown', () => {
    const { valid, faults, reasons } = tried(fault, (control) => ({ ...control, ...idle }))
    expect(valid).toBe('unknown')
    expect(faults.every(({ inForce }) => !inForce)).toBe(true)
    expect(reasons).toContain(`the fault ${fault.name} 1 was asked for and never seen in force`)
  })
})

it.each([faults['kill']!, faults['pause']!])('$name that is never healed is seen as well', (fault) => {
  const { start, resume } = idle as SimulatedControl
  const { valid, reasons } = tried(fault, (control) => ({ ...control, start, resume }))
  expect(valid).not.toBe(true)
  expect(reasons).toContain(`the fault ${fault.name} 1 was told to stop and never seen gone`)
})
