/** Brokers coming, living and going: registration, heartbeats, controlled shutdown (KIP-500, KIP-631). */
import type { BrokerHeartbeatRequest } from '../../../protocol/apis/63-broker-heartbeat.ts'
import type { BrokerRegistrationRequest } from '../../../protocol/apis/62-broker-registration.ts'
import type { ErrorName } from '../../../protocol/errors.ts'
import { toNumber } from '../../../protocol/int64.ts'
import type { BrokerImage, ClusterImage } from '../metadata/image.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import type { Controller } from './controller.ts'
import { withBroker, withoutBroker } from './elections.ts'

export interface RegistrationAnswer {
  readonly error: ErrorName
  readonly brokerEpoch: number
}

/** A second process with the id of a broker that is alive is refused until the first has been silent for a session. */
export function registerBroker(
  controller: Controller,
  request: BrokerRegistrationRequest,
  done: (answer: RegistrationAnswer) => void,
): void {
  const { brokerId, incarnationId, listeners } = request
  const existing = controller.image.brokers.get(brokerId)
  if (request.clusterId !== controller.options.clusterId) return done({ error: 'INCONSISTENT_CLUSTER_ID', brokerEpoch: -1 })
  const answer = (brokerEpoch: number, committed: boolean): void =>
    done(committed ? { error: 'NONE', brokerEpoch } : { error: 'NOT_CONTROLLER', brokerEpoch: -1 })
  if (existing?.incarnationId === incarnationId) {
    return controller.whenCommitted(existing.epoch, (committed) => answer(existing.epoch, committed))
  }
  if (existing !== undefined && !existing.inControlledShutdown && controller.hasSession(brokerId)) {
    return done({ error: 'DUPLICATE_BROKER_REGISTRATION', brokerEpoch: -1 })
  }
  const records = existing === undefined ? [] : controller.fencing(brokerId, isUnclean(controller, existing, request))
  records.push({
    kind: 'broker-registered',
    brokerId,
    incarnationId,
    previousBrokerEpoch: request.previousBrokerEpoch,
    rack: request.rack,
    listeners: listeners.map(({ name, host, port }) => ({ name, host, port })),
  })
  controller.heard(brokerId)
  const first = controller.propose(records, (committed) => answer(first + records.length - 1, committed))
}

function isUnclean(controller: Controller, existing: BrokerImage, request: BrokerRegistrationRequest): boolean {
  const { epoch: brokerEpoch, intactSince } = existing
  const previousBrokerEpoch = toNumber(request.previousBrokerEpoch)
  return controller.options.decisions.isUncleanStop({ previousBrokerEpoch, brokerEpoch, intactSince })
}

export interface HeartbeatAnswer {
  readonly error: ErrorName
  readonly isCaughtUp: boolean
  readonly isFenced: boolean
  readonly shouldShutDown: boolean
}

export function heartbeat(
  controller: Controller,
  request: BrokerHeartbeatRequest,
  done: (answer: HeartbeatAnswer) => void,
): void {
  const broker = controller.image.brokers.get(request.brokerId)
  const refuse = (error: ErrorName): void => done({ error, isCaughtUp: false, isFenced: true, shouldShutDown: false })
  if (broker === undefined) return refuse('BROKER_ID_NOT_REGISTERED')
  if (broker.epoch !== toNumber(request.brokerEpoch)) return refuse('STALE_BROKER_EPOCH')
  controller.heard(broker.id)
  const isCaughtUp = toNumber(request.currentMetadataOffset) >= broker.epoch
  const records = changesByHeartbeat(controller, broker, { ...request, isCaughtUp })
  const first = controller.propose(records, () => undefined)
  const answer = answerTo(controller, broker.id, { isCaughtUp, wantShutDown: request.wantShutDown })
  const last = first + records.length - 1
  controller.whenCommitted(last, (committed) => (committed ? done(answer) : refuse('NOT_CONTROLLER')))
}

/** What the image says of the broker now, which is what the answer may say once all of it is committed. */
function answerTo(
  { image }: Controller,
  brokerId: number,
  { isCaughtUp, wantShutDown }: { readonly isCaughtUp: boolean; readonly wantShutDown: boolean },
): HeartbeatAnswer {
  const { fenced: isFenced, inControlledShutdown } = image.brokers.get(brokerId)!
  const mayGo = isFenced || (inControlledShutdown && !leadsAnything(image, brokerId))
  return { error: 'NONE', isCaughtUp, isFenced, shouldShutDown: wantShutDown && mayGo }
}

function changesByHeartbeat(
  controller: Controller,
  broker: BrokerImage,
  wish: { readonly wantFence: boolean; readonly wantShutDown: boolean; readonly isCaughtUp: boolean },
): MetadataRecord[] {
  if (broker.fenced) {
    if (wish.wantFence || wish.wantShutDown || !wish.isCaughtUp) return []
    controller.options.logger('info', 'broker unfenced', { brokerId: broker.id })
    return [
      { kind: 'broker-state', brokerId: broker.id, fenced: false, inControlledShutdown: false },
      ...withBroker(controller.elections, broker.id),
    ]
  }
  if (wish.wantFence) return controller.fencing(broker.id)
  if (!wish.wantShutDown || broker.inControlledShutdown) return []
  return [
    { kind: 'broker-state', brokerId: broker.id, fenced: false, inControlledShutdown: true },
    ...withoutBroker(controller.elections, broker.id),
  ]
}

function leadsAnything({ topicsById }: ClusterImage, brokerId: number): boolean {
  for (const topic of topicsById.values()) {
    if (topic.partitions.some(({ leader }) => leader === brokerId)) return true
  }
  return false
}
