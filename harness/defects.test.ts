/**
 * The canaries: every planted defect is convicted by what clients saw alone, the simulator's invariants off, and the same
 * seeds without it are silent. Each runs under the faults that bring it out, so that what the swarm draws may change.
 */
import { describe, expect, it } from 'vitest'
import type { Aim } from '../nemesis/aim.ts'
import { faults } from '../nemesis/registry.ts'
import { defects, withDefect } from '../reference-broker/defects/registry.ts'
import { judgeRun } from './judge-run.ts'
import { simulatedScenario } from './scenarios.ts'
import { drawSwarm, drawTheme, type Swarm, type Theme } from './swarm.ts'
import { simulate } from './targets/simulated.ts'

interface Attacks {
  readonly attacks: readonly (readonly [fault: string, aim: Aim])[]
  /** Requests and answers get lost under idempotent producers. */
  readonly losesAnswers?: true
}

/** Attacks under whatever else a seed draws, or the seeds of a theme or of a scenario as they are, from one on that is known to do. */
type Focus = Attacks | { readonly theme: Theme } | { readonly scenario: string; readonly from: number }

const kills: Attacks = { attacks: [['kill', 'leader'], ['kill', 'one'], ['kill', 'majority']] }
const pauses: Attacks = { attacks: [['kill', 'leader'], ['pause', 'leader'], ['kill', 'majority'], ['pause', 'one']] }
const cuts: Attacks = { attacks: [['isolate', 'leader'], ['kill', 'one'], ['cut-one-way', 'leader']] }
const power: Attacks = { attacks: [['power-loss', 'leader'], ['power-loss', 'one'], ['kill', 'one']] }
const retries: Attacks = { ...kills, losesAnswers: true }
const elections: Attacks = { attacks: [['kill', 'controller'], ['pause', 'controller'], ['isolate', 'controller'], ['kill', 'majority']] }
const deposed: Attacks = { attacks: [['isolate', 'leader'], ['pause', 'leader'], ['cut-one-way', 'leader'], ['bridge', 'one']] }

/** Where it is not one of the first. */
const fromSeed: Readonly<Record<string, number>> = {
  'grant-before-release': 4,
  'leave-uneven': 4,
  'load-committed-only': 9,
  'never-end-session': 4,
  'rebalance-for-static': 2,
  'share-offsets': 9,
  'tell-last-offset': 4,
}

/** Those that have a scenario of their own, as its seeds are. */
function ofScenarios(): Record<string, Focus> {
  return Object.fromEntries(Object.entries(defects).flatMap(([name, { scenario }]) =>
    (scenario === undefined ? [] : [[name, { scenario, from: fromSeed[name] ?? 1 }]])))
}

const focusOf: Readonly<Record<string, Focus>> = {
  'acknowledge-before-replication': kills,
  'acknowledge-when-deposed': deposed,
  'answer-offset-zero': kills,
  'commit-below-minimum': { theme: 'last replica standing' },
  'commit-unsynced-metadata': { theme: 'everything synced' },
  'elect-outside-in-sync': pauses,
  'forget-duplicates': retries,
  'forget-sequences-on-restart': retries,
  'forget-vote': elections,
  'ignore-flush': { theme: 'everything synced' },
  'keep-stale-leader': pauses,
  'lead-on-in-old-epoch': power,
  'leader-counts-alone': kills,
  'lose-tail-on-recovery': kills,
  'reuse-offset': kills,
  'serve-beyond-high-watermark': cuts,
  'shrink-before-confirmation': cuts,
  'truncate-by-high-watermark': kills,
  'trust-unclean-stop': { theme: 'last replica standing' },
  'widen-in-sync-early': { theme: 'slow return' },
  ...ofScenarios(),
}
const seedsMax = 30

function focused(seed: number, focus: Focus): Swarm {
  if ('scenario' in focus) return simulatedScenario(focus.scenario).draw(seed)
  const swarm = drawSwarm(seed)
  if ('theme' in focus) return swarm
  const { attacks, losesAnswers } = focus
  const { plan } = swarm
  const loses = losesAnswers === true
  return {
    ...swarm,
    network: loses ? { ...swarm.network, closeProbability: 0.002 } : swarm.network,
    plan: {
      ...plan,
      faultsMs: 30_000,
      healOnlyCore: false,
      parts: plan.parts.map((part) => ({ ...part, acknowledgedMin: 500, config: { ...part.config, floors: {} } })),
      nemesis: {
        attacks: attacks.map(([name, aim]) => ({ fault: faults[name]!, aim })),
        lanes: 2,
        quietMs: [500, 2000],
        holdMs: [200, 4000],
      },
    },
  }
}

function isInFocus(seed: number, focus: Focus): boolean {
  if ('scenario' in focus) return true
  if ('theme' in focus) return drawTheme(seed) === focus.theme
  return focus.losesAnswers !== true || drawSwarm(seed).plan.parts[0]!.config.idempotence === true
}

function seedsOf(focus: Focus): number[] {
  const seeds: number[] = []
  const from = 'scenario' in focus ? focus.from : 1
  for (let seed = from; seeds.length < seedsMax; seed++) if (isInFocus(seed, focus)) seeds.push(seed)
  return seeds
}

/** Anomalies that convict on this seed. */
function convicting(seed: number, focus: Focus, defect?: string): string[] {
  const { histories: [ops], failures } = simulate(seed, {
    swarm: focused(seed, focus),
    invariants: defect === undefined,
    ...(defect !== undefined && { decisions: withDefect(defect) }),
  })
  const { findings } = judgeRun({ ops, failures, failuresConvict: true, accept: [] })
  return findings.filter(({ allowed }) => allowed === undefined).map(({ anomaly }) => anomaly)
}

it('every defect has the faults that bring it out, or a race (races/races.test.ts)', () => {
  const withoutRace = Object.keys(defects).filter((name) => defects[name]!.race === undefined)
  expect(Object.keys(focusOf).sort()).toEqual(withoutRace.sort())
})

describe.each(Object.entries(focusOf))('%s', (name, focus) => {
  const { anomalies } = defects[name]!

  it(`is convicted of ${anomalies.join(' or ')}, and its seed convicts nobody else`, () => {
    const seeds = seedsOf(focus)
    const seed = seeds.find((each) => convicting(each, focus, name).some((anomaly) => anomalies.includes(anomaly)))
    if (seed === undefined) throw new Error(`none of ${seedsMax} seeds convicts ${name}`)
    expect(convicting(seed, focus)).toEqual([])
  })
})
