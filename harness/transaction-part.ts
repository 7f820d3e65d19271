/**
 * Transactions as further parts of a scenario on real brokers: producers of single and shared transactional ids on a topic of
 * three partitions, and transfers between the accounts of a bank, under whatever the scenario breaks.
 */
import type { NewTopic } from '../workloads/client/client.ts'
import { bank } from '../workloads/bank/bank.ts'
import { transactionalDefaults } from '../workloads/client/defaults.ts'
import type { TransactingOptions } from '../workloads/transactions/transactions-options.ts'
import { transactions } from '../workloads/transactions/transactions.ts'
import type { Workload } from '../workloads/workload.ts'
import type { Profile } from './profile.ts'
import type { TrialPart } from './trial-part.ts'

const acknowledgedFloor = 300
export const transactionTimeoutMs = 5000

export function transactionPart(profile: Profile): TrialPart {
  const options = {
    ...transacting(profile),
    steps: { min: 1, max: 5 },
    pollShare: 0.2,
    recordKeysPerPartition: 8,
    valueSizeBytes: { min: 20, max: 200 },
  }
  return part('ledger', transactions(options), profile)
}

export function bankPart(profile: Profile): TrialPart {
  return part('accounts', bank({ ...transacting(profile), amountMax: 100 }), profile)
}

function transacting({ clients: { deliveryTimeoutMs } }: Profile): Omit<TransactingOptions, 'polls'> {
  return {
    seats: 4,
    sharingSeats: 2,
    freshIdChance: 0.1,
    thinkMs: 40,
    abortChance: 0.2,
    crashChance: 0.01,
    hauntChance: 0.01,
    producer: { ...transactionalDefaults, deliveryTimeoutMs, maxBlockMs: deliveryTimeoutMs, transactionTimeoutMs },
    readers: { read_committed: 1, read_uncommitted: 1 },
    maxRecordsPerPoll: 500,
    replaceConsumerMs: 10_000,
  }
}

export function inThree(name: string): NewTopic {
  return { name, partitions: 3, replicationFactor: 3, configs: { 'min.insync.replicas': '2' } }
}

function part(topic: string, workload: Workload, profile: Profile): TrialPart {
  return {
    workload,
    topics: [inThree(topic)],
    acknowledgedMin: acknowledgedFloor,
    config: transactionalConfig(profile, acknowledgedFloor),
  }
}

export function transactionalConfig({ recoveryMs, name: profile }: Profile, acknowledged: number): TrialPart['config'] {
  return {
    acks: -1,
    idempotence: true,
    isolation: 'read_committed',
    transactional: true,
    transactionTimeoutMs,
    minInSyncReplicas: 2,
    replicationFactor: 3,
    uncleanLeaderElection: false,
    recoveryMs,
    profile,
    floors: { acknowledged },
  }
}
