/** What the brokers of a trial have for the members of consumer groups; classic members ask for the same. */
import type { GroupTimes } from '../workloads/groups/group-plan.ts'
import { jvmTimes, type Profile } from './profile.ts'

export const trialGroupTimes: GroupTimes = {
  sessionTimeoutMs: 3000,
  heartbeatIntervalMs: 300,
  rebalanceTimeoutMs: 3000,
  maxPollIntervalMs: 30_000,
  metadataMaxAgeMs: 1000,
}

/** Of brokers that are JVMs too. */
export function groupTimesOf({ name }: Profile): GroupTimes {
  const factor = name === 'trial-of-jvm' ? jvmTimes : 1
  return { ...trialGroupTimes, sessionTimeoutMs: 3000 * factor, rebalanceTimeoutMs: 3000 * factor }
}
