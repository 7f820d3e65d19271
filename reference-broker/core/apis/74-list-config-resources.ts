/**
 * ListConfigResources v0-1 (KIP-714, KIP-1142): what has settings of its own, by type: topics (2), brokers (4), their
 * loggers (8); there are no client metrics (16) and no groups (32). v0 asks for client metrics only.
 */
import { apis } from '../../../protocol/apis.ts'
import { errorCode } from '../../../protocol/errors.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'

export function listConfigResourcesHandler(node: BrokerNode): Handler {
  return handler(apis.ListConfigResources, ({ apiVersion, listener }, request, respond) => {
    const { image } = node
    const live = [...image.brokers.values()].filter(({ fenced }) => !fenced)
    const brokers = live.filter(({ id }) => node.endpointOf(id, listener) !== undefined).map(({ id }) => String(id))
    const names = new Map<number, readonly string[]>([
      [2, [...image.topicsByName.keys()]],
      [4, brokers],
      [8, brokers],
      [16, []],
      [32, []],
    ])
    const wanted = apiVersion === 0 ? [16] : request.resourceTypes
    const types = wanted.length === 0 ? [...names.keys()] : [...new Set(wanted)]
    if (types.some((type) => !names.has(type))) {
      return respond({ errorCode: errorCode.UNSUPPORTED_VERSION, configResources: [] })
    }
    const configResources = types.flatMap((resourceType) =>
      names.get(resourceType)!.map((resourceName) => ({ resourceName, resourceType })),
    )
    return respond({ errorCode: errorCode.NONE, configResources })
  })
}
