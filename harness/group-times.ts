/**
 * What the brokers of a trial have for the members of consumer groups; classic members ask for the same. On an attached cluster
 * they ask for what its brokers take by default, and members of KIP-848 have what those give by default.
 */
import type { GroupProtocol } from '../workloads/client/client.ts'
import type { GroupTimes } from '../workloads/groups/group-plan.ts'
import { jvmTimes, type Profile } from './profile.ts'

export const trialGroupTimes: GroupTimes = {
  sessionTimeoutMs: 3000,
  heartbeatIntervalMs: 300,
  rebalanceTimeoutMs: 3000,
  maxPollIntervalMs: 30_000,
  metadataMaxAgeMs: 1000,
}

const attachedTimes: GroupTimes = { ...trialGroupTimes, sessionTimeoutMs: 10_000, heartbeatIntervalMs: 1000, rebalanceTimeoutMs: 10_000, metadataMaxAgeMs: 5000 }
/** `group.consumer.session.timeout.ms` */
const attachedSessionMs = 45_000

export function groupTimesOf({ name }: Profile, protocol: GroupProtocol = 'classic'): GroupTimes {
  if (name === 'attached') return protocol === 'classic' ? attachedTimes : { ...attachedTimes, sessionTimeoutMs: attachedSessionMs }
  const factor = name === 'trial-of-jvm' ? jvmTimes : 1
  return { ...trialGroupTimes, sessionTimeoutMs: 3000 * factor, rebalanceTimeoutMs: 3000 * factor }
}
