/**
 * OffsetDelete v0: forgets offsets of a group for topics nobody in it reads (KIP-496): GROUP_SUBSCRIBED_TO_TOPIC otherwise, and
 * NON_EMPTY_GROUP for a group with members of which that cannot be told.
 */
import { apis } from '../../../protocol/apis.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { deleteOffsets } from '../groups/offset-commits.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'

export function offsetDeleteHandler(node: BrokerNode): Handler {
  return handler(apis.OffsetDelete, (_context, request, respond) => {
    const { groupId, topics } = request
    const refuse = (error: ErrorName): void => respond({ errorCode: errorCode[error], topics: [] })
    if (groupId === '') return refuse('INVALID_GROUP_ID')
    const asked = topics.flatMap(({ name, partitions }) => partitions.map(({ partitionIndex }) => ({ topic: name, partition: partitionIndex })))
    const exists = ({ topic, partition }: { readonly topic: string; readonly partition: number }): boolean =>
      node.image.topicsByName.get(topic)?.partitions[partition] !== undefined
    const error = node.groups.inShard(groupId, (shard) => {
      const { top, errors } = deleteOffsets(shard, groupId, asked.filter(exists))
      if (top !== 'NONE') return shard.answer(() => refuse(top))
      return shard.answerCommitted((failure) => {
        if (failure !== 'NONE') return refuse(failure)
        const left = [...errors]
        const told = asked.map((each) => ({ ...each, error: exists(each) ? (left.shift() ?? 'NONE') : ('UNKNOWN_TOPIC_OR_PARTITION' as const) }))
        return respond({
          errorCode: errorCode.NONE,
          topics: [...Map.groupBy(told, ({ topic }) => topic)].map(([name, ofTopic]) => ({
            name,
            partitions: ofTopic.map(({ partition, error }) => ({ partitionIndex: partition, errorCode: errorCode[error] })),
          })),
        })
      })
    })
    return error === 'NONE' ? undefined : refuse(error)
  })
}
