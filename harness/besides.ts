/** Workloads that share the cluster and the faults of a scenario on real brokers with its plain traffic, each judged apart. */
import { simRandom } from '../simulator/sim-random.ts'
import type { KeyedAppendOptions } from '../workloads/keyed-append/options.ts'
import { groupPart } from './group-part.ts'
import { commitStrategiesPart, poisonPillPart, slowConsumerPart, type GroupWorkPlace } from './group-work-part.ts'
import { pipelinePart } from './pipeline-part.ts'
import type { Profile } from './profile.ts'
import { bankPart, transactionPart } from './transaction-part.ts'
import type { TrialPart } from './trial-part.ts'

export type Beside = 'groups' | 'transactions' | 'bank' | 'pipeline' | 'commit-strategies' | 'poison-pill' | 'slow-consumer'

const recordsPerSecond = 80
const onePoisonIn = [200]
const slowMs = { min: 50, max: 150 }

/** What a simulated seed would draw is the same in every run. */
function placeOf(plain: KeyedAppendOptions, profile: Profile): GroupWorkPlace {
  return { random: simRandom(1), profile, traffic: { ...plain, producers: 1, recordsPerSecond }, isLeftAlone: false, onePoisonIn, slowMs }
}

/** `traffic` is the plain one. */
export function besidePart(name: Beside, traffic: KeyedAppendOptions, profile: Profile): TrialPart {
  switch (name) {
    case 'groups':
      return groupPart(traffic, profile)
    case 'transactions':
      return transactionPart(profile)
    case 'bank':
      return bankPart(profile)
    case 'pipeline':
      return pipelinePart(traffic, profile)
    case 'commit-strategies':
      return commitStrategiesPart(placeOf(traffic, profile))
    case 'poison-pill':
      return poisonPillPart(placeOf(traffic, profile))
    case 'slow-consumer':
      return slowConsumerPart(placeOf(traffic, profile))
  }
}
