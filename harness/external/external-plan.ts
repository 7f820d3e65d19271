/** What is tried on an attached cluster: the same trial as everywhere, within what the cluster has. */
import type { KeyedAppendOptions } from '../../workloads/keyed-append/options.ts'
import { keyedAppend } from '../../workloads/keyed-append/keyed-append.ts'
import type { NewTopic } from '../../workloads/client/client.ts'
import { placeOf } from '../besides.ts'
import { churnPart, commitStrategiesPart, poisonPillPart, slowConsumerPart } from '../group-parts.ts'
import { pipelinePart } from '../pipeline-part.ts'
import { plainTraffic } from '../plain-traffic.ts'
import { profiles } from '../profile.ts'
import type { ExternalScenario } from '../scenarios.ts'
import { bankPart, transactionPart } from '../transaction-part.ts'
import type { TrialPart } from '../trial-part.ts'
import type { TrialPlan } from '../trial.ts'
import { servedWorkloads } from './abilities.ts'
import type { Attached } from './attach.ts'

export interface ExternalPlanOptions {
  readonly attached: Attached
  readonly topicPrefix: string
  readonly faultsMs: number
  readonly recordsPerSecond: number
}

/** With fewer a checker has seen too little. */
export const acknowledgedFloor = 10_000
const partitions = 3
const replicasMax = 3

function topicsOf(scenario: string, { attached, topicPrefix }: ExternalPlanOptions): NewTopic[] {
  const replicationFactor = Math.min(replicasMax, attached.brokers.length)
  const configs = { 'min.insync.replicas': String(minInSync(replicationFactor)) }
  return ['orders', 'payments'].map((name) => ({ name: `${topicPrefix}-${scenario}-${name}`, partitions, replicationFactor, configs }))
}

function minInSync(replicationFactor: number): number {
  return Math.max(1, replicationFactor - 1)
}

/** The other workloads, as far as the cluster serves them, each judged apart. */
function besides(scenario: string, traffic: KeyedAppendOptions, options: ExternalPlanOptions): TrialPart[] {
  const { attached, topicPrefix } = options
  const replicationFactor = Math.min(replicasMax, attached.brokers.length)
  const site = { prefix: `${topicPrefix}-${scenario}`, replicationFactor, minInSyncReplicas: minInSync(replicationFactor) }
  const place = { traffic, profile: profiles.attached, site, isLeftAlone: false }
  const served = servedWorkloads(attached)
  const groupWork = [commitStrategiesPart, poisonPillPart, slowConsumerPart]
  const parts = [
    ...(served.groups ? [churnPart(placeOf(place), (protocol) => protocol === 'classic' || served.consumerGroups)] : []),
    ...(served.groups ? groupWork.map((makePart) => makePart(placeOf(place))) : []),
    ...(served.transactions ? [transactionPart(place.profile, site), bankPart(place.profile, site)] : []),
    ...(served.groups && served.transactions ? [pipelinePart(traffic, place.profile, site)] : []),
  ]
  return parts.map((part) => ({ ...part, config: { ...part.config, features: attached.features } }))
}

export function externalPlan({ name, nemesis }: ExternalScenario, options: ExternalPlanOptions): TrialPlan {
  const { attached, faultsMs, recordsPerSecond } = options
  const profile = profiles.attached
  const topics = topicsOf(name, options)
  const idempotence = attached.versions['InitProducerId'] !== undefined
  const { replicationFactor } = topics[0]!
  const traffic = plainTraffic(profile, { idempotence, recordsPerSecond, openSendsPerProducer: 2000 })
  const workload = keyedAppend(traffic)
  const config = {
    acks: -1,
    idempotence,
    isolation: 'read_uncommitted',
    minInSyncReplicas: minInSync(replicationFactor),
    replicationFactor,
    recoveryMs: profile.recoveryMs,
    profile: profile.name,
    features: attached.features,
    floors: { acknowledged: acknowledgedFloor, polled: acknowledgedFloor, ...(nemesis.attacks.length > 0 && { faults: 1 }) },
  } as const
  return {
    parts: [{ workload, topics, acknowledgedMin: acknowledgedFloor, config }, ...besides(name, traffic, options)],
    nemesis,
    profile,
    faultsMs,
    healOnlyCore: false,
    observeIntervalMs: 500,
    finalMs: 120_000,
  }
}
