/**
 * Transactions as a further part of a process scenario: producers of single and shared transactional ids on a topic of three
 * partitions, under whatever the scenario breaks.
 */
import { transactionalDefaults } from '../workloads/client/defaults.ts'
import { transactions } from '../workloads/transactions/transactions.ts'
import type { Profile } from './profile.ts'
import type { TrialPart } from './trial-part.ts'

const acknowledgedFloor = 300
const transactionTimeoutMs = 5000

export function transactionPart({ clients, recoveryMs, name: profile }: Profile): TrialPart {
  const { deliveryTimeoutMs } = clients
  return {
    workload: transactions({
      seats: 4,
      sharingSeats: 2,
      freshIdChance: 0.1,
      thinkMs: 40,
      abortChance: 0.2,
      crashChance: 0.01,
      hauntChance: 0.01,
      steps: { min: 1, max: 5 },
      pollShare: 0.2,
      recordKeysPerPartition: 8,
      valueSizeBytes: { min: 20, max: 200 },
      producer: { ...transactionalDefaults, deliveryTimeoutMs, maxBlockMs: deliveryTimeoutMs, transactionTimeoutMs },
      readers: { read_committed: 1, read_uncommitted: 1 },
      maxRecordsPerPoll: 500,
      replaceConsumerMs: 10_000,
    }),
    topics: [{ name: 'ledger', partitions: 3, replicationFactor: 3, configs: { 'min.insync.replicas': '2' } }],
    acknowledgedMin: acknowledgedFloor,
    config: {
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
      floors: { acknowledged: acknowledgedFloor },
    },
  }
}
