/** What a seed of the workloads with transactions draws: the swarm's cluster and faults, and another traffic. */
import { kill } from '../nemesis/kill.ts'
import type { NemesisPlan } from '../nemesis/nemesis.ts'
import { randomBetween, randomChance, randomPick, type Random } from '../ports/random.ts'
import type { NewTopic } from '../workloads/client/client.ts'
import { bank } from '../workloads/bank/bank.ts'
import { transactionalDefaults } from '../workloads/client/defaults.ts'
import { transactions } from '../workloads/transactions/transactions.ts'
import type { ScriptOptions } from '../workloads/transactions/transaction-script.ts'
import type { TransactingOptions } from '../workloads/transactions/transactions-options.ts'
import type { Workload } from '../workloads/workload.ts'
import { simRandom } from '../simulator/sim-random.ts'
import type { Profile } from './profile.ts'
import { drawSwarm, type Swarm } from './swarm.ts'

export const transactionsMin = 220
/** For the few clusters that are down more than up: so long they may take for their transactions. */
export const transactionsMostMs = 600_000

/** With which a seed counts as a test of transactions. */
export const transactionFloors = {
  'acknowledged': 200,
  'coverage.transactions': 200,
  'coverage.abortedTransactionsShare': 0.1,
  'coverage.coordinatorChanges': 1,
  'coverage.fencedProducers': 1,
} as const

/** Few partitions: what one shard does, the others do too. */
const internalTopics = {
  'transaction.state.log.num.partitions': '5',
  'offsets.topic.num.partitions': '5',
}

/** Internal topics are not watched by who decides whether power may be lost: then they, too, are synced before they count. */
const syncedFirst = { 'log.flush.interval.messages': '1' }

/** Whatever else a seed leaves out, coordinators move: this is one of four attacks. */
function often(others: number): NemesisPlan['attacks'] {
  return Array.from({ length: Math.max(1, Math.ceil(others / 3)) }, () => ({ fault: kill, aim: 'one' }))
}

export function drawTransactions(seed: number): Swarm {
  const random = simRandom(seed).fork('transactions')
  const swarm = drawSwarm(seed)
  const options = { ...drawTransacting(random, swarm), ...drawScript(random) }
  return transacting(swarm, random, { workload: transactions(options), options, floors: transactionFloors })
}

export function drawBank(seed: number): Swarm {
  const random = simRandom(seed).fork('bank')
  const swarm = drawSwarm(seed)
  const options = { ...drawTransacting(random, swarm), amountMax: 100 }
  return transacting(swarm, random, { workload: bank(options), options, floors: transactionFloors })
}

/** The same cluster and faults under transactions. */
function transacting(
  swarm: Swarm,
  random: Random,
  { workload, options, floors }: {
    readonly workload: Workload
    readonly options: Pick<TransactingOptions, 'producer'>
    readonly floors: Readonly<Record<string, number>>
  },
): Swarm {
  const { plan } = swarm
  const [part] = plan.parts
  const transactionVersion = randomPick(random, [1, 2, 2])
  const topics = severalPartitions(part!.topics, random)
  return coordinated({
    ...swarm,
    plan: {
      ...plan,
      // Many short seeds see more than few long ones; all go on until they have seen enough.
      faultsMs: randomPick(random, [10_000, 20_000, plan.faultsMs]),
      faultsMostMs: transactionsMostMs,
      parts: [{
        workload,
        topics,
        acknowledgedMin: 300,
        transactionsMin,
        config: {
          ...part!.config,
          acks: -1,
          idempotence: true,
          isolation: 'read_committed',
          transactional: true,
          transactionVersion,
          transactionTimeoutMs: options.producer.transactionTimeoutMs,
          floors,
        },
      }],
      features: { 'transaction.version': transactionVersion },
    },
  })
}

interface Pace {
  readonly quietLeastMs: number
  readonly lanesMax: number
}

/** A transaction takes several answers of several brokers: without some quiet none is ever committed. */
const transactionPace: Pace = { quietLeastMs: 2500, lanesMax: 2 }

/** For workloads that need coordinators: what keeps their state is safe, and they move; between two faults there is some quiet. */
export function coordinated(swarm: Swarm, { quietLeastMs, lanesMax }: Pace = transactionPace): Swarm {
  const { settings, plan } = swarm
  const { attacks, lanes, quietMs: [low, high] } = plan.nemesis
  const losesPower = attacks.some(({ fault }) => fault.losesUnsynced !== undefined)
  return {
    ...swarm,
    settings: { ...settings, ...internalTopics, ...(losesPower && syncedFirst) },
    plan: {
      ...plan,
      nemesis: {
        ...plan.nemesis,
        attacks: [...attacks, ...often(attacks.length)],
        opening: { fault: kill, aim: 'coordinator' },
        lanes: Math.min(lanes, lanesMax),
        quietMs: [Math.max(low, quietLeastMs), Math.max(high, 2 * quietLeastMs)],
      },
    },
  }
}

function severalPartitions(topics: readonly NewTopic[], random: Random): NewTopic[] {
  return topics.map((topic) => ({ ...topic, partitions: randomBetween(random, 2, 3) }))
}

function drawScript(random: Random): ScriptOptions {
  return {
    steps: { min: 1, max: randomBetween(random, 3, 6) },
    pollShare: randomPick(random, [0, 0.2, 0.4]),
    recordKeysPerPartition: 8,
    valueSizeBytes: { min: 10, max: randomPick(random, [50, 200, 2000]) },
  }
}

function drawTransacting(random: Random, { plan }: Swarm): Omit<TransactingOptions, 'polls'> {
  const seats = randomBetween(random, 4, 6)
  const sharingSeats = randomPick(random, [0, 2, 2])
  return {
    seats,
    sharingSeats,
    freshIdChance: randomPick(random, [0, 0.3]),
    thinkMs: randomBetween(random, 50, 200),
    abortChance: 0.16 + 0.2 * random.next(),
    crashChance: randomPick(random, [0.01, 0.05]),
    // Where nobody shares an id, somebody must be fenced in another way.
    hauntChance: Math.max(randomPick(random, [0.01, 0.05]), sharingSeats === 0 ? 0.08 : 0),
    producer: drawProducer(random, plan.profile),
    readers: { read_committed: 2, read_uncommitted: randomBetween(random, 0, 1) },
    maxRecordsPerPoll: 500,
    replaceConsumerMs: 20_000,
  }
}

export function drawProducer(random: Random, { clients }: Profile): TransactingOptions['producer'] {
  return {
    ...transactionalDefaults,
    lingerMs: randomPick(random, [0, 5, 20]),
    maxInFlight: randomBetween(random, 1, 5),
    compression: randomChance(random, 0.25) ? randomPick(random, ['gzip', 'lz4', 'zstd'] as const) : 'none',
    deliveryTimeoutMs: clients.deliveryTimeoutMs,
    maxBlockMs: clients.deliveryTimeoutMs,
    transactionTimeoutMs: randomPick(random, [2000, 5000, 15_000]),
    ...(randomChance(random, 0.25) && { transactionVersionMax: 1 as const }),
  }
}
