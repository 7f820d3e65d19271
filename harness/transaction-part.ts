/**
 * Transactions as further parts of a scenario on real brokers: producers of single and shared transactional ids on a topic of
 * three partitions, and transfers between the accounts of a bank, under whatever the scenario breaks.
 */
import { bank } from '../workloads/bank/bank.ts'
import { transactionalDefaults } from '../workloads/client/defaults.ts'
import type { TransactingOptions } from '../workloads/transactions/transactions-options.ts'
import { transactions } from '../workloads/transactions/transactions.ts'
import type { Workload } from '../workloads/workload.ts'
import type { Profile } from './profile.ts'
import { nameOn, topicOn, type Site } from './site.ts'
import type { TrialPart } from './trial-part.ts'

const acknowledgedFloor = 300
const partitions = 3
export const transactionTimeoutMs = 5000

export function transactionPart(profile: Profile, site: Site): TrialPart {
  const options = {
    ...transacting(profile),
    steps: { min: 1, max: 5 },
    pollShare: 0.2,
    recordKeysPerPartition: 8,
    valueSizeBytes: { min: 20, max: 200 },
  }
  return part('ledger', transactions(options), { profile, site })
}

export function bankPart(profile: Profile, site: Site): TrialPart {
  return part('accounts', bank({ ...transacting(profile), amountMax: 100 }), { profile, site })
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

interface Where {
  readonly profile: Profile
  readonly site: Site
}

function part(topic: string, workload: Workload, where: Where): TrialPart {
  return {
    workload,
    topics: [topicOn(where.site, nameOn(where.site, topic), partitions)],
    acknowledgedMin: acknowledgedFloor,
    config: transactionalConfig(where, acknowledgedFloor),
  }
}

export function transactionalConfig({ profile: { recoveryMs, name }, site }: Where, acknowledged: number): TrialPart['config'] {
  return {
    acks: -1,
    idempotence: true,
    isolation: 'read_committed',
    transactional: true,
    transactionTimeoutMs,
    minInSyncReplicas: site.minInSyncReplicas,
    replicationFactor: site.replicationFactor,
    uncleanLeaderElection: false,
    recoveryMs,
    profile: name,
    floors: { acknowledged },
  }
}
