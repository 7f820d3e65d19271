/**
 * What a simulated run went through that no client sees: counted from what the brokers log and decide, and from what the
 * observer saw. Beside a judgement without findings it says that there was something to find.
 */
import type { NewOp, Observation } from '../history/op.ts'
import type { Decisions } from '../reference-broker/core/decisions.ts'
import type { Logger } from '../reference-broker/core/logger.ts'
import { GroupSights } from './group-sights.ts'

/** By name, with the words for a reason. */
export const coverageNames = {
  truncations: 'a truncation that removed records',
  belowMinimum: 'an in-sync set below its minimum',
  answersLost: 'an answer lost after the append',
  duplicatesFound: 'a batch found to be a duplicate',
  tornTails: 'a recovery that cut a torn tail',
  snapshotsLoaded: 'a start from a snapshot of the metadata',
  snapshotsFetched: 'a snapshot of the metadata fetched from the controller',
  leaderChanges: 'a change of leader',
  controllerChanges: 'a change of controller',
  failedSends: 'a send that certainly failed',
  openSends: 'a send with an open end',
  transactions: 'a transaction',
  abortedTransactions: 'a transaction that was aborted',
  openTransactions: 'a commit with an open end',
  fencedProducers: 'a producer that was fenced',
  rebalances: 'a rebalance of a group',
  coordinatorChanges: 'a change of coordinator',
  zombieCommits: 'a commit of a member that was none any more',
  lostMemberships: 'a member that found itself thrown out',
  memberCrashes: 'a member that died',
  partitionsAdded: 'a partition added to a topic',
  diedPolled: 'a member that died with what it had polled',
  diedProcessing: 'a member that died at work',
  diedProcessed: 'a member that died between its work and the commit',
  diedCommitting: 'a member that died during a commit',
  diedCommitted: 'a member that died right after a commit',
  offsetResets: 'committed offsets set on purpose',
  offsetJumps: 'a position outside of the log',
  startlessMembers: 'a member without a place to begin',
  deadLetters: 'a dead letter that was read',
  pausedPartitions: 'a partition that was paused',
  rests: 'a group at rest, to be looked at',
} as const

export type CoverageName = keyof typeof coverageNames

/** What every set of many seeds goes through; scenarios that cannot, or go through more, say so themselves. */
export const logCoverage: readonly CoverageName[] = [
  'truncations', 'belowMinimum', 'answersLost', 'duplicatesFound', 'tornTails', 'snapshotsLoaded', 'snapshotsFetched',
  'leaderChanges', 'controllerChanges', 'failedSends', 'openSends',
]
export const transactionCoverage: readonly CoverageName[] = [
  'transactions', 'abortedTransactions', 'openTransactions', 'fencedProducers', 'coordinatorChanges', 'leaderChanges',
]
export const groupCoverage: readonly CoverageName[] = [
  'rebalances', 'coordinatorChanges', 'zombieCommits', 'lostMemberships', 'memberCrashes', 'partitionsAdded', 'leaderChanges', 'rests',
]
export const commitCoverage: readonly CoverageName[] = [
  'rebalances', 'coordinatorChanges', 'memberCrashes', 'diedPolled', 'diedProcessing', 'diedProcessed', 'diedCommitting', 'diedCommitted',
  'offsetResets', 'offsetJumps', 'startlessMembers', 'leaderChanges',
]
export const poisonCoverage: readonly CoverageName[] = ['rebalances', 'coordinatorChanges', 'memberCrashes', 'deadLetters', 'leaderChanges']
export const slownessCoverage: readonly CoverageName[] = ['rebalances', 'coordinatorChanges', 'memberCrashes', 'pausedPartitions', 'leaderChanges']
export type CoverageCounts = Record<CoverageName, number>

interface Seen {
  leader: number
  leaderEpoch: number
  isBelow: boolean
}

const fencing: ReadonlySet<string> = new Set(['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH'])

/** Whether a transaction ended because another instance of its producer had taken over. */
export function isFenced({ f, error }: NewOp): boolean {
  return f === 'txn' && error !== undefined && fencing.has(error.code)
}

export class Coverage {
  readonly counts: CoverageCounts
  readonly #minInSyncReplicas: number
  readonly #seen = new Map<unknown, Seen>()
  /** By partition of the topic that keeps transactions: the newest leaderEpoch in which somebody led. */
  readonly #coordinators = new Map<unknown, number>()
  readonly #groups: GroupSights
  #controllers = 0

  constructor(minInSyncReplicas: number) {
    this.#minInSyncReplicas = minInSyncReplicas
    this.counts = Object.fromEntries(Object.keys(coverageNames).map((name) => [name, 0])) as CoverageCounts
    this.#groups = new GroupSights(this.counts)
  }

  /** The same decisions, counted. */
  counted(decisions: Decisions): Decisions {
    return {
      ...decisions,
      classifyBatch: (entry, batch) => {
        const found = decisions.classifyBatch(entry, batch)
        if (found.kind === 'duplicate') this.counts.duplicatesFound++
        return found
      },
    }
  }

  readonly logger: Logger = (_level, message, fields) => {
    if (message === 'log truncated' && (fields?.['from'] as number) > (fields?.['to'] as number)) this.counts.truncations++
    else if (message === 'log tail cut on recovery') this.counts.tornTails++
    else if (message === 'metadata snapshot loaded') this.counts[fields?.['from'] === 'leader' ? 'snapshotsFetched' : 'snapshotsLoaded']++
    else if (message === 'answer lost' && fields?.['api'] === 'Produce') this.counts.answersLost++
    else if (message === 'active controller' && ++this.#controllers > 1) this.counts.controllerChanges++
    else if (message === 'transaction coordinator') this.#coordinates(fields?.['partition'], fields?.['leaderEpoch'] as number)
  }

  #coordinates(partition: unknown, leaderEpoch: number): void {
    const before = this.#coordinators.get(partition)
    if (before !== undefined && leaderEpoch <= before) return
    if (before !== undefined) this.counts.coordinatorChanges++
    this.#coordinators.set(partition, leaderEpoch)
  }

  see(op: NewOp): void {
    const { process, f, type, value } = op
    this.#groups.see(op)
    if (f === 'txn') this.#transacted(type)
    if (isFenced(op)) this.counts.fencedProducers++
    if (f === 'send' && type === 'fail') this.counts.failedSends++
    if (f === 'send' && type === 'info') this.counts.openSends++
    if (process === 'observer' && f === 'observe') for (const told of value as readonly Observation[]) this.#observed(told)
  }

  #transacted(type: NewOp['type']): void {
    if (type === 'invoke') this.counts.transactions++
    if (type === 'fail') this.counts.abortedTransactions++
    if (type === 'info') this.counts.openTransactions++
  }

  #observed({ key, leader, leaderEpoch, inSyncReplicas }: Observation): void {
    const isBelow = inSyncReplicas.length < this.#minInSyncReplicas
    const before = this.#seen.get(key)
    if (before === undefined) {
      this.#seen.set(key, { leader, leaderEpoch, isBelow })
      return
    }
    if (leaderEpoch < before.leaderEpoch) return
    if (isBelow && !before.isBelow) this.counts.belowMinimum++
    before.isBelow = isBelow
    if (leader < 0) return
    if (leaderEpoch > before.leaderEpoch && leader !== before.leader) this.counts.leaderChanges++
    before.leader = leader
    before.leaderEpoch = leaderEpoch
  }
}

/** So many seeds must between them have gone through everything. */
const enoughSeeds = 200

/** Given in how many seeds each happened: one sentence for all of `names` that never did, once there were seeds enough. */
export function uncovered(
  covered: Readonly<Record<CoverageName, number>>,
  seeds: number,
  names: readonly CoverageName[] = logCoverage,
): string[] {
  if (seeds < enoughSeeds) return []
  const never = names.filter((name) => covered[name] === 0)
  return never.map((name) => `too little was tested: not one of ${seeds} seeds had ${coverageNames[name]}`)
}
