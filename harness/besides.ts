/** Workloads that share the cluster and the faults of a scenario on real brokers with its plain traffic, each judged apart. */
import { simRandom } from '../simulator/sim-random.ts'
import type { KeyedAppendOptions } from '../workloads/keyed-append/options.ts'
import { churnPart, commitStrategiesPart, poisonPillPart, slowConsumerPart, type GroupWorkPlace } from './group-parts.ts'
import { pipelinePart } from './pipeline-part.ts'
import type { Profile } from './profile.ts'
import type { Site } from './site.ts'
import { bankPart, transactionPart } from './transaction-part.ts'
import type { TrialPart } from './trial-part.ts'

export type Beside = 'groups' | 'transactions' | 'bank' | 'pipeline' | 'commit-strategies' | 'poison-pill' | 'slow-consumer'

export interface BesidePlace {
  /** The plain one. */
  readonly traffic: KeyedAppendOptions
  readonly profile: Profile
  readonly site: Site
  /** Groups are, after the traffic, until they can be judged at rest. */
  readonly isLeftAlone: boolean
}

const recordsPerSecond = 80
const onePoisonIn = [200]
/** Every other one kills who tries it, and is away for a session: of default length it takes longer than of a trial's. */
const onePoisonInDefaults = [400]
const slowMs = { min: 50, max: 150 }

/** What a simulated seed would draw is the same in every run. */
export function placeOf({ traffic, profile, site, isLeftAlone }: BesidePlace): GroupWorkPlace {
  return { random: simRandom(1), profile, site, traffic: { ...traffic, producers: 1, recordsPerSecond }, isLeftAlone, onePoisonIn: profile.name === 'attached' ? onePoisonInDefaults : onePoisonIn, slowMs }
}

export function besidePart(name: Beside, place: BesidePlace): TrialPart {
  const { traffic, profile, site } = place
  switch (name) {
    case 'groups':
      return churnPart(placeOf(place))
    case 'transactions':
      return transactionPart(profile, site)
    case 'bank':
      return bankPart(profile, site)
    case 'pipeline':
      return pipelinePart(traffic, profile, site)
    case 'commit-strategies':
      return commitStrategiesPart(placeOf(place))
    case 'poison-pill':
      return poisonPillPart(placeOf(place))
    case 'slow-consumer':
      return slowConsumerPart(placeOf(place))
  }
}
