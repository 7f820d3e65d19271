/**
 * WriteTxnMarkers v1-2: ends transactions on partitions this broker leads, as their coordinator decided. A marker is an
 * ordinary acks=-1 append, internal topics included, and each partition answers for itself: INVALID_PRODUCER_EPOCH and
 * TRANSACTION_COORDINATOR_FENCED tell that it comes too late, everything else that it has to be sent again. A marker for a
 * producer without an open transaction is written and changes nothing.
 *
 * What a coordinator has given up and sent again may still come, when the network lets it: by then the next transaction may be
 * open, in the same epoch under version 1, and an old marker would end it. Of a coordinator only its newest connection is heard.
 *
 * An administrator ends a hanging transaction the same way (KIP-664). v2 transaction version (KIP-1228).
 */
import type { ConnectionId } from '../../../ports/events.ts'
import { apis } from '../../../protocol/apis.ts'
import type { WriteTxnMarkersRequest, WriteTxnMarkersResponseInput } from '../../../protocol/apis/27-write-txn-markers.ts'
import { encodeEndTxnMarker } from '../../../protocol/control-records.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { toNumber } from '../../../protocol/int64.ts'
import { zeroUuid } from '../../../protocol/uuid.ts'
import { offsetsTopic } from '../metadata/internal-topics.ts'
import type { BrokerNode } from '../node.ts'
import type { Partition } from '../replication/partition.ts'
import { handler, type Handler, type RequestContext } from '../server/server.ts'
import { findLeader } from './partition-lookup.ts'

type AskedMarker = WriteTxnMarkersRequest['markers'][number]

/** One marker on one partition. */
interface Item {
  readonly marker: AskedMarker
  readonly topic: string
  readonly index: number
  /** undefined while it waits for its acknowledgement. */
  outcome: ErrorName | undefined
}

/** What coordinators call themselves, before their ids. */
export const coordinatorClient = 'coordinator-'

export function writeTxnMarkersHandler(node: BrokerNode): Handler {
  const newest = new Map<string, ConnectionId>()
  const isGivenUp = ({ clientId, connection }: RequestContext): boolean => {
    if (clientId?.startsWith(coordinatorClient) !== true) return false
    const known = newest.get(clientId) ?? connection
    newest.set(clientId, Math.max(known, connection))
    return connection < known
  }
  return handler(apis.WriteTxnMarkers, (context, { markers }, respond) => {
    if (isGivenUp(context)) return context.close('its coordinator has a newer connection')
    const items = markers.flatMap((marker) =>
      marker.topics.flatMap(({ name, partitionIndexes }) =>
        partitionIndexes.map((index): Item => ({ marker, topic: name, index, outcome: undefined })),
      ),
    )
    let open = items.length + 1
    const settle = (item: Item, outcome: ErrorName): void => {
      if (item.outcome !== undefined) return
      item.outcome = outcome
      settled()
    }
    const settled = (): void => {
      open--
      if (open > 0) return
      node.loop.cancel(timer)
      respond(answerOf(markers, items))
    }
    const timer = node.loop.after(node.config.requestTimeoutMs, () => {
      for (const item of items) settle(item, 'REQUEST_TIMED_OUT')
    })
    for (const item of items) writeMarker(node, item, (outcome) => settle(item, outcome))
    settled()
  })
}

function answerOf(markers: readonly AskedMarker[], items: readonly Item[]): WriteTxnMarkersResponseInput {
  let at = 0
  const answers = markers.map(({ producerId, topics }) => ({
    producerId,
    topics: topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => {
        return { partitionIndex, errorCode: errorCode[items[at++]!.outcome!] }
      }),
    })),
  }))
  return { markers: answers }
}

function writeMarker(node: BrokerNode, item: Item, done: (outcome: ErrorName) => void): void {
  const { marker } = item
  if (marker.producerId < 0n || marker.producerEpoch < 0) return done('UNKNOWN_SERVER_ERROR')
  const { partition, error } = findLeader(node, { topic: item.topic, topicId: zeroUuid, index: item.index }, -1)
  if (partition === undefined) return done(error)
  if (partition.image.inSyncReplicas.length < partition.minInSyncReplicas) return done('NOT_ENOUGH_REPLICAS')
  const refused = partition.log.classifyMarker(toNumber(marker.producerId), marker)
  if (refused !== 'NONE') return done(refused)
  appendMarker(node, partition, marker)
  return partition.waitForAcknowledge(partition.log.logEndOffset, done)
}

function appendMarker(node: BrokerNode, partition: Partition, marker: AskedMarker): void {
  const { coordinatorEpoch, producerEpoch } = marker
  const written = node.decisions.markerToAppend(marker.transactionResult)
  if (written === undefined) return
  const bytes = encodeEndTxnMarker({ ...written, coordinatorEpoch }, {
    producerId: toNumber(marker.producerId),
    producerEpoch,
    baseOffset: partition.log.logEndOffset,
    partitionLeaderEpoch: partition.image.leaderEpoch,
    timestamp: node.loop.ports.clock.wallNow(),
  })
  const producerId = toNumber(marker.producerId)
  partition.verifications.end(producerId)
  partition.appendAsLeader(bytes, () => undefined)
  if (partition.options.topic === offsetsTopic) {
    node.groups.endTransaction(partition.options.index, producerId, written.committed)
  }
}
