/** Workloads that share the cluster and the faults of a scenario on real brokers with its plain traffic, each judged apart. */
import type { KeyedAppendOptions } from '../workloads/keyed-append/options.ts'
import { groupPart } from './group-part.ts'
import { pipelinePart } from './pipeline-part.ts'
import type { Profile } from './profile.ts'
import { bankPart, transactionPart } from './transaction-part.ts'
import type { TrialPart } from './trial-part.ts'

export type Beside = 'groups' | 'transactions' | 'bank' | 'pipeline'

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
  }
}
