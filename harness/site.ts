/** Where the parts of a trial stand: under which names, and how often their topics are replicated. */
import type { NewTopic } from '../workloads/client/client.ts'

export interface Site {
  /** Before the names of topics and groups, where others have some too. */
  readonly prefix?: string
  readonly replicationFactor: number
  readonly minInSyncReplicas: number
}

/** A cluster of three brokers that nobody else uses. */
export const ownSite: Site = { replicationFactor: 3, minInSyncReplicas: 2 }

export function nameOn({ prefix }: Site, name: string): string {
  return prefix === undefined ? name : `${prefix}-${name}`
}

/** `name` as it is called there. */
export function topicOn({ replicationFactor, minInSyncReplicas }: Site, name: string, partitions: number): NewTopic {
  return { name, partitions, replicationFactor, configs: { 'min.insync.replicas': String(minInSyncReplicas) } }
}
