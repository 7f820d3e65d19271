/** What `verify` runs, by name. A scenario is data; how its target is brought up is the target's business. */
import { bridge } from '../nemesis/bridge.ts'
import { clockDrift } from '../nemesis/clock-drift.ts'
import { clockJump } from '../nemesis/clock-jump.ts'
import { clockStrobe } from '../nemesis/clock-strobe.ts'
import { cutClients } from '../nemesis/cut-clients.ts'
import { cutOneWay } from '../nemesis/cut-one-way.ts'
import type { Fault } from '../nemesis/fault.ts'
import { isolate } from '../nemesis/isolate.ts'
import { kill } from '../nemesis/kill.ts'
import type { NemesisPlan } from '../nemesis/nemesis.ts'
import { pause } from '../nemesis/pause.ts'
import { rollingRestart } from '../nemesis/rolling-restart.ts'
import type { Beside } from './besides.ts'
import { onContainers } from './container-scenarios.ts'
import { commitCoverage, groupCoverage, poisonCoverage, slownessCoverage, transactionCoverage, type CoverageName } from './coverage.ts'
import { drawGroupChurn, drawStaticMembers } from './group-swarm.ts'
import { drawCommitStrategies, drawPoisonPill, drawSlowConsumer } from './group-work-swarm.ts'
import { drawPipeline } from './pipeline-swarm.ts'
import { drawBank, drawTransactions } from './transaction-swarm.ts'
import { drawPowerLossOfMost, drawSwarm, type Swarm } from './swarm.ts'

export interface SimulatedScenario {
  readonly target: 'simulated'
  readonly name: string
  readonly describes: string
  /** What one seed runs. */
  readonly draw: (seed: number) => Swarm
  /** Of the seeds of a plan, this part. */
  readonly seedsShare: number
  /** What enough seeds must have gone through, where that is not what the swarm goes through. */
  readonly mustCover?: readonly CoverageName[]
}

export interface ProcessScenario {
  readonly target: 'processes'
  readonly name: string
  readonly describes: string
  readonly brokers: number
  readonly idempotence: boolean
  readonly nemesis: NemesisPlan
  /** It shows what it can in this time. */
  readonly faultsMsMax?: number
  /** Of single topics, beside what all have. */
  readonly topicConfigs?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Other workloads beside the plain traffic, where brokers take the settings of a trial. */
  readonly beside?: readonly Beside[]
  /** Its groups are left alone at the end, until what a group at rest must look like can be judged. */
  readonly restsAtEnd?: true
  /** It moves no leader. */
  readonly keepsLeaders?: true
  /** No part of any plan: a finding of it is not yet beyond doubt. */
  readonly onlyByName?: true
}

export interface ContainerScenario extends Omit<ProcessScenario, 'target'> {
  readonly target: 'containers'
  /** Each broker's disk has this size. */
  readonly dataSizeMiB?: number
  /** Each broker's disk can lose what was not synced. */
  readonly losesPower?: true
}

/** On a cluster that is not ours: only what its clients meet can be broken. */
export interface ExternalScenario {
  readonly target: 'external'
  readonly name: string
  readonly describes: string
  readonly nemesis: NemesisPlan
}

export type Scenario = SimulatedScenario | ProcessScenario | ContainerScenario | ExternalScenario
export type TargetName = Scenario['target']

export const targets: readonly TargetName[] = ['simulated', 'processes', 'containers', 'external']

/** Farther than `payments` of the scenario takes. */
const jumpBack: Fault = { ...clockJump, draw: () => ({ offsetMs: -60_000 }) }

const withoutContainers: readonly Scenario[] = [
  {
    target: 'simulated',
    name: 'swarm',
    describes: 'Whole trials in virtual time, each seed with options, traffic and faults of its own.',
    draw: drawSwarm,
    seedsShare: 1,
  },
  {
    target: 'simulated',
    name: 'power-loss-of-most',
    describes: 'Cuts the power of most brokers at once, which is more than is promised, and lists what was lost.',
    draw: drawPowerLossOfMost,
    seedsShare: 0.02,
  },
  {
    target: 'simulated',
    name: 'transactions',
    describes: 'Transactions committed, aborted, crashed and fenced over several partitions, under the faults of the swarm.',
    draw: drawTransactions,
    seedsShare: 0.05,
    mustCover: transactionCoverage,
  },
  {
    target: 'simulated',
    name: 'group-churn',
    describes: 'Consumer groups of every protocol in virtual time, whose members and coordinators come and go.',
    draw: drawGroupChurn,
    seedsShare: 0.04,
    mustCover: groupCoverage,
  },
  {
    target: 'simulated',
    name: 'static-members',
    describes: 'Consumer groups of static members that die and are back before their sessions end: nobody else is to notice (KIP-345).',
    draw: drawStaticMembers,
    seedsShare: 0.01,
    mustCover: ['memberCrashes', 'rebalances', 'leaderChanges'],
  },
  {
    target: 'simulated',
    name: 'bank',
    describes: 'Transfers between accounts, of which no reader may see a half, under the faults of the swarm.',
    draw: drawBank,
    seedsShare: 0.02,
    mustCover: transactionCoverage,
  },
  {
    target: 'simulated',
    name: 'consume-transform-produce',
    describes: 'A pipeline of a group whose workers die and freeze at every boundary: each input has one effect (exactly once).',
    draw: drawPipeline({ delivery: 'exactly-once' }),
    seedsShare: 0.015,
    mustCover: ['transactions', 'memberCrashes', 'rebalances', 'coordinatorChanges', 'leaderChanges'],
  },
  {
    target: 'simulated',
    name: 'delivery-at-least-once',
    describes: 'The same pipeline without transactions, committing after it writes: effects are repeated, none is missing.',
    draw: drawPipeline({ delivery: 'at-least-once' }),
    seedsShare: 0.01,
    mustCover: ['memberCrashes', 'rebalances', 'leaderChanges'],
  },
  {
    target: 'simulated',
    name: 'delivery-at-most-once',
    describes: 'The same pipeline without transactions, committing before it writes: effects are missing, none is repeated.',
    draw: drawPipeline({ delivery: 'at-most-once' }),
    seedsShare: 0.01,
    mustCover: ['memberCrashes', 'rebalances', 'leaderChanges'],
  },
  {
    target: 'simulated',
    name: 'side-effects',
    describes: 'The exactly-once pipeline calls somebody outside, who is called twice all the same: transactions end at the log.',
    draw: drawPipeline({ delivery: 'exactly-once', sideEffects: 'plain' }),
    seedsShare: 0.005,
    mustCover: ['memberCrashes', 'rebalances', 'leaderChanges'],
  },
  {
    target: 'simulated',
    name: 'side-effects-idempotent',
    describes: 'The same pipeline calls a handler that asks by input what it has done: each effect happens once.',
    draw: drawPipeline({ delivery: 'exactly-once', sideEffects: 'idempotent' }),
    seedsShare: 0.005,
    mustCover: ['memberCrashes', 'rebalances', 'leaderChanges'],
  },
  {
    target: 'simulated',
    name: 'commit-strategies',
    describes: 'Consumers that commit before or after the work, die at every boundary between, and are led back.',
    draw: drawCommitStrategies,
    seedsShare: 0.01,
    mustCover: commitCoverage,
  },
  {
    target: 'simulated',
    name: 'poison-pill',
    describes: 'Records that nobody can process, on their way to a dead-letter topic.',
    draw: drawPoisonPill,
    seedsShare: 0.01,
    mustCover: poisonCoverage,
  },
  {
    target: 'simulated',
    name: 'slow-consumer',
    describes: 'Producers that outpace consumers, and the lag that drains when they stop.',
    draw: drawSlowConsumer,
    seedsShare: 0.01,
    mustCover: slownessCoverage,
  },
  {
    target: 'processes',
    name: 'kill-leader',
    describes: 'Kills the leader of a partition, and the controller, and starts them again on their data.',
    brokers: 3,
    idempotence: true,
    nemesis: {
      attacks: [{ fault: kill, aim: 'leader' }, { fault: kill, aim: 'controller' }],
      lanes: 1,
      quietMs: [1000, 2000],
      holdMs: [2500, 4000],
    },
  },
  {
    target: 'processes',
    name: 'pause-leader',
    describes: 'Freezes the leader of a partition past its session, and lets it go on believing that it leads, under plain traffic and under transactions.',
    brokers: 3,
    idempotence: true,
    beside: ['transactions'],
    nemesis: {
      attacks: [{ fault: pause, aim: 'leader' }],
      lanes: 1,
      quietMs: [1000, 2000],
      holdMs: [2500, 4000],
    },
  },
  {
    target: 'processes',
    name: 'crash-storm',
    describes: 'Kills and freezes one, most and all brokers, two attacks at a time, under producers without idempotence.',
    brokers: 3,
    idempotence: false,
    nemesis: {
      attacks: [
        { fault: kill, aim: 'one' },
        { fault: kill, aim: 'majority' },
        { fault: kill, aim: 'all' },
        { fault: pause, aim: 'one' },
        { fault: pause, aim: 'controller' },
      ],
      lanes: 2,
      quietMs: [1500, 3000],
      holdMs: [500, 2500],
    },
  },
  {
    target: 'processes',
    name: 'group-storm',
    describes: 'Kills and freezes brokers, coordinators of groups among them, under plain traffic and three kinds of consumer groups.',
    brokers: 3,
    idempotence: true,
    beside: ['groups'],
    restsAtEnd: true,
    onlyByName: true,
    nemesis: {
      attacks: [
        { fault: kill, aim: 'coordinator' },
        { fault: kill, aim: 'one' },
        { fault: pause, aim: 'one' },
        { fault: pause, aim: 'controller' },
      ],
      lanes: 2,
      quietMs: [1500, 3000],
      holdMs: [500, 2500],
    },
  },
  ...([
    ['commit-storm', 'commit-strategies', 'Kills and freezes brokers, coordinators among them, under consumers that commit in every way and die at every boundary.'],
    ['poison-storm', 'poison-pill', 'The same under consumers that put aside what they cannot process.'],
    ['lag-storm', 'slow-consumer', 'The same under consumers that are slower than their producers.'],
  ] as const).map(([name, beside, describes]): ProcessScenario => ({
    target: 'processes',
    name,
    describes,
    brokers: 3,
    idempotence: true,
    beside: [beside],
    restsAtEnd: true,
    onlyByName: true,
    nemesis: {
      attacks: [{ fault: kill, aim: 'coordinator' }, { fault: kill, aim: 'one' }, { fault: pause, aim: 'one' }],
      lanes: 1,
      quietMs: [1500, 3000],
      holdMs: [500, 2500],
    },
  })),
  {
    target: 'processes',
    name: 'transaction-storm',
    describes: 'Kills and freezes brokers, coordinators of transactions among them, under plain traffic, transactions, a bank and an exactly-once pipeline.',
    brokers: 3,
    idempotence: true,
    beside: ['transactions', 'bank', 'pipeline'],
    onlyByName: true,
    nemesis: {
      attacks: [
        { fault: kill, aim: 'coordinator' },
        { fault: pause, aim: 'coordinator' },
        { fault: kill, aim: 'leader' },
        { fault: pause, aim: 'leader' },
      ],
      inTurn: true,
      lanes: 1,
      quietMs: [2000, 3000],
      holdMs: [2500, 4000],
    },
  },
  {
    target: 'processes',
    name: 'cut-links',
    describes: 'Cuts leaders off from the other brokers, one way or both, and clients off from a leader.',
    brokers: 3,
    idempotence: true,
    nemesis: {
      attacks: [
        { fault: isolate, aim: 'leader' },
        { fault: cutClients, aim: 'leader' },
        { fault: cutOneWay, aim: 'leader' },
        { fault: isolate, aim: 'controller' },
        { fault: bridge, aim: 'one' },
      ],
      inTurn: true,
      lanes: 1,
      quietMs: [300, 800],
      holdMs: [3500, 4000],
    },
  },
  {
    target: 'processes',
    name: 'clock-skew',
    describes: 'Lets the clocks of brokers jump, strobe and drift, beyond what one topic takes for a timestamp.',
    brokers: 3,
    idempotence: true,
    faultsMsMax: 15_000,
    topicConfigs: {
      orders: { 'message.timestamp.type': 'LogAppendTime' },
      payments: { 'message.timestamp.after.max.ms': '1000' },
    },
    keepsLeaders: true,
    nemesis: {
      attacks: [
        { fault: clockJump, aim: 'leader' },
        { fault: clockDrift, aim: 'controller' },
        { fault: jumpBack, aim: 'all' },
        { fault: clockStrobe, aim: 'leader' },
      ],
      inTurn: true,
      lanes: 1,
      quietMs: [300, 800],
      holdMs: [1500, 2500],
    },
  },
  {
    target: 'processes',
    name: 'rolling-restart',
    describes: 'Stops and starts all brokers in an orderly way, one after the other, under plain traffic and three kinds of consumer groups.',
    brokers: 3,
    idempotence: true,
    beside: ['groups'],
    faultsMsMax: 15_000,
    nemesis: {
      attacks: [{ fault: rollingRestart, aim: 'all' }],
      lanes: 1,
      quietMs: [500, 1000],
      holdMs: [7000, 8000],
    },
  },
  {
    target: 'external',
    name: 'attached',
    describes: 'Traffic on a running cluster, of which nothing but addresses is known.',
    nemesis: { attacks: [], lanes: 1, quietMs: [1000, 1000], holdMs: [1000, 1000] },
  },
  {
    target: 'external',
    name: 'attached-cut-clients',
    describes: 'Cuts our clients off from brokers of a running cluster, which it does not notice otherwise.',
    nemesis: {
      attacks: [{ fault: cutClients, aim: 'leader' }, { fault: cutClients, aim: 'one' }, { fault: cutClients, aim: 'all' }],
      inTurn: true,
      lanes: 1,
      // A transaction takes several answers of several brokers, and all workloads share these faults.
      quietMs: [2000, 4000],
      holdMs: [2000, 5000],
    },
  },
]

export const scenarios: readonly Scenario[] = [...withoutContainers, ...onContainers(withoutContainers)]

export function simulatedScenario(name: string): SimulatedScenario {
  const found = scenarios.find((each) => each.name === name)
  if (found?.target !== 'simulated') throw new Error(`no simulated scenario is called ${name}`)
  return found
}

export function processScenario(name: string): ProcessScenario {
  const found = scenarios.find((each) => each.name === name)
  if (found?.target !== 'processes') throw new Error(`no scenario on processes is called ${name}`)
  return found
}
