/**
 * The canaries: every planted defect is convicted by what clients saw alone, the simulator's invariants off, and the same
 * seeds without it are silent. A seed is looked for from `lookFrom` on, so that a change elsewhere costs time and no failure.
 */
import { describe, expect, it } from 'vitest'
import { defects } from '../reference-broker/defects/registry.ts'
import { runSeed } from './seed-worker.ts'

/** Seeds that convict at the time of writing. */
const lookFrom: Readonly<Record<string, number>> = {
  'acknowledge-before-replication': 2,
  'answer-offset-zero': 1,
  'commit-unsynced-metadata': 1,
  'elect-outside-in-sync': 5,
  'forget-duplicates': 1,
  'forget-sequences-on-restart': 12,
  'lead-on-in-old-epoch': 3,
  'leader-counts-alone': 3,
  'lose-tail-on-recovery': 3,
  'serve-beyond-high-watermark': 4,
  'shrink-before-confirmation': 4,
  'truncate-by-high-watermark': 2,
  'trust-unclean-stop': 34,
}
/** What no seed of the default plan convicts: it needs settings that the plan does not draw. */
const outOfReach = ['commit-below-minimum', 'ignore-flush']
const seedsMax = 50

/** Anomalies that convict on this seed. */
function convicting(seed: number, defect: string | undefined): string[] {
  const { judgement } = runSeed({ scenario: 'swarm', seed, defect, accept: [], wantHistory: false })
  return judgement.findings.filter(({ allowed }) => allowed === undefined).map(({ anomaly }) => anomaly)
}

const silentSeeds = new Map<number, string[]>()

function withoutDefect(seed: number): string[] {
  const known = silentSeeds.get(seed) ?? convicting(seed, undefined)
  silentSeeds.set(seed, known)
  return known
}

it('every defect is looked for', () => {
  expect(Object.keys(defects).filter((name) => lookFrom[name] === undefined)).toEqual(outOfReach)
})

describe.each(Object.entries(lookFrom))('%s', (name, first) => {
  const { anomalies } = defects[name]!

  it(`is convicted of ${anomalies.join(' or ')}, and its seed convicts nobody else`, () => {
    const seeds = Array.from({ length: seedsMax }, (_, i) => first + i)
    const seed = seeds.find((each) => convicting(each, name).some((anomaly) => anomalies.includes(anomaly)))
    if (seed === undefined) throw new Error(`no seed from ${first} to ${first + seedsMax - 1} convicts ${name}`)
    expect(withoutDefect(seed)).toEqual([])
  })
})
