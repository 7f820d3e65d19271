/**
 * Disks that can lose what was not synced: a file each, as a loop device with ext4, that the engine mounts as a volume of its
 * broker and a container of ours (the keeper) cuts off without flushing anything. Page cache and journal of that disk are then
 * gone, as after a power failure; every other disk of the machine goes on. Nothing of this machine's own disks is touched.
 */
import { randomUUID } from 'node:crypto'
import { exitCodes, UserError } from '../exit-codes.ts'
import type { Docker } from './docker.ts'
import { calmTestcontainers, startHelper } from './helper-container.ts'
import { HelperProcess } from './helper-process.ts'
import { dataDirectory, disksDirectory, type LostBytes } from './helper/messages.ts'
import { helperImage } from './images.ts'
import { labelsOf, removeCluster } from './leftovers.ts'
import { oneSentence } from './trouble.ts'

export interface DiskKeeperOptions {
  readonly docker: Docker
  readonly image: string
  readonly cluster: string
  readonly labels: Readonly<Record<string, string>>
  readonly onGone: (why: string) => void
}

export class DiskKeeper {
  readonly #options: DiskKeeperOptions
  readonly #process: HelperProcess

  private constructor(options: DiskKeeperOptions, process: HelperProcess) {
    this.#options = options
    this.#process = process
  }

  static async open(options: DiskKeeperOptions): Promise<DiskKeeper> {
    const { docker, image, cluster, labels, onGone } = options
    const Name = `${cluster}-disks`
    await docker.createVolume({ Name, Labels: { ...labels } })
    const containerId = await startHelper({ image, labels, network: 'none', keepsDisks: true, mounts: [[Name, disksDirectory]] })
    const process = await HelperProcess.start({ docker, containerId, role: 'disks', onArrived: () => undefined, onGone })
    return new DiskKeeper(options, process)
  }

  /** The name of a volume on a new disk. */
  async make(disk: number, sizeMiB: number): Promise<string> {
    const { docker, cluster, labels } = this.#options
    const device = await this.#process.ask<string>({ do: 'make-disk', disk, sizeMiB })
    const Name = `${cluster}-data-${disk}`
    await docker.createVolume({ Name, Labels: { ...labels }, Driver: 'local', DriverOpts: { type: 'ext4', device } })
    return Name
  }

  /** What was written long ago is on every disk. */
  async sync(disk: number): Promise<void> {
    await this.#process.ask({ do: 'sync-disk', disk })
  }

  /** Whoever writes should be frozen. From now on nothing reaches the disk any more. */
  async cut(disk: number): Promise<void> {
    await this.#process.ask({ do: 'cut-power', disk })
  }

  /** When nobody uses the volume any more: what came back, against what was there. */
  lost(disk: number): Promise<readonly LostBytes[]> {
    return this.#process.ask({ do: 'count-lost', disk })
  }

  async close(): Promise<void> {
    await this.#process.ask({ do: 'release-disks' }).catch(() => undefined)
    this.#process.end()
  }
}

let nextTry = 1

/** Undefined when a disk of ours has been seen to lose its unsynced bytes, and only those; otherwise why not, in words. */
export async function whyNoPowerLoss(docker: Docker): Promise<string | undefined> {
  await calmTestcontainers(docker)
  const cluster = `tribunal-${process.pid}-power-${nextTry++}`
  const labels = labelsOf(cluster)
  try {
    const image = await helperImage(docker)
    const keeper = await DiskKeeper.open({ docker, image, cluster, labels, onGone: () => undefined })
    try {
      const lost = await loseSome(docker, keeper, { image, labels })
      const onlyUnsynced = lost.length > 0 && lost.every(({ file }) => file.startsWith('unsynced'))
      return onlyUnsynced ? undefined : 'a disk that was cut off here kept or lost the wrong bytes'
    } finally {
      await keeper.close()
    }
  } catch (error) {
    return `no loop device can be used as a disk here: ${oneSentence(error as Error)}`
  } finally {
    await removeCluster(docker, cluster)
  }
}

const trialSizeMiB = 16

async function loseSome(
  docker: Docker,
  keeper: DiskKeeper,
  { image, labels }: { readonly image: string; readonly labels: Readonly<Record<string, string>> },
): Promise<readonly LostBytes[]> {
  const volume = await keeper.make(1, trialSizeMiB)
  const write = `echo ${randomUUID()} > ${dataDirectory}/synced && sync && echo ${randomUUID()} > ${dataDirectory}/unsynced && exec sleep infinity`
  const container = await docker.createContainer({
    Image: image,
    Cmd: ['sh', '-c', write],
    Labels: { ...labels },
    HostConfig: { Binds: [`${volume}:${dataDirectory}`], NetworkMode: 'none' },
  })
  await container.start()
  await written(container)
  await keeper.cut(1)
  await container.kill()
  await container.wait()
  return keeper.lost(1)
}

/** Until the last of its files is there. */
async function written(container: Docker.Container): Promise<void> {
  for (let left = 50; left > 0; left--) {
    const found = await container.infoArchive({ path: `${dataDirectory}/unsynced` }).catch(() => undefined)
    // An answer that nobody reads keeps its connection, and with it this process.
    found?.resume()
    if (found !== undefined) return
    await new Promise((done) => setTimeout(done, 20))
  }
  throw new UserError('nothing was written to it', exitCodes.unknown)
}
