/**
 * Whatever a cluster makes carries its label and is removed by it: at its end; by a process of its own when the harness is
 * made to end at once; and by the next cluster when the harness was killed.
 */
import { spawn } from 'node:child_process'
import { hostname } from 'node:os'
import type { Docker } from './docker.ts'

const clusterLabel = 'tribunal.cluster'
const ownerLabel = 'tribunal.owner'

export function labelsOf(cluster: string): Record<string, string> {
  return { [clusterLabel]: cluster, [ownerLabel]: `${hostname()}/${process.pid}` }
}

/** Everything with the label, containers first: the rest is only free then. */
export async function removeCluster(docker: Docker, cluster: string): Promise<void> {
  const filters = { label: [`${clusterLabel}=${cluster}`] }
  const containers = await docker.listContainers({ all: true, filters })
  await Promise.all(containers.map(({ Id }) => gone(docker.getContainer(Id).remove({ force: true, v: true }))))
  const { Volumes } = await docker.listVolumes({ filters })
  await Promise.all((Volumes ?? []).map(({ Name }) => gone(docker.getVolume(Name).remove())))
  const networks = await docker.listNetworks({ filters })
  await Promise.all(networks.map(({ Id }) => gone(docker.getNetwork(Id).remove())))
}

/** Somebody else may be removing it, too. */
async function gone(removal: Promise<unknown>): Promise<void> {
  try {
    await removal
  } catch (error) {
    const { statusCode } = error as { readonly statusCode?: number }
    if (statusCode !== 404 && statusCode !== 409) throw error
  }
}

/** Clusters of harnesses of this machine that are no more. */
export async function removeLeftovers(docker: Docker): Promise<void> {
  const filters = { label: [clusterLabel] }
  const containers = await docker.listContainers({ all: true, filters })
  const { Volumes } = await docker.listVolumes({ filters })
  const networks = await docker.listNetworks({ filters })
  const labels = [...containers, ...(Volumes ?? []), ...networks].map(({ Labels }) => Labels ?? {})
  const orphans = labels.filter((each) => !ownerLives(each[ownerLabel] ?? ''))
  for (const cluster of new Set(orphans.map((each) => each[clusterLabel]!))) await removeCluster(docker, cluster)
}

/** Who is on another machine is not ours to judge. */
function ownerLives(owner: string): boolean {
  const [host, pid] = owner.split('/')
  if (host !== hostname()) return true
  try {
    process.kill(Number(pid), 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Runs when this process ends with the cluster still up. Returns how to call it off. */
export function removeAtExit(cluster: string): () => void {
  const remove = (): void => {
    spawn(process.execPath, [import.meta.filename, cluster], { detached: true, stdio: 'ignore' }).unref()
  }
  process.once('exit', remove)
  return () => void process.off('exit', remove)
}

if (import.meta.main) {
  const { openDocker } = await import('./docker.ts')
  await removeCluster(await openDocker(), process.argv[2]!)
}
