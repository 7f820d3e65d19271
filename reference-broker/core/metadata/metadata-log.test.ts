/** A metadata directory whose node may die, or lose its power, at any moment of writing or taking over a snapshot. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DiskLoop } from '../../../ports/loop.ts'
import { forEachBatch } from '../../../protocol/record-batch.ts'
import { encodeBatch } from '../../../protocol/record-batch-encode.ts'
import { calmDisk } from '../../../simulator/sim-disk.ts'
import { calmNetwork } from '../../../simulator/sim-wire.ts'
import { World } from '../../../simulator/world.ts'
import { defaultBrokerConfig } from '../config/broker-config.ts'
import { soundDecisions } from '../decisions.ts'
import { metadataTopic } from '../raft/metadata-topic.ts'
import { ClusterImage } from './image.ts'
import { openMetadataLog, type OpenedMetadata } from './metadata-log.ts'
import { encodeMetadataRecord } from './records.ts'
import { encodeSnapshot } from './snapshot.ts'
import { snapshotFile } from './snapshot-files.ts'

const dir = metadataTopic.dir

/** In these logs the record at offset n says that the next producer id is n + 1. */
function imageAt(endOffset: number): ClusterImage {
  return Object.assign(new ClusterImage(), { endOffset, nextProducerId: endOffset })
}

class Node {
  readonly world: World
  loop!: DiskLoop
  opened: OpenedMetadata | undefined
  fatal: string | undefined
  epoch = 1
  /** Of each record that is committed; those below a snapshot of the leader's are not known. */
  epochs: (number | undefined)[] = []
  /** Everything below is committed: synced here, or said by a leader's snapshot that is durable here. */
  committed = 0

  constructor(seed: number, segmentBytes = 300) {
    this.world = new World({ seed, network: calmNetwork, disk: calmDisk })
    this.world.addNode('node', (ports) => {
      const loop = (this.loop = new DiskLoop(ports))
      const config = defaultBrokerConfig({ 'metadata.log.max.record.bytes.between.snapshots': String(segmentBytes) })
      const onFatal = (reason: string): void => void (this.fatal = reason)
      const options = { loop, config, decisions: soundDecisions, cleanShutdown: false, logger: () => undefined, onFatal }
      loop.list('', (listed) => {
        if (listed.ok) openMetadataLog({ ...options, files: listed.files }, (opened) => (this.opened = opened))
      })
      return loop
    })
    this.untilOpen()
  }

  untilOpen(): void {
    this.world.run({ while: () => this.opened === undefined && this.fatal === undefined })
    if (this.world.failures[0] !== undefined) throw this.world.failures[0].error
  }

  get metadata(): OpenedMetadata {
    expect(this.fatal).toBeUndefined()
    return this.opened!
  }

  append(count: number): void {
    const { log } = this.metadata
    for (let i = 0; i < count; i++) {
      const value = encodeMetadataRecord({ kind: 'producer-ids', nextProducerId: BigInt(log.logEndOffset + 1) })
      const records = [{ key: null, value, timestamp: 5 }]
      this.epochs[log.logEndOffset] = this.epoch
      log.append(encodeBatch({ records, baseOffset: log.logEndOffset, partitionLeaderEpoch: this.epoch }), () => undefined)
    }
  }

  commit(): void {
    const { log } = this.metadata
    const { logEndOffset } = log
    log.sync(() => {
      this.committed = Math.max(this.committed, logEndOffset)
    })
    this.world.run({ while: () => this.committed < logEndOffset })
  }

  /** A snapshot of what is committed; it may or may not be written when this returns. */
  keep(): void {
    const { snapshots, log } = this.metadata
    const epoch = this.epochs[this.committed - 1]
    if (epoch === undefined || this.committed <= log.logStartOffset) return
    const bytes = encodeSnapshot(imageAt(this.committed), { epoch, lastTimestamp: 5 })
    snapshots.keep({ endOffset: this.committed, epoch }, bytes, () => undefined)
  }

  /** Another leader's snapshot, which ends somewhere in or beyond what is here and not committed. */
  begin(beyond: number, older: boolean): void {
    const { snapshots, log } = this.metadata
    // What is here and not committed may be of a newer epoch than what was committed elsewhere, by a newer leader still.
    const isOlder = older && (this.epochs[this.committed - 1] ?? this.epoch) < this.epoch
    const id = isOlder
      ? { endOffset: log.logEndOffset + 1 + beyond, epoch: this.epoch - 1 }
      : { endOffset: this.committed + 1 + beyond, epoch: this.epoch + 1 }
    this.epoch += 2
    const bytes = encodeSnapshot(imageAt(id.endOffset), { epoch: id.epoch, lastTimestamp: 5 })
    let isWanted = true
    const begun = (): void => {
      this.committed = id.endOffset
      this.epochs = []
      this.epochs[id.endOffset - 1] = id.epoch
    }
    snapshots.beginWith(id, bytes, { isWanted: () => isWanted, begun, done: () => undefined })
    this.world.run({ untilMs: this.world.now() + 3 })
    isWanted = false
  }

  wait(ms: number): void {
    this.world.run({ untilMs: this.world.now() + ms })
  }

  crash(powerLoss: boolean): void {
    this.world.crash('node', { powerLoss })
    this.opened = undefined
    this.world.start('node')
    this.untilOpen()
    this.check()
    this.epoch += 2
  }

  check(): void {
    const { log, snapshot, snapshots } = this.metadata
    const start = snapshot?.id.endOffset ?? 0
    expect([log.logStartOffset, snapshots.newest?.endOffset ?? 0]).toEqual([start, start])
    if (snapshot !== undefined) expect(snapshot.image).toEqual(imageAt(start))
    expect(log.logEndOffset).toBeGreaterThanOrEqual(this.committed)
    let next = log.baseOffset
    let ended = false
    const limits = { maxBytes: 1 << 20, endOffset: log.logEndOffset, atLeastOne: true }
    while (next < log.logEndOffset && !ended) {
      let read: Uint8Array | undefined
      log.read(next, limits, (bytes) => (read = bytes))
      this.world.run({ while: () => read === undefined })
      ended = read!.length === 0
      forEachBatch(read!, ({ baseOffset, partitionLeaderEpoch }) => {
        expect(baseOffset).toBe(next++)
        if (baseOffset < start) return
        expect(partitionLeaderEpoch).toBeGreaterThanOrEqual(snapshot?.id.epoch ?? 0)
        const epoch = this.epochs[baseOffset]
        if (baseOffset < this.committed && epoch !== undefined) expect(partitionLeaderEpoch).toBe(epoch)
      })
    }
    expect(next).toBe(log.logEndOffset)
  }

  files(): string[] {
    return this.world.disk('node').entries(`${dir}/`).map(({ file }) => file)
  }
}

type Command =
  | { readonly do: 'append'; readonly count: number }
  | { readonly do: 'commit' | 'keep' }
  | { readonly do: 'begin'; readonly beyond: number; readonly older: boolean }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'crash'; readonly powerLoss: boolean }

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 8 }) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('commit' as const, 'keep' as const, 'keep' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('begin' as const), beyond: fc.nat(8), older: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.double({ min: 0, max: 3, noNaN: true }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('crash' as const), powerLoss: fc.boolean() }) },
)

function run(node: Node, each: Command): void {
  if (each.do === 'append') node.append(each.count)
  else if (each.do === 'begin') node.begin(each.beyond, each.older)
  else if (each.do === 'wait') node.wait(each.ms)
  else if (each.do === 'crash') node.crash(each.powerLoss)
  else node[each.do]()
}

describe('a metadata directory', () => {
  it('holds, whenever the process or the power is lost, all that was committed: as records or as a snapshot of them', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(command, { minLength: 5, maxLength: 40, size: 'max' }), (seed, commands) => {
        const node = new Node(seed)
        for (const each of commands) run(node, each)
        node.crash(true)
      }),
      { numRuns: 200 },
    )
  })

  it('keeps one snapshot and the log after it, however much went through it', () => {
    const node = new Node(1)
    for (let i = 0; i < 50; i++) {
      node.append(10)
      node.commit()
      node.keep()
      node.wait(20)
    }
    expect(node.metadata.log.logStartOffset).toBe(500)
    expect(node.files().filter((file) => file.endsWith('.checkpoint'))).toEqual([snapshotFile(dir, { endOffset: 500, epoch: 1 })])
    expect(node.metadata.log.sizeBytes()).toBeLessThan(1000)
    expect(node.files().filter((file) => file.endsWith('.log')).length).toBe(1)
  })

  it('goes on from the snapshot before a damaged one while the log still has what is between', () => {
    const node = new Node(1)
    node.append(4)
    node.commit()
    node.keep()
    node.wait(20)
    node.append(4)
    node.commit()
    const whole = encodeSnapshot(imageAt(8), { epoch: 1, lastTimestamp: 5 })
    expect(putFile(node, snapshotFile(dir, { endOffset: 8, epoch: 1 }), whole.subarray(0, whole.length - 1))).toBe(true)
    node.crash(false)
    expect(node.metadata.snapshot?.id).toMatchObject({ endOffset: 4 })
    expect(node.metadata.log.logEndOffset).toBe(8)
  })

  it('whose log begins where no whole snapshot ends cannot be used', () => {
    const node = new Node(1)
    node.append(4)
    node.commit()
    node.keep()
    node.wait(20)
    expect(putFile(node, snapshotFile(dir, { endOffset: 4, epoch: 1 }), new Uint8Array(10))).toBe(true)
    node.world.crash('node')
    node.opened = undefined
    node.world.start('node')
    node.untilOpen()
    expect(node.fatal).toBe('the metadata log starts at 4, and the newest whole snapshot ends at 0')
  })
})

/** Puts a file in place as if from outside. */
function putFile(node: Node, file: string, bytes: Uint8Array): boolean {
  const loop = node.loop
  let done = false
  loop.replace(file, bytes, ({ ok }) => (done = ok))
  node.world.run({ while: () => !done })
  return done
}
