/** What a scenario on real brokers comes to, on those it meets: its parts, its faults, and how long all of it takes. */
import type { NemesisPlan } from '../nemesis/nemesis.ts'
import { keyedAppend } from '../workloads/keyed-append/keyed-append.ts'
import { besidePart, type Beside } from './besides.ts'
import { plainTraffic } from './plain-traffic.ts'
import { jvmTimes, profiles } from './profile.ts'
import type { ContainerScenario, ProcessScenario } from './scenarios.ts'
import { ownSite } from './site.ts'
import type { TrialPlan } from './trial.ts'

export interface ScenarioOptions {
  readonly faultsMs: number
  readonly recordsPerSecond: number
  /** The brokers are JVMs: everything takes longer. */
  readonly jvm?: boolean
  /** False: the brokers keep their own timeouts, which are taken to be Kafka's. */
  readonly takesSettings?: boolean
  readonly startsWithinMs?: number
  /** Stands before the names of its topics. */
  readonly topicPrefix?: string
}

const acknowledgedFloor = 2000
const underFaultFloor = 0.2
/** Of the time, so that the same part of the operations is reached also where most of them come in good times. */
const shareInForceMin = 0.25

/** Kafka's default session, and what goes before and after, against that of a trial. */
const ownTimeoutsTimes = 4

/** How many times as long as on brokers with the timeouts of a trial everything takes. */
export function timesLonger({ jvm, takesSettings }: Pick<ScenarioOptions, 'jvm' | 'takesSettings'>): number {
  if (takesSettings === false) return ownTimeoutsTimes
  return jvm === true ? jvmTimes : 1
}

export function planOf(scenario: ProcessScenario | ContainerScenario, options: ScenarioOptions): TrialPlan {
  const profile = profiles[options.takesSettings === false ? 'attached' : options.jvm === true ? 'trial-of-jvm' : 'trial']
  const workloadOptions = plainTraffic(profile, { idempotence: scenario.idempotence, recordsPerSecond: options.recordsPerSecond })
  return {
    parts: [{
      workload: keyedAppend(workloadOptions),
      topics: ['orders', 'payments'].map((name) => ({
        name: options.topicPrefix === undefined ? name : `${options.topicPrefix}-${name}`,
        partitions: 3,
        replicationFactor: 3,
        configs: { 'min.insync.replicas': '2', ...scenario.topicConfigs?.[name] },
      })),
      acknowledgedMin: acknowledgedFloor,
      config: {
        acks: workloadOptions.acks,
        idempotence: workloadOptions.idempotence,
        isolation: workloadOptions.isolation,
        minInSyncReplicas: 2,
        replicationFactor: 3,
        uncleanLeaderElection: false,
        recoveryMs: profile.recoveryMs,
        profile: profile.name,
        floors: {
          acknowledged: acknowledgedFloor,
          opsUnderFaultShare: underFaultFloor,
          leaderChanges: scenario.keepsLeaders === true ? 0 : 1,
          faults: 1,
        },
      },
    }, ...besidesOf(scenario, options).map((name) => besidePart(name, { traffic: workloadOptions, profile, site: ownSite, isLeftAlone: scenario.restsAtEnd === true }))],
    nemesis: heldLonger(scenario.nemesis, timesLonger(options)),
    profile,
    faultsMs: Math.min(options.faultsMs, (scenario.faultsMsMax ?? Infinity) * timesLonger(options)),
    shareInForceMin,
    healOnlyCore: false,
    observeIntervalMs: 250,
    finalMs: 30_000,
    ...(options.startsWithinMs !== undefined && { startsWithinMs: options.startsWithinMs }),
  }
}

/** Their sessions and their bounds are those of the trial's settings. */
function besidesOf({ beside = [] }: ProcessScenario | ContainerScenario, { takesSettings = true }: ScenarioOptions): readonly Beside[] {
  return takesSettings ? beside : []
}

/** Past the longer timeouts, as the scenario means it, and no shorter than it takes to mend it. */
function heldLonger(plan: NemesisPlan, times: number): NemesisPlan {
  const [low, high] = plan.holdMs
  return { ...plan, holdMs: [low * times, high * times], holdsAsHealed: true }
}
