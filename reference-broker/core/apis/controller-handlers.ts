/**
 * What brokers ask of the active controller: BrokerRegistration (62), BrokerHeartbeat (63), AlterPartition (56),
 * AllocateProducerIds (67). Anybody else answers NOT_CONTROLLER; answers come when the change is committed.
 */
import { apis } from '../../../protocol/apis.ts'
import type { AlterPartitionResponseInput } from '../../../protocol/apis/56-alter-partition.ts'
import { errorCode } from '../../../protocol/errors.ts'
import { toBigInt, toNumber } from '../../../protocol/int64.ts'
import { heartbeat, registerBroker } from '../controller/brokers.ts'
import { alterPartition, type AlteredPartition } from '../controller/in-sync.ts'
import { allocateProducerIds } from '../controller/topics.ts'
import type { QuorumNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'

export function controllerHandlers(node: QuorumNode): Handler[] {
  return [
    handler(apis.BrokerRegistration, (_context, request, respond) => {
      const controller = node.controller()
      if (controller === undefined) return respond({ errorCode: errorCode.NOT_CONTROLLER })
      return registerBroker(controller, request, ({ error, brokerEpoch }) => {
        respond({ errorCode: errorCode[error], brokerEpoch: toBigInt(brokerEpoch) })
      })
    }),
    handler(apis.BrokerHeartbeat, (_context, request, respond) => {
      const controller = node.controller()
      if (controller === undefined) return respond({ errorCode: errorCode.NOT_CONTROLLER, shouldShutDown: false })
      return heartbeat(controller, request, ({ error, ...answer }) => respond({ errorCode: errorCode[error], ...answer }))
    }),
    handler(apis.AlterPartition, (_context, request, respond) => {
      const controller = node.controller()
      if (controller === undefined) return respond({ errorCode: errorCode.NOT_CONTROLLER, topics: [] })
      return alterPartition(controller, request, ({ error, partitions }) => {
        respond({ errorCode: errorCode[error], topics: partitions.map(answerOf) })
      })
    }),
    allocateProducerIdsHandler(node),
  ]
}

function answerOf({ topicId, index, error, partition }: AlteredPartition): AlterPartitionResponseInput['topics'][number] {
  return {
    topicId,
    partitions: [{
      partitionIndex: index,
      errorCode: errorCode[error],
      leaderId: partition?.leader ?? -1,
      leaderEpoch: partition?.leaderEpoch ?? -1,
      isr: partition?.inSyncReplicas ?? [],
      partitionEpoch: partition?.partitionEpoch ?? -1,
    }],
  }
}

function allocateProducerIdsHandler(node: QuorumNode): Handler {
  return handler(apis.AllocateProducerIds, (_context, request, respond) => {
    const controller = node.controller()
    const refuse = (code: number): void => respond({ errorCode: code, producerIdStart: -1n, producerIdLen: 0 })
    if (controller === undefined) return refuse(errorCode.NOT_CONTROLLER)
    const broker = controller.image.brokers.get(request.brokerId)
    if (broker?.epoch !== toNumber(request.brokerEpoch)) return refuse(errorCode.STALE_BROKER_EPOCH)
    return allocateProducerIds(controller, (block) => {
      if (block === undefined) return refuse(errorCode.NOT_CONTROLLER)
      return respond({ errorCode: errorCode.NONE, producerIdStart: toBigInt(block.start), producerIdLen: block.length })
    })
  })
}
