/** A JoinGroup request as the group takes it, and the member it makes. */
import { noBytes, type ClassicMember, type JoinAnswer, type NamedProtocol } from './classic-group.ts'

export interface JoinRequest {
  readonly groupId: string
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly protocolType: string
  readonly protocols: readonly NamedProtocol[]
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly clientId: string
  readonly clientHost: string
  /** KIP-394: a new dynamic member is first given an id to come back with. */
  readonly requiresKnownMemberId: boolean
  /** KIP-814: a leader that comes back can be told to leave the assignment alone. */
  readonly supportsSkippingAssignment: boolean
}

export type GiveJoin = (answer: JoinAnswer) => void

/** A join with the one that waits for its answer. */
export interface Joining {
  readonly request: JoinRequest
  readonly give: GiveJoin
}

export function newMember(memberId: string, { request, give }: Joining): ClassicMember {
  return {
    memberId,
    groupInstanceId: request.groupInstanceId,
    clientId: request.clientId,
    clientHost: request.clientHost,
    sessionTimeoutMs: request.sessionTimeoutMs,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    protocols: request.protocols,
    assignment: noBytes,
    awaitingJoin: give,
    awaitingSync: undefined,
    isNew: true,
    session: undefined,
  }
}
