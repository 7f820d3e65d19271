import type { Loop } from '../ports/loop.ts'
import type { WorkloadClient } from '../workloads/client/client.ts'
import { clusterDefaults } from '../workloads/client/defaults.ts'
import type { Sasl } from '../workloads/client/sasl.ts'
import { WireClient } from '../workloads/client/wire-client.ts'
import type { Profile } from './profile.ts'

/** Makes clients of our own, each with connections of its own and its name as client.id. */
export function wireClients(
  loop: Loop,
  bootstrap: readonly { readonly host: string; readonly port: number }[],
  profile: Profile,
  sasl?: Sasl,
): (name: string) => WorkloadClient {
  const { requestTimeoutMs } = profile.clients
  return (clientId) => new WireClient(loop, { ...clusterDefaults, bootstrap, clientId, requestTimeoutMs, ...(sasl !== undefined && { sasl }) })
}
