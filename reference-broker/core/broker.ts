/**
 * One node: the parts put together, and the only door in, `step(event)`. Everything a node does follows from its config,
 * its ports and the events it is given; two nodes given the same do the same.
 */
import type { Api } from '../../protocol/apis.ts'
import { readUuid } from '../../protocol/uuid.ts'
import type { PortEvent } from '../../ports/events.ts'
import type { Ports } from '../../ports/ports.ts'
import { randomBytes } from '../../ports/random.ts'
import { coordinatorClient } from './apis/27-write-txn-markers.ts'
import { apiVersionsHandler, unknownApiVersions } from './apis/18-api-versions.ts'
import { brokerHandlers, controllerListenerHandlers } from './apis/handlers.ts'
import { boot, cleanShutdownFile, clusterIdOf, forgetBrokerEpoch, rememberBrokerEpoch, type Booted } from './boot.ts'
import { BrokerLoop } from './broker-loop.ts'
import type { BrokerConfig, Endpoint } from './config/broker-config.ts'
import { InternalTopicCreation } from './coordinator/internal-topic-creation.ts'
import { Controller } from './controller/controller.ts'
import { soundDecisions, type Decisions } from './decisions.ts'
import { GroupCoordinator } from './groups/group-coordinator.ts'
import { Lifecycle } from './lifecycle.ts'
import type { Logger } from './logger.ts'
import type { ClusterImage } from './metadata/image.ts'
import type { MetadataChanges } from './metadata/image-changes.ts'
import { openMetadataLog, type OpenedMetadata } from './metadata/metadata-log.ts'
import { MetadataPublisher } from './metadata/publisher.ts'
import { SnapshotWriter } from './metadata/snapshot-writer.ts'
import type { BrokerNode, QuorumNode } from './node.ts'
import { MarkerSender } from './transactions/marker-sender.ts'
import { TransactionMembership } from './transactions/membership.ts'
import { TransactionCoordinator } from './transactions/transaction-coordinator.ts'
import { ProducerIds } from './producer-ids.ts'
import { Raft } from './raft/raft.ts'
import { HighWatermarkCheckpoint } from './replication/high-watermark-checkpoint.ts'
import { InSyncUpdates } from './replication/in-sync-updates.ts'
import { Replicas } from './replication/replicas.ts'
import { ControllerChannel } from './server/controller-channel.ts'
import { Peer } from './server/peer.ts'
import { Server, type Handler } from './server/server.ts'

export interface BrokerOptions {
  readonly config: BrokerConfig
  readonly ports: Ports
  readonly decisions?: Decisions
  readonly log: Logger
  /** The node must stop: its reason in one sentence. Nothing it does afterwards counts. */
  readonly onFatal: (reason: string) => void
  readonly onListening: (listener: string, port: number) => void
}

const checkpointIntervalMs = 5000

export class Broker {
  readonly #options: BrokerOptions
  readonly #config: BrokerConfig
  readonly #loop: BrokerLoop
  readonly #decisions: Decisions
  readonly #clusterId: string
  readonly #peers = new Map<string, Peer>()
  readonly #endpoints: Endpoint[] = []
  #raft: Raft | undefined
  #publisher: MetadataPublisher | undefined
  #snapshotWriter: SnapshotWriter | undefined
  #controller: Controller | undefined
  #controllerHandlers: readonly Handler[] = []
  #replicas: Replicas | undefined
  #checkpoint: HighWatermarkCheckpoint | undefined
  #groups: GroupCoordinator | undefined
  #transactions: TransactionCoordinator | undefined
  #lifecycle: Lifecycle | undefined
  #server: Server | undefined
  #stopping = false
  /** Nothing is done any more but what the disk has still to answer. */
  #ending = false

  constructor(options: BrokerOptions) {
    this.#options = options
    this.#config = options.config
    this.#loop = new BrokerLoop(options.ports)
    this.#decisions = options.decisions ?? soundDecisions
    this.#clusterId = clusterIdOf(options.config)
  }

  // What the simulator's invariants and a person with a debugger look at

  get raft(): Raft | undefined {
    return this.#raft
  }

  get replicas(): Replicas | undefined {
    return this.#replicas
  }

  get controller(): Controller | undefined {
    return this.#controller
  }

  get groups(): GroupCoordinator | undefined {
    return this.#groups
  }

  get transactions(): TransactionCoordinator | undefined {
    return this.#transactions
  }

  get image(): ClusterImage | undefined {
    return this.#publisher?.image
  }

  step(event: PortEvent): void {
    if (!this.#ending || event.kind === 'disk-done' || event.kind === 'disk-failed') this.#loop.step(event)
  }

  /** After a failed sync this life first makes sure that the next one does not pass for intact (KIP-966). */
  readonly #fatal = (reason: string): void => {
    if (!this.#loop.syncFailed) return this.#options.onFatal(reason)
    if (this.#ending) return undefined
    this.#ending = true
    this.#server?.closeAll()
    return forgetBrokerEpoch(this.#loop, () => this.#options.onFatal(reason))
  }

  start(): void {
    boot(this.#loop, this.#config, (result) => {
      if (!result.ok) return this.#fatal(result.reason)
      const metadataOptions = {
        loop: this.#loop,
        config: this.#config,
        decisions: this.#decisions,
        cleanShutdown: result.booted.cleanShutdown,
        files: result.booted.files,
        logger: this.#options.log,
        onFatal: this.#fatal,
      }
      return openMetadataLog(metadataOptions, (metadata) => {
        const checkpoint = new HighWatermarkCheckpoint(this.#loop)
        const assemble = (): void => this.#assemble(result.booted, metadata, checkpoint)
        if (result.booted.previousBrokerEpoch >= 0) return checkpoint.load(assemble)
        return checkpoint.store([], (failure) => {
          if (failure === undefined) assemble()
          else this.#fatal(`cannot write the high watermark checkpoint: ${failure}`)
        })
      })
    })
  }

  #assemble(booted: Booted, { log, snapshot, snapshots }: OpenedMetadata, checkpoint: HighWatermarkCheckpoint): void {
    const publisher = new MetadataPublisher({ log, snapshot, onChange: (changes) => this.#published(changes) })
    this.#publisher = publisher
    const { log: logger } = this.#options
    this.#snapshotWriter = new SnapshotWriter({ config: this.#config, loop: this.#loop, publisher, snapshots, logger })
    this.#checkpoint = checkpoint
    this.#raft = new Raft({
      nodeId: this.#config.nodeId,
      clusterId: this.#clusterId,
      config: this.#config,
      loop: this.#loop,
      log,
      snapshots,
      state: booted.quorumState,
      decisions: this.#decisions,
      logger,
      onSnapshot: (received) => publisher.load(received),
      onHighWatermark: (highWatermark) => {
        publisher.advance(highWatermark)
        this.#controller?.committed(highWatermark)
        this.#activate()
      },
      onActive: (active) => {
        if (active) return this.#activate()
        // Gone first: an answer to what waited makes the server take up the next request.
        const deposed = this.#controller
        this.#controller = undefined
        return deposed?.depose()
      },
      onFatal: this.#fatal,
    })
    const handlers = this.#roles(booted, this.#raft, publisher)
    const { connectionsMaxIdleMs: maxIdleMs } = this.#config
    // A broker that has not caught up would deny topics that there are.
    const held = [...handlers.keys()].filter((name) => !this.#config.controllerListenerNames.includes(name))
    this.#server = new Server({ loop: this.#loop, logger, handlers, held, unknownApiVersions, maxIdleMs })
    this.#listen(0)
  }

  /** The active controller starts from everything that is committed, once it has read it. */
  #activate(): void {
    const raft = this.#raft
    const publisher = this.#publisher
    const leadership = raft?.leadership
    if (this.#controller !== undefined || leadership?.active !== true || publisher === undefined) return
    if (publisher.image.endOffset < raft!.highWatermark) return
    const { log: logger } = this.#options
    const options = { config: this.#config, clusterId: this.#clusterId, loop: this.#loop, decisions: this.#decisions, logger }
    this.#controller = new Controller(options, leadership, publisher.image)
  }

  #published(changes: MetadataChanges): void {
    if (this.#decisions.mayActOnOldMetadata()) this.#begin()
    this.#replicas?.apply(changes)
    this.#groups?.metadataChanged(changes)
    this.#lifecycle?.metadataAdvanced()
    this.#snapshotWriter?.imageAdvanced()
    this.#activate()
  }

  #begin(): void {
    this.#replicas?.begin()
    this.#server?.release()
  }

  /** Builds the parts of this node's roles; returns what each listener serves. */
  #roles(booted: Booted, raft: Raft, publisher: MetadataPublisher): Map<string, readonly Handler[]> {
    const node: QuorumNode = {
      config: this.#config,
      clusterId: this.#clusterId,
      loop: this.#loop,
      logger: this.#options.log,
      decisions: this.#decisions,
      raft,
      controller: () => this.#controller,
      image: publisher.image,
    }
    const controllerListeners = this.#config.controllerListenerNames
    const isBroker = this.#config.processRoles.includes('broker')
    this.#controllerHandlers = withApiVersions(controllerListenerHandlers(node), publisher.image)
    const clientHandlers = isBroker ? withApiVersions(brokerHandlers(this.#brokerNode(node, booted, publisher)), publisher.image) : []
    return new Map(
      this.#config.listeners.map(({ name }) => [
        name,
        controllerListeners.includes(name) ? this.#controllerHandlers : clientHandlers,
      ]),
    )
  }

  #brokerNode(node: QuorumNode, booted: Booted, publisher: MetadataPublisher): BrokerNode {
    const { config } = this
    const { image } = publisher
    const brokerEpoch = (): number => this.#lifecycle?.brokerEpoch ?? -1
    const liveEpoch = (id: number): number | undefined => (image.isLive(id) ? image.brokers.get(id)?.epoch : undefined)
    const channel = this.#channel('requests')
    const updates = new InSyncUpdates({
      brokerId: config.nodeId,
      brokerEpoch,
      liveEpoch,
      loop: this.#loop,
      channel,
      retryBackoffMs: config.quorumRetryBackoffMs * 5,
    })
    const endpointOf = (id: number, listener: string): Endpoint | undefined =>
      image.brokers.get(id)?.listeners.find(({ name }) => name === listener)
    const producerIds = new ProducerIds({ brokerId: config.nodeId, brokerEpoch, channel })
    const { groups, transactions, membership } = this.#coordinators(image, producerIds, endpointOf)
    const replicas = new Replicas({
      config,
      loop: this.#loop,
      decisions: this.#decisions,
      logger: this.#options.log,
      image: () => image,
      cleanShutdown: booted.cleanShutdown,
      checkpoint: this.#checkpoint!,
      brokerEpoch,
      liveEpoch,
      fetchPeer: (id) => this.#peer(`broker-${config.nodeId}-fetcher-0`, `fetcher-${id}`, () => endpointOf(id, config.interBrokerListenerName)),
      proposeInSync: (partition, inSyncReplicas) => updates.propose(partition, inSyncReplicas),
      onLeadership: (partition) => {
        groups.leadershipChanged(partition)
        transactions.leadershipChanged(partition)
      },
      onFatal: this.#fatal,
    })
    this.#replicas = replicas
    this.#lifecycle = new Lifecycle({
      config,
      clusterId: this.#clusterId,
      incarnationId: readUuid(randomBytes(this.#loop.ports.random, 16), 0),
      previousBrokerEpoch: booted.previousBrokerEpoch,
      listeners: this.#endpoints,
      loop: this.#loop,
      channel: this.#channel('heartbeats'),
      logger: this.#options.log,
      metadataOffset: () => image.endOffset,
      whenReady: (done) => {
        this.#begin()
        replicas.removeStrays()
        replicas.whenOpen(done)
      },
      remember: (epoch, done) => rememberBrokerEpoch(this.#loop, epoch, (failure) => {
        if (failure === undefined) done()
        else this.#fatal(`cannot write the broker epoch: ${failure}`)
      }),
      onFatal: this.#fatal,
    })
    this.#checkpointLater()
    const forwarded = this.#channel('forwarded')
    const internalTopics = new InternalTopicCreation({ config, channel: forwarded, logger: this.#options.log })
    return { ...node, replicas, channel: forwarded, producerIds, groups, transactions, membership, internalTopics, endpointOf }
  }

  /** Of groups and of transactions, and what leaders ask them. */
  #coordinators(
    image: ClusterImage,
    producerIds: ProducerIds,
    endpointOf: BrokerNode['endpointOf'],
  ): Pick<BrokerNode, 'groups' | 'transactions' | 'membership'> {
    const { config } = this
    const common = { loop: this.#loop, config, decisions: this.#decisions, logger: this.#options.log, image: () => image }
    // A connection each: what waits for a commit on one must not hold up the other.
    const peerFor = (purpose: string) => (id: number): Peer =>
      this.#peer(String(config.nodeId), `${purpose}-${id}`, () => endpointOf(id, config.interBrokerListenerName))
    const markers = new MarkerSender({
      ...common,
      peer: (id) => this.#peer(`${coordinatorClient}${config.nodeId}`, `markers-${id}`, () => endpointOf(id, config.interBrokerListenerName)),
      timeoutMs: config.replicaSocketTimeoutMs,
    })
    const groups = new GroupCoordinator(common)
    const transactions = new TransactionCoordinator({ ...common, producerIds, markers })
    this.#groups = groups
    this.#transactions = transactions
    return { groups, transactions, membership: new TransactionMembership({ ...common, peer: peerFor('membership') }) }
  }

  get config(): BrokerConfig {
    return this.#config
  }

  #channel(purpose: string): ControllerChannel {
    const { nodeId, controllerSocketTimeoutMs, quorumVoters, brokerSessionTimeoutMs } = this.#config
    return new ControllerChannel({
      nodeId,
      timeoutMs: purpose === 'heartbeats' ? brokerSessionTimeoutMs / 2 : controllerSocketTimeoutMs,
      leaderId: () => this.#raft?.leaderId ?? -1,
      peer: (id) => this.#peer(String(nodeId), `${purpose}-${id}`, () => quorumVoters.find((voter) => voter.id === id)),
      handleLocally: (api, version, body, respond) => this.#handleLocally(api, version, body, respond),
      later: (call) => void this.#loop.after(0, call),
    })
  }

  #handleLocally(api: Api, apiVersion: number, body: unknown, respond: (body: unknown) => void): void {
    const found = this.#controllerHandlers.find((each) => each.api.key === api.key)
    if (found === undefined) throw new Error(`${api.name} is not a controller's API`)
    const close = (reason: string): void => {
      throw new Error(reason)
    }
    const onGone = (): void => undefined
    const context = { connection: -1, listener: '', remote: 'local', clientId: null, apiVersion, close, onGone }
    found.handle(context, body as never, respond as never)
  }

  #peer(clientId: string, name: string, address: () => { host: string; port: number } | undefined): Peer {
    let peer = this.#peers.get(name)
    if (peer === undefined) {
      peer = new Peer(this.#loop, clientId, address)
      this.#peers.set(name, peer)
    }
    return peer
  }

  /** Binds one listener after the other; what is advertised as port 0 is where it was bound. */
  #listen(index: number): void {
    const listener = this.#config.listeners[index]
    if (listener === undefined) {
      this.#raft!.start()
      this.#lifecycle?.start()
      return
    }
    this.#loop.listen(listener.name, listener.host, listener.port, {
      onListening: (port) => {
        const advertised = this.#config.advertisedListeners.find(({ name }) => name === listener.name)
        if (advertised !== undefined) this.#endpoints.push({ ...advertised, port: advertised.port === 0 ? port : advertised.port })
        this.#options.onListening(listener.name, port)
        this.#listen(index + 1)
      },
      onListenFailed: (reason) => this.#fatal(`cannot listen on ${listener.host}:${listener.port}: ${reason}`),
      onAccepted: (connection, remote) => this.#server!.accept(listener.name, connection, remote),
    })
  }

  #checkpointLater(): void {
    this.#loop.after(checkpointIntervalMs, () => {
      if (this.#stopping) return
      this.#checkpoint!.store(this.#replicas!.all(), (failure) => {
        if (failure !== undefined) this.#fatal(`cannot write the high watermark checkpoint: ${failure}`)
      })
      this.#checkpointLater()
    })
  }

  /** Controlled shutdown: leadership first, then files, then the mark that says all of it was orderly. */
  shutDown(done: () => void): void {
    if (this.#stopping) return
    this.#stopping = true
    const leave = this.#lifecycle === undefined ? (then: () => void) => then() : (then: () => void) => this.#lifecycle!.leave(then)
    leave(() => this.#stopServing(() => this.#closeFiles(done)))
  }

  #stopServing(then: () => void): void {
    for (const { name } of this.#config.listeners) this.#loop.unlisten(name)
    this.#server?.closeAll()
    this.#raft?.stop()
    if (this.#replicas === undefined) return then()
    return this.#checkpoint!.store(this.#replicas.all(), () => this.#replicas!.close(then))
  }

  #closeFiles(done: () => void): void {
    if (this.#raft === undefined) return done()
    const epoch = this.#lifecycle?.brokerEpoch ?? -1
    return this.#raft.log.close(() => {
      this.#loop.replace(cleanShutdownFile, new TextEncoder().encode(`${epoch}\n`), () => done())
    })
  }
}

function withApiVersions(handlers: readonly Handler[], image: ClusterImage): readonly Handler[] {
  const all: Handler[] = [...handlers, apiVersionsHandler(() => all.map(({ api }) => api), image)]
  return all
}
