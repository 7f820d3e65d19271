/** The brokers' own topics: listed as internal, and written by brokers only. */
const internalTopics: ReadonlySet<string> = new Set(['__consumer_offsets', '__transaction_state', '__share_group_state'])

export function isInternalTopic(name: string): boolean {
  return internalTopics.has(name)
}
