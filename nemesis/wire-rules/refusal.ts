/** An answer the proxy gives itself: the request is told an error, and never arrives. */
import { apis, type AnyApi } from '../../protocol/apis.ts'
import { decodeRequestBody, decodeRequestHeader, encodeResponse } from '../../protocol/frames.ts'
import type { Asked } from './matching.ts'

interface Named {
  readonly name: string
  readonly partitions: readonly number[]
}

/** The frame of the answer. Throws for an API whose answers we cannot make up: a scenario that asks for it is wrong. */
export function refusal({ api, version, correlationId, frame }: Asked, errorCode: number): Uint8Array {
  if (api === undefined) throw new Error('an API that is not known cannot be answered')
  return encodeResponse(api as AnyApi, version, correlationId, bodyOf(api, { version, frame }, errorCode) as never)
}

function bodyOf(api: AnyApi, { version, frame }: { readonly version: number; readonly frame: Uint8Array }, errorCode: number): unknown {
  const start = decodeRequestHeader(frame).bodyStart
  switch (api.key) {
    case apis.EndTxn.key:
    case apis.AddOffsetsToTxn.key:
      return { errorCode }
    case apis.InitProducerId.key:
      return { errorCode, producerEpoch: -1 }
    case apis.ConsumerGroupHeartbeat.key:
      return { errorCode, memberEpoch: 0, heartbeatIntervalMs: 0 }
    case apis.Produce.key: {
      const { topicData } = decodeRequestBody(apis.Produce, version, frame, start)
      const refused = (index: number): unknown => ({ index, errorCode, baseOffset: -1n })
      return {
        responses: topicData.map(({ partitionData, ...topic }) => ({ ...topic, partitionResponses: partitionData.map(({ index }) => refused(index)) })),
      }
    }
    case apis.TxnOffsetCommit.key: {
      const { topics } = decodeRequestBody(apis.TxnOffsetCommit, version, frame, start)
      return { topics: offsetsRefused(topics, errorCode) }
    }
    case apis.OffsetCommit.key: {
      const { topics } = decodeRequestBody(apis.OffsetCommit, version, frame, start)
      return { topics: offsetsRefused(topics, errorCode) }
    }
    case apis.AddPartitionsToTxn.key: {
      const { v3AndBelowTopics } = decodeRequestBody(apis.AddPartitionsToTxn, version, frame, start)
      const refused = (topics: readonly Named[]): unknown => topics.map(({ name, partitions }) =>
        ({ name, resultsByPartition: partitions.map((partitionIndex) => ({ partitionIndex, partitionErrorCode: errorCode })) }))
      return { resultsByTopicV3AndBelow: refused(v3AndBelowTopics) }
    }
    default:
      throw new Error(`${api.name} cannot be answered by the proxy`)
  }
}

function offsetsRefused(topics: readonly { readonly partitions: readonly { readonly partitionIndex: number }[] }[], errorCode: number): unknown {
  return topics.map(({ partitions, ...topic }) => ({ ...topic, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) }))
}
