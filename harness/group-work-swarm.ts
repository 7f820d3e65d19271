/** What one seed of the further workloads of consumer groups draws: cluster and faults of group-churn, and a part of group-parts.ts. */
import { randomBetween } from '../ports/random.ts'
import { calmDisk } from '../simulator/sim-disk.ts'
import { simRandom } from '../simulator/sim-random.ts'
import { drawGroupNemesis, fewShards } from './group-swarm.ts'
import { commitStrategiesPart, poisonPillPart, slowConsumerPart, type GroupWorkPlace } from './group-parts.ts'
import { profiles } from './profile.ts'
import { ownSite } from './site.ts'
import { drawNetwork, drawSettings, drawWorkload, type Swarm } from './swarm.ts'
import type { TrialPart } from './trial-part.ts'

const profile = profiles.trial
const onePoisonIn = [20, 50]
const slowMs = { min: 200, max: 400 }

/** `finalMs`: for draining, and for reading everything. */
function drawWith(makePart: (place: GroupWorkPlace) => TrialPart, finalMs: number): (seed: number) => Swarm {
  return (seed) => {
    const random = simRandom(seed).fork('group work')
    const traffic = { ...drawWorkload(random, profile), recordsPerSecond: randomBetween(random, 30, 60), valueSizeBytes: { min: 10, max: 50 } }
    return {
      settings: { ...drawSettings(simRandom(seed).fork('broker settings')), ...fewShards },
      brokers: 3,
      network: drawNetwork(random, 'anything'),
      disk: calmDisk,
      plan: {
        parts: [makePart({ random, profile, site: ownSite, traffic, isLeftAlone: true, onePoisonIn, slowMs })],
        nemesis: drawGroupNemesis(random),
        profile,
        faultsMs: 30_000,
        healOnlyCore: false,
        observeIntervalMs: 500,
        finalMs,
      },
    }
  }
}

export const drawCommitStrategies: (seed: number) => Swarm = drawWith(commitStrategiesPart, 90_000)
export const drawPoisonPill: (seed: number) => Swarm = drawWith(poisonPillPart, 240_000)
export const drawSlowConsumer: (seed: number) => Swarm = drawWith(slowConsumerPart, 600_000)
