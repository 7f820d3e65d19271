/**
 * DescribeCluster v0-2 (KIP-700): on a broker's listener the brokers, with the endpoint of that listener; on a controller's
 * the controllers (KIP-919). A client that meets the wrong kind of listener is told so.
 *
 * Version notes: v1 endpoint type; v2 fenced brokers too, when asked for (KIP-1073).
 */
import { apis } from '../../../protocol/apis.ts'
import type { DescribeClusterRequest, DescribeClusterResponseInput } from '../../../protocol/apis/60-describe-cluster.ts'
import { errorCode } from '../../../protocol/errors.ts'
import type { BrokerNode, QuorumNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'
import { allClusterOperations, operationsNotAsked } from './authorized-operations.ts'

const endpointType = { broker: 1, controller: 2 } as const
const endpointName = new Map<number, string>([[1, 'broker'], [2, 'controller']])

export function describeClusterHandler(node: BrokerNode): Handler {
  return handler(apis.DescribeCluster, ({ listener }, request, respond) => {
    const refused = refuse(request, endpointType.broker)
    if (refused !== undefined) return respond(refused)
    const brokers = [...node.image.brokers.values()].flatMap(({ id, fenced, rack }) => {
      const endpoint = fenced && !request.includeFencedBrokers ? undefined : node.endpointOf(id, listener)
      if (endpoint === undefined) return []
      return [{ brokerId: id, host: endpoint.host, port: endpoint.port, rack, isFenced: fenced }]
    })
    const live = brokers.filter(({ isFenced }) => !isFenced)
    const itself = live.find(({ brokerId }) => brokerId === node.config.nodeId)
    return respond({ ...common(node, request), controllerId: (itself ?? live[0])?.brokerId ?? -1, brokers })
  })
}

export function describeControllersHandler(node: QuorumNode): Handler {
  return handler(apis.DescribeCluster, (_context, request, respond) => {
    const refused = refuse(request, endpointType.controller)
    if (refused !== undefined) return respond(refused)
    const { raft, config } = node
    const brokers = config.quorumVoters.map(({ id, host, port }) => ({
      brokerId: id, host, port, rack: null, isFenced: false,
    }))
    return respond({ ...common(node, request), endpointType: endpointType.controller, controllerId: raft.leaderId, brokers })
  })
}

type Common = Pick<DescribeClusterResponseInput, 'errorCode' | 'clusterId' | 'clusterAuthorizedOperations'>

function common({ clusterId }: QuorumNode, request: DescribeClusterRequest): Common {
  const clusterAuthorizedOperations = request.includeClusterAuthorizedOperations ? allClusterOperations : operationsNotAsked
  return { errorCode: errorCode.NONE, clusterId, clusterAuthorizedOperations }
}

function refuse({ endpointType: asked }: DescribeClusterRequest, here: number): DescribeClusterResponseInput | undefined {
  if (asked === here) return undefined
  const name = endpointName.get(asked)
  const error = name === undefined ? errorCode.UNSUPPORTED_ENDPOINT_TYPE : errorCode.MISMATCHED_ENDPOINT_TYPE
  const errorMessage =
    name === undefined
      ? `There are no endpoints of type ${asked}.`
      : `This is a ${endpointName.get(here)!}'s listener, and ${name}s were asked for.`
  return { errorCode: error, errorMessage, clusterId: '', brokers: [] }
}
