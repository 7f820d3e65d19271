/** Bodies of the requests a classic member makes, at every version. */
import { apis } from '../../../protocol/apis.ts'
import type { BodyOf } from '../broker-connection.ts'
import type { GroupIdentity, GroupMemberOptions } from '../client.ts'
import { encodeSubscription, type Subscription } from './embedded-protocol.ts'

const protocolType = 'consumer'

export function joinBody(options: GroupMemberOptions, memberId: string, subscription: Subscription): BodyOf<typeof apis.JoinGroup.request> {
  const { group, sessionTimeoutMs, rebalanceTimeoutMs, instanceId = null, assignors } = options
  const protocols = assignors.map((name) => ({ name, metadata: encodeSubscription(name, subscription) }))
  return (version) => ({
    groupId: group,
    sessionTimeoutMs,
    ...(version >= 1 && { rebalanceTimeoutMs }),
    memberId,
    ...(version >= 5 && { groupInstanceId: instanceId ?? null }),
    protocolType,
    protocols,
  })
}

export interface Shared {
  readonly protocolName: string | null
  /** Empty for all but the leader. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[]
}

export function syncBody(
  { group }: GroupMemberOptions,
  { memberId, generation, instanceId }: GroupIdentity,
  { protocolName, assignments }: Shared,
): BodyOf<typeof apis.SyncGroup.request> {
  return (version) => ({
    groupId: group,
    generationId: generation,
    memberId,
    ...(version >= 3 && { groupInstanceId: instanceId ?? null }),
    ...(version >= 5 && { protocolType, protocolName }),
    assignments,
  })
}

export function heartbeatBody(group: string, { memberId, generation, instanceId }: GroupIdentity): BodyOf<typeof apis.Heartbeat.request> {
  return (version) => ({
    groupId: group,
    generationId: generation,
    memberId,
    ...(version >= 3 && { groupInstanceId: instanceId ?? null }),
  })
}

export function leaveBody(group: string, memberId: string): BodyOf<typeof apis.LeaveGroup.request> {
  return (version) => ({ groupId: group, ...(version >= 3 ? { members: [{ memberId }] } : { memberId }) })
}
