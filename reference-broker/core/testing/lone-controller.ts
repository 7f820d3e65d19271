/** For tests: an active controller that is a quorum by itself, on a disk in memory and a clock that stands still. */
import { toBigInt } from '../../../protocol/int64.ts'
import { DiskLoop } from '../../../ports/loop.ts'
import type { Network } from '../../../ports/network.ts'
import type { Random } from '../../../ports/random.ts'
import { clusterIdOf } from '../boot.ts'
import { defaultBrokerConfig } from '../config/broker-config.ts'
import { heartbeat, registerBroker, type HeartbeatAnswer, type RegistrationAnswer } from '../controller/brokers.ts'
import { Controller } from '../controller/controller.ts'
import { soundDecisions } from '../decisions.ts'
import { roomyConfig } from '../log/log-model.testing.ts'
import { MemoryDisk } from '../log/memory-disk.testing.ts'
import { openLog } from '../log/partition-log.ts'
import { ClusterImage } from '../metadata/image.ts'
import { Snapshots } from '../metadata/snapshots.ts'
import { firstQuorumState } from '../raft/quorum-state.ts'
import { Raft } from '../raft/raft.ts'
import { ManualClock } from './manual-clock.ts'

/** Longer than it takes to commit anything. */
const commitMs = 50

/** Even, predictable, and never the same twice in a row. */
function countingRandom(): Random {
  let count = 0
  return { next: () => (count++ * 0.618_033_988_749_895) % 1 }
}

interface Registration {
  readonly previousBrokerEpoch?: number
  readonly incarnation?: number
  readonly clusterId?: string
}

interface Heartbeat {
  readonly brokerEpoch?: number
  /** It does not know of its own registration yet. */
  readonly behind?: boolean
  readonly wantFence?: boolean
  readonly wantShutDown?: boolean
}

export class LoneController {
  readonly clusterId: string
  readonly clock: ManualClock = new ManualClock()
  readonly #loop: DiskLoop
  readonly #disk = new MemoryDisk()
  #raft!: Raft
  #controller: Controller | undefined

  constructor(settings: Readonly<Record<string, string>> = {}) {
    const config = defaultBrokerConfig(settings)
    this.clusterId = clusterIdOf(config)
    const ports = { clock: this.clock, random: countingRandom(), network: {} as Network, disk: this.#disk }
    const loop = new DiskLoop(ports)
    this.#loop = loop
    const shared = { config, clusterId: this.clusterId, loop, decisions: soundDecisions, logger: () => undefined }
    openLog(loop, 'metadata', { config: roomyConfig, decisions: soundDecisions, cleanShutdown: true }, (opened) => {
      if (!opened.ok) throw new Error(opened.reason)
      this.#raft = new Raft({
        ...shared,
        nodeId: config.nodeId,
        log: opened.log,
        snapshots: new Snapshots({ loop, log: opened.log, newest: undefined, onFatal: () => undefined }),
        onSnapshot: () => undefined,
        state: firstQuorumState,
        onHighWatermark: (highWatermark) => this.#controller?.committed(highWatermark),
        onActive: (active) => {
          if (!active) return this.#controller?.depose()
          const committed = new ClusterImage()
          committed.endOffset = this.#raft.highWatermark
          this.#controller = new Controller(shared, this.#raft.leadership!, committed)
          return undefined
        },
        onFatal: (reason) => {
          throw new Error(reason)
        },
      })
      this.#raft.start()
    })
    this.advance(0)
  }

  get controller(): Controller {
    if (this.#controller === undefined) throw new Error('no controller is active')
    return this.#controller
  }

  /** Lets time pass; the disk answers at once. */
  advance(ms: number): void {
    const untilMs = this.clock.now() + ms
    this.#disk.run(this.#loop)
    for (let timer = this.clock.next(untilMs); timer !== undefined; timer = this.clock.next(untilMs)) {
      this.#loop.step({ kind: 'timer', timer })
      this.#disk.run(this.#loop)
    }
  }

  /** Calls, lets it be committed, and returns what was answered; undefined when nothing was. */
  committed<T>(call: (done: (answer: T) => void) => void): T | undefined {
    let answer: T | undefined
    call((given) => {
      answer = given
    })
    this.advance(commitMs)
    return answer
  }

  /** The quorum is lost: nothing proposed since the last commit will be. */
  depose(): void {
    this.#raft.stop()
  }

  register(brokerId: number, options: Registration = {}): RegistrationAnswer | undefined {
    return this.committed((done) => this.askToRegister(brokerId, options, done))
  }

  /** Another incarnation each time, unless told. */
  askToRegister(brokerId: number, options: Registration, done: (answer: RegistrationAnswer) => void): void {
    const incarnation = options.incarnation ?? Math.round(this.clock.now() * 10) + brokerId
    registerBroker(this.controller, {
      brokerId,
      clusterId: options.clusterId ?? this.clusterId,
      incarnationId: Buffer.from(String(incarnation).padStart(16)).toString('base64url'),
      listeners: [{ name: 'PLAINTEXT', host: `host-${brokerId}`, port: 9092, securityProtocol: 0 }],
      features: [],
      rack: null,
      isMigratingZkBroker: false,
      logDirs: [],
      previousBrokerEpoch: toBigInt(options.previousBrokerEpoch ?? -1),
    }, done)
  }

  /** From the broker as it is registered, with all the metadata there is, unless told. */
  heartbeat(brokerId: number, wish: Heartbeat = {}): HeartbeatAnswer | undefined {
    return this.committed((done) => this.askForHeartbeat(brokerId, wish, done))
  }

  askForHeartbeat(brokerId: number, wish: Heartbeat, done: (answer: HeartbeatAnswer) => void): void {
    const brokerEpoch = wish.brokerEpoch ?? this.controller.image.brokers.get(brokerId)?.epoch ?? -1
    heartbeat(this.controller, {
      brokerId,
      brokerEpoch: toBigInt(brokerEpoch),
      currentMetadataOffset: toBigInt(wish.behind === true ? brokerEpoch - 1 : brokerEpoch + 1),
      wantFence: wish.wantFence ?? false,
      wantShutDown: wish.wantShutDown ?? false,
      offlineLogDirs: [],
      cordonedLogDirs: null,
    }, done)
  }

  /** Registered and in service. */
  bringUp(...brokerIds: readonly number[]): this {
    for (const id of brokerIds) {
      this.register(id)
      this.heartbeat(id)
    }
    return this
  }
}
