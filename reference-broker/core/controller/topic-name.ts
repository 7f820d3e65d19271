import type { ErrorName } from '../../../protocol/errors.ts'
import { metadataTopic } from '../raft/metadata-topic.ts'

const legal = /^[a-zA-Z0-9._-]{1,249}$/

/** Legal in itself: Kafka's rule for topic names. */
export function isLegalTopicName(name: string): boolean {
  return legal.test(name) && name !== '.' && name !== '..'
}

/** Why a topic of this name cannot be made, or undefined. `.` and `_` collide: metric names cannot tell them apart. */
export function topicNameError(
  name: string,
  existing: ReadonlyMap<string, unknown>,
): { readonly error: ErrorName; readonly message: string } | undefined {
  if (!isLegalTopicName(name)) {
    const message = 'A topic name has 1 to 249 characters of a-z, A-Z, 0-9, ".", "_" and "-", and is not "." or "..".'
    return { error: 'INVALID_TOPIC_EXCEPTION', message }
  }
  if (name === metadataTopic.name) {
    return { error: 'INVALID_REQUEST', message: `${name} is the cluster's own metadata.` }
  }
  if (existing.has(name)) return { error: 'TOPIC_ALREADY_EXISTS', message: `Topic ${name} exists.` }
  const folded = name.replaceAll('.', '_')
  for (const other of existing.keys()) {
    if (other.replaceAll('.', '_') === folded) {
      return { error: 'INVALID_TOPIC_EXCEPTION', message: `Topic ${name} collides with ${other}.` }
    }
  }
  return undefined
}
