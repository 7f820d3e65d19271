/** The brokers' own topics: listed as internal, and written by brokers only. */
export const offsetsTopic = '__consumer_offsets'
export const transactionsTopic = '__transaction_state'

const internalTopics: ReadonlySet<string> = new Set([offsetsTopic, transactionsTopic, '__share_group_state'])

export function isInternalTopic(name: string): boolean {
  return internalTopics.has(name)
}
