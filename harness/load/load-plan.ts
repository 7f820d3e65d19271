/** A load run is an ordinary trial: its plan, with a load tool for the workload, and the faults that were asked for. */
import type { NemesisPlan } from '../../nemesis/nemesis.ts'
import { UserError } from '../exit-codes.ts'
import { scenarios, type ExternalScenario, type ProcessScenario } from '../scenarios.ts'
import type { Profile } from '../profile.ts'
import type { TrialPart } from '../trial-part.ts'
import type { TrialPlan } from '../trial.ts'
import type { KeyedAppendOptions } from '../../workloads/keyed-append/options.ts'
import { loadWorkload, type LoadDriver } from './load-workload.ts'

const noFaults: NemesisPlan = { attacks: [], lanes: 1, quietMs: [1000, 1000], holdMs: [1000, 1000] }

/** Whose faults can work during a load run. */
export const nemesisNames: readonly string[] = scenarios.filter(({ target }) => target === 'processes' || target === 'external')
  .filter((scenario) => scenario.target !== 'simulated' && scenario.nemesis.attacks.length > 0)
  .map(({ name }) => name)

/** Throws a UserError for a scenario that is not there, or not for this target. */
export function loadScenario(name: string, target: 'processes' | 'external', nemesis: string | undefined): ProcessScenario | ExternalScenario {
  const like = nemesis === undefined ? undefined : scenarios.find((each) => each.name === nemesis && each.target === target)
  if (nemesis !== undefined && (like === undefined || like.target === 'simulated' || like.target === 'containers')) {
    const those = scenarios.filter((each) => each.target === target && each.nemesis.attacks.length > 0).map((each) => each.name)
    throw new UserError(`--nemesis ${nemesis} does not run here; there are ${those.join(', ')}.`)
  }
  const common = { name, describes: 'Load, every record of it accounted for.', nemesis: (like as ProcessScenario | undefined)?.nemesis ?? noFaults }
  if (target === 'external') return { target, ...common }
  return { target, ...common, brokers: 3, idempotence: true, ...(like === undefined && { keepsLeaders: true as const }) }
}

export interface LoadPlanOptions {
  readonly driver: LoadDriver
  readonly timeMs: number
  readonly onFailure: (message: string) => void
  readonly partitions: number
}

/** Enough that each partition is looked after, and few beside the load. */
const probesPerSecond = 20
/** k6 takes a moment to begin, and what is open at the end a moment to end; the driver says when it is over. */
const slackMs = 30_000
const acknowledgedFloor = 100

/** `finalMs` grows with what is to be read. */
export function loadPlan(plan: TrialPlan, { driver, timeMs, onFailure, partitions }: LoadPlanOptions): TrialPlan {
  const isFaulty = plan.nemesis.attacks.length > 0
  const [{ topics, config }] = plan.parts as readonly [TrialPart, ...TrialPart[]]
  return {
    ...plan,
    parts: [{
      workload: loadWorkload(driver, optionsOf(plan.profile, config.idempotence !== false), onFailure),
      topics: topics.map((topic) => ({ ...topic, partitions })),
      acknowledgedMin: acknowledgedFloor,
      config: { ...config, workload: 'load', floors: { acknowledged: acknowledgedFloor, ...(isFaulty && { faults: 1 }) } },
    }],
    faultsMs: timeMs + slackMs,
    finalMs: plan.finalMs + timeMs,
  }
}

function optionsOf({ clients }: Profile, idempotence: boolean): KeyedAppendOptions {
  return {
    producers: 1,
    consumers: 1,
    recordsPerSecond: probesPerSecond,
    recordKeysPerPartition: 8,
    openSendsPerProducer: 500,
    acks: -1,
    idempotence,
    isolation: 'read_uncommitted',
    lingerMs: 2,
    batchSizeBytes: 65_536,
    maxInFlight: 5,
    valueSizeBytes: { min: 20, max: 400 },
    compression: 'none',
    deliveryTimeoutMs: clients.deliveryTimeoutMs,
    maxRecordsPerPoll: 5000,
    replaceConsumerMs: 0,
  }
}
