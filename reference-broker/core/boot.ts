/**
 * What a node reads before it is anything: whose directory this is, whether the last stop was clean, what it voted. A
 * directory without a name is taken into use (Storage formats itself on first start); another node's is refused.
 */
import { crc32c } from '../../protocol/crc32c.ts'
import { readUuid } from '../../protocol/uuid.ts'
import type { FileEntry } from '../../ports/events.ts'
import type { DiskLoop } from '../../ports/loop.ts'
import type { BrokerConfig } from './config/broker-config.ts'
import { retractFile } from './log/disk-steps.ts'
import { firstQuorumState, parseQuorumState, quorumStateFile, type QuorumState } from './raft/quorum-state.ts'

export const metaPropertiesFile = 'meta.properties'
export const cleanShutdownFile = 'clean-shutdown'
/** Which epoch this broker last had, and in which life of the machine. */
export const brokerEpochFile = 'broker-epoch'
const dataVersion = '1'
const smallFileBytes = 64 * 1024

export interface Booted {
  /** All files there were when the node started. */
  readonly files: readonly FileEntry[]
  readonly quorumState: QuorumState
  readonly cleanShutdown: boolean
  /**
   * The epoch of this broker's last life if everything written in it is still here: after a clean stop, or a mere crash
   * of the process. -1 otherwise: the power may have been lost, and what was not synced with it (KIP-966).
   */
  readonly previousBrokerEpoch: number
}

export type BootResult = { readonly ok: true; readonly booted: Booted } | { readonly ok: false; readonly reason: string }

/** The same for all nodes of a cluster, because all are told the same voters. */
export function clusterIdOf(config: BrokerConfig): string {
  const voters = config.quorumVoters.map(({ id, host, port }) => `${id}@${host}:${port}`).sort().join(',')
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < 4; i++) {
    const text = new TextEncoder().encode(`${i} ${voters}`)
    view.setUint32(i * 4, crc32c(text, 0, text.length))
  }
  return readUuid(bytes, 0)
}

function renderMeta(config: BrokerConfig): string {
  return `version=${dataVersion}\ncluster.id=${clusterIdOf(config)}\nnode.id=${config.nodeId}\n`
}

/** Why this directory is not ours to use, or undefined. */
function metaError(config: BrokerConfig, text: string): string | undefined {
  const read = new Map(text.split('\n').map((line) => line.split('=') as [string, string]))
  const version = read.get('version')
  if (version !== dataVersion) return `its data version is ${version ?? 'missing'}, this broker reads ${dataVersion}`
  if (read.get('node.id') !== String(config.nodeId)) return `it belongs to node ${read.get('node.id') ?? '?'}`
  if (read.get('cluster.id') !== clusterIdOf(config)) return `it belongs to cluster ${read.get('cluster.id') ?? '?'}`
  return undefined
}

export function boot(loop: DiskLoop, config: BrokerConfig, done: (result: BootResult) => void): void {
  const fail = (reason: string): void => done({ ok: false, reason })
  loop.list('', (listed) => {
    if (!listed.ok) return fail(`cannot read the data directory: ${listed.reason}`)
    const files = new Set(listed.files.map(({ file }) => file))
    const ours = (): void => readState(loop, files, (result) => {
      done(result.ok ? { ok: true, booted: { ...result.booted, files: listed.files } } : result)
    })
    if (files.has(metaPropertiesFile)) return checkMeta(loop, config, { ours, fail })
    if (files.size > 0 && files.has(quorumStateFile)) return fail(`${metaPropertiesFile} is missing from a directory in use`)
    return loop.replace(metaPropertiesFile, new TextEncoder().encode(renderMeta(config)), (written) => {
      if (written.ok) ours()
      else fail(`cannot write ${metaPropertiesFile}: ${written.reason}`)
    })
  })
}

function checkMeta(
  loop: DiskLoop,
  config: BrokerConfig,
  { ours, fail }: { readonly ours: () => void; readonly fail: (reason: string) => void },
): void {
  loop.read(metaPropertiesFile, 0, smallFileBytes, (result) => {
    if (!result.ok) return fail(result.reason)
    const error = metaError(config, new TextDecoder().decode(result.bytes))
    if (error === undefined) ours()
    else fail(`the data directory cannot be used: ${error}`)
  })
}

type ReadState =
  | { readonly ok: true; readonly booted: Omit<Booted, 'files'> }
  | { readonly ok: false; readonly reason: string }

function readState(loop: DiskLoop, files: ReadonlySet<string>, done: (result: ReadState) => void): void {
  readSmall(loop, files, quorumStateFile, (state, failure) => {
    if (failure !== undefined) return done({ ok: false, reason: failure })
    let quorumState = firstQuorumState
    try {
      if (state !== undefined) quorumState = parseQuorumState(state)
    } catch (error) {
      return done({ ok: false, reason: `${quorumStateFile}: ${(error as Error).message}` })
    }
    return readCleanMark(loop, files, (cleanEpoch, unretracted) => {
      if (unretracted !== undefined) return done({ ok: false, reason: unretracted })
      const cleanShutdown = cleanEpoch !== undefined
      if (cleanShutdown) return done({ ok: true, booted: { quorumState, cleanShutdown, previousBrokerEpoch: cleanEpoch } })
      return readCrashedEpoch(loop, files, (previousBrokerEpoch) => {
        done({ ok: true, booted: { quorumState, cleanShutdown, previousBrokerEpoch } })
      })
    })
  })
}

/** While the machine has not started anew, what a process wrote is there however the process ended. */
function readCrashedEpoch(loop: DiskLoop, files: ReadonlySet<string>, done: (epoch: number) => void): void {
  readSmall(loop, files, brokerEpochFile, (bytes) => {
    const [epoch, machineBoot] = bytes === undefined ? [] : new TextDecoder().decode(bytes).trimEnd().split('\n')
    const sameBoot = machineBoot === loop.ports.disk.machineBoot()
    done(sameBoot && Number.isSafeInteger(Number(epoch)) ? Number(epoch) : -1)
  })
}

/** To be called, and waited for, before the broker goes into service in that epoch. */
export function rememberBrokerEpoch(loop: DiskLoop, epoch: number, done: (failure: string | undefined) => void): void {
  const text = `${epoch}\n${loop.ports.disk.machineBoot()}\n`
  loop.replace(brokerEpochFile, new TextEncoder().encode(text), (result) => done(result.ok ? undefined : result.reason))
}

/** This life cannot vouch for what it wrote. Best effort: a disk that fails everything cannot keep that either. */
export function forgetBrokerEpoch(loop: DiskLoop, done: () => void): void {
  loop.remove(brokerEpochFile, () => done())
}

/** The mark is used up by reading it: neither a crash nor a loss of power from here on may look clean. */
function readCleanMark(
  loop: DiskLoop,
  files: ReadonlySet<string>,
  done: (epoch: number | undefined, failure?: string) => void,
): void {
  readSmall(loop, files, cleanShutdownFile, (bytes) => {
    if (bytes === undefined) return done(undefined)
    const text = new TextDecoder().decode(bytes).trim()
    const isMark = text !== '' && Number.isSafeInteger(Number(text))
    return retractFile(loop, cleanShutdownFile)((result) => {
      if (result.ok) done(isMark ? Number(text) : undefined)
      else done(undefined, result.reason)
    })
  })
}

function readSmall(
  loop: DiskLoop,
  files: ReadonlySet<string>,
  file: string,
  done: (bytes: Uint8Array | undefined, failure?: string) => void,
): void {
  if (!files.has(file)) return done(undefined)
  return loop.read(file, 0, smallFileBytes, (result) => {
    if (result.ok) done(result.bytes)
    else done(undefined, `${file}: ${result.reason}`)
  })
}
