/**
 * A broker of the user's is left as it was met: running, let go on, in its networks, with its limits. By who tried it, or, when
 * that process is made to end at once, by one of its own:
 *   node put-back.ts JSON
 */
import { spawn } from 'node:child_process'
import type { Docker } from '../containers/docker.ts'

/** What is to be put back; plain data. */
export interface Before {
  readonly containerId: string
  readonly networks: readonly { readonly name: string; readonly endpoint: Docker.EndpointSettings }[]
  readonly limits: { readonly [limit: string]: number }
}

const limitNames = ['NanoCpus', 'CpuPeriod', 'CpuQuota', 'Memory', 'MemorySwap'] as const
const noLimitBytes = 2 ** 50

export function beforeOf({ Id, NetworkSettings, HostConfig }: Docker.ContainerInspectInfo): Before {
  const networks = Object.entries(NetworkSettings.Networks).map(([name, network]) => ({ name, endpoint: endpointOf(network) }))
  const limits = Object.fromEntries(limitNames.flatMap((name) => (HostConfig[name] === undefined ? [] : [[name, HostConfig[name]]])))
  return { containerId: Id, networks, limits }
}

/** Its names there, and its address where the user had asked for one. */
function endpointOf({ Aliases, Links, IPAMConfig }: Docker.NetworkInfo & { readonly Links?: unknown; readonly IPAMConfig?: unknown }): Docker.EndpointSettings {
  return { Aliases, Links, ...(IPAMConfig !== null && { IPAMConfig }) } as Docker.EndpointSettings
}

export async function putBack(docker: Docker, { containerId, networks, limits }: Before): Promise<void> {
  const container = docker.getContainer(containerId)
  const { State, NetworkSettings } = await container.inspect()
  if (State.Paused) await container.unpause()
  for (const { name, endpoint } of networks) {
    if (NetworkSettings.Networks[name] === undefined) await docker.getNetwork(name).connect({ Container: containerId, EndpointConfig: endpoint })
  }
  await container.update(asOrders(limits))
  if (!State.Running) await container.start()
}

/** Zero is no limit, and no order that the engine takes. */
export function asOrders({ NanoCpus = 0, CpuPeriod = 0, CpuQuota = 0, Memory = 0, MemorySwap = 0 }: Before['limits']): object {
  const processor = NanoCpus > 0 ? { NanoCpus } : { CpuPeriod: CpuPeriod === 0 ? 100_000 : CpuPeriod, CpuQuota: CpuQuota === 0 ? -1 : CpuQuota }
  return { ...processor, Memory: Memory === 0 ? noLimitBytes : Memory, MemorySwap: MemorySwap === 0 ? noLimitBytes : MemorySwap }
}

/** Runs when this process ends before it is called off, which is what the answer does. */
export function putBackAtExit(brokers: readonly Before[]): () => void {
  const put = (): void => {
    spawn(process.execPath, [import.meta.filename, JSON.stringify(brokers)], { detached: true, stdio: 'ignore' }).unref()
  }
  process.once('exit', put)
  return () => void process.off('exit', put)
}

if (import.meta.main) {
  const { openDocker } = await import('../containers/docker.ts')
  const docker = await openDocker()
  for (const before of JSON.parse(process.argv[2]!) as readonly Before[]) await putBack(docker, before)
}
