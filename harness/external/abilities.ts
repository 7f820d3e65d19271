/** What can be tried on a cluster that is not ours, and what can not: each by name, with the reason. */
import { checkers } from '../../checkers/registry.ts'
import { canCut } from '../../nemesis/control.ts'
import { cutClients } from '../../nemesis/cut-clients.ts'
import { faults } from '../../nemesis/registry.ts'
import { UserError, exitCodes } from '../exit-codes.ts'
import type { Attached } from './attach.ts'

/** Faults and checks that are off together, for one reason. */
export interface Off {
  readonly names: readonly string[]
  readonly why: string
}

/** Without these there is nothing to try. */
const needed: readonly string[] = ['Produce', 'Fetch', 'ListOffsets', 'Metadata', 'CreateTopics', 'DeleteTopics']

/** Checks of these promises, and of nothing else. */
function checksOf(area: string): readonly string[] {
  const only = checkers.filter(({ guarantees }) => guarantees.length > 0 && guarantees.every((id) => id.startsWith(`${area}-`)))
  return only.map(({ name }) => name)
}

const groupApis: readonly string[] = ['FindCoordinator', 'JoinGroup', 'SyncGroup', 'Heartbeat', 'LeaveGroup', 'OffsetCommit', 'OffsetFetch', 'DescribeGroups', 'DeleteGroups']
const consumerGroupApis: readonly string[] = ['ConsumerGroupHeartbeat', 'ConsumerGroupDescribe']
const transactionApis: readonly string[] = ['FindCoordinator', 'InitProducerId', 'AddPartitionsToTxn', 'AddOffsetsToTxn', 'TxnOffsetCommit', 'EndTxn']

/** Which workloads beside the plain one a cluster can serve. */
export function servedWorkloads({ versions, uncoordinated }: Pick<Attached, 'versions' | 'uncoordinated'>): {
  readonly groups: boolean
  readonly consumerGroups: boolean
  readonly transactions: boolean
} {
  const serves = (names: readonly string[]): boolean => names.every((name) => versions[name] !== undefined)
  return {
    groups: serves(groupApis) && uncoordinated.groups === undefined,
    consumerGroups: serves(consumerGroupApis),
    transactions: serves(transactionApis) && uncoordinated.transactions === undefined,
  }
}

/** Throws a UserError when the cluster does not serve what every workload needs. */
export function checkServed({ versions }: Attached): void {
  const missing = needed.filter((name) => versions[name] === undefined)
  if (missing.length === 0) return
  throw new UserError(`The cluster does not serve ${missing.join(', ')} in a version that we speak, so nothing can be tried.`, exitCodes.unknown)
}

/** `client`: who sends. */
export function whatIsOff(attached: Attached, client: string): readonly Off[] {
  const { versions, brokers, quorumError, uncoordinated } = attached
  const served = servedWorkloads(attached)
  const links = Object.values(faults).filter((fault) => fault.isAvailable === canCut && fault !== cutClients)
  const others = Object.values(faults).filter((fault) => fault !== cutClients && !links.includes(fault))
  const off: Off[] = [
    { names: others.map(({ name }) => name), why: 'processes, disks and clocks of an attached cluster are not in our hands' },
    { names: links.map(({ name }) => name), why: 'what attached brokers say to each other does not pass our proxy' },
  ]
  if (client !== 'wire') {
    off.push({ names: [cutClients.name], why: `${client} dials the brokers itself, past our proxy` })
    off.push({ names: [...checksOf('GRP'), ...checksOf('TXN')], why: `${client} only sends plain records` })
  }
  if (versions['InitProducerId'] === undefined) off.push({ names: ['idempotent producers'], why: 'InitProducerId is not served' })
  const why = (apis: readonly string[], error: string | undefined): string =>
    error === undefined ? `${apis.filter((name) => versions[name] === undefined).join(', ')} not served` : `FindCoordinator is answered with ${error}`
  if (client === 'wire' && !served.groups) off.push({ names: checksOf('GRP'), why: `no consumer groups: ${why(groupApis, uncoordinated.groups)}` })
  else if (client === 'wire' && !served.consumerGroups) off.push({ names: ['groups of the KIP-848 protocol'], why: why(consumerGroupApis, undefined) })
  if (client === 'wire' && !served.transactions) off.push({ names: checksOf('TXN'), why: `no transactions: ${why(transactionApis, uncoordinated.transactions)}` })
  if (versions['DescribeQuorum'] === undefined) off.push({ names: ['changes of the controller'], why: 'DescribeQuorum is not served' })
  if (quorumError !== undefined) off.push({ names: ['changes of the controller'], why: `DescribeQuorum is answered with ${quorumError}` })
  if (versions['OffsetForLeaderEpoch'] === undefined) {
    off.push({ names: ['truncation seen by consumers'], why: 'OffsetForLeaderEpoch is not served' })
  }
  if (brokers.length === 1) off.push({ names: ['replication', 'leader changes'], why: 'the cluster has one broker' })
  return off
}

/** What a person should know before it begins. */
export function offLines(off: readonly Off[]): string {
  return off.map(({ names, why }) => `off: ${names.join(', ')} (${why})\n`).join('')
}
