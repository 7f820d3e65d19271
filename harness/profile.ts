/**
 * The settings of a trial. Kafka's default timeouts show nothing in three minutes, so trials run with shorter ones,
 * under Kafka's own names, three times as long for a JVM; `defaults` is what a broker has by itself,
 * and `attached` what clients take for granted of brokers whose settings nobody has told them. Bounds on recovery follow from the timeouts.
 */

export type ProfileName = 'trial' | 'trial-of-jvm' | 'attached' | 'defaults'

export interface Profile {
  readonly name: ProfileName
  /** Broker settings beside the defaults. */
  readonly settings: Readonly<Record<string, string>>
  readonly clients: { readonly requestTimeoutMs: number; readonly deliveryTimeoutMs: number }
  /** After healing, everything is back within this time. */
  readonly recoveryMs: number
  /** An injected or healed fault shows within this time. */
  readonly evidenceMs: number
  /** After this long without a fault nobody changes the in-sync sets any more. */
  readonly settleMs: number
}

interface Timeouts {
  readonly heartbeatIntervalMs: number
  readonly sessionTimeoutMs: number
  readonly replicaLagTimeMaxMs: number
  readonly replicaFetchWaitMaxMs: number
  readonly electionTimeoutMs: number
  readonly fetchTimeoutMs: number
  /** Of connections between brokers, and to the controller. */
  readonly socketTimeoutMs: number
}

/** Groups rebalance at once, and members may die quickly. */
const groupSettings = {
  'group.initial.rebalance.delay.ms': '0',
  'group.min.session.timeout.ms': '1000',
  'group.consumer.session.timeout.ms': '3000',
  'group.consumer.min.session.timeout.ms': '1000',
  'group.consumer.heartbeat.interval.ms': '300',
  'group.consumer.min.heartbeat.interval.ms': '300',
  'group.consumer.assignment.interval.ms': '0',
}

const replicaFetchBackoffMs = 1000
const electionBackoffMaxMs = 1000

/**
 * A quorum leader may have to be found twice (split vote), then the silent broker is fenced a full session later, its
 * followers back off once, catch up and ask to be in sync. Connections that died without a word are found out by their
 * timeouts: one between brokers, one to the controller, one of a client.
 */
function recoveryBound(timeouts: Timeouts, requestTimeoutMs: number): number {
  const quorum = 2 * (timeouts.fetchTimeoutMs + 2 * timeouts.electionTimeoutMs + electionBackoffMaxMs)
  const session = 2 * timeouts.sessionTimeoutMs + timeouts.heartbeatIntervalMs
  const replicas = timeouts.replicaLagTimeMaxMs + 2 * (replicaFetchBackoffMs + timeouts.replicaFetchWaitMaxMs)
  return quorum + session + replicas + 2 * timeouts.socketTimeoutMs + 2 * requestTimeoutMs
}

function profile(name: ProfileName, timeouts: Timeouts, clients: Profile['clients']): Profile {
  const settings = {
    'broker.heartbeat.interval.ms': String(timeouts.heartbeatIntervalMs),
    'broker.session.timeout.ms': String(timeouts.sessionTimeoutMs),
    'replica.lag.time.max.ms': String(timeouts.replicaLagTimeMaxMs),
    'replica.fetch.wait.max.ms': String(timeouts.replicaFetchWaitMaxMs),
    'controller.quorum.election.timeout.ms': String(timeouts.electionTimeoutMs),
    'controller.quorum.fetch.timeout.ms': String(timeouts.fetchTimeoutMs),
    'replica.socket.timeout.ms': String(timeouts.socketTimeoutMs),
    'controller.socket.timeout.ms': String(timeouts.socketTimeoutMs),
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500',
    ...groupSettings,
  }
  const recoveryMs = recoveryBound(timeouts, clients.requestTimeoutMs)
  const settleMs = timeouts.sessionTimeoutMs + 1.5 * timeouts.replicaLagTimeMaxMs
  return { name, settings: name === 'defaults' ? {} : settings, clients, recoveryMs, evidenceMs: recoveryMs, settleMs }
}

const trialTimeouts: Timeouts = {
  heartbeatIntervalMs: 300,
  sessionTimeoutMs: 1500,
  replicaLagTimeMaxMs: 2000,
  replicaFetchWaitMaxMs: 200,
  electionTimeoutMs: 300,
  fetchTimeoutMs: 600,
  socketTimeoutMs: 2000,
}
const defaultTimeouts: Timeouts = {
  heartbeatIntervalMs: 2000,
  sessionTimeoutMs: 9000,
  replicaLagTimeMaxMs: 30_000,
  replicaFetchWaitMaxMs: 500,
  electionTimeoutMs: 1000,
  fetchTimeoutMs: 2000,
  socketTimeoutMs: 30_000,
}
const trialClients: Profile['clients'] = { requestTimeoutMs: 2000, deliveryTimeoutMs: 10_000 }

/** What a JVM needs of everything: it stops to collect, and is slow until it is warm. */
export const jvmTimes = 3

function times<T extends { readonly [Name in keyof T]: number }>(all: T, factor: number): T {
  return Object.fromEntries(Object.entries<number>(all).map(([name, ms]) => [name, ms * factor])) as T
}

export const profiles: Readonly<Record<ProfileName, Profile>> = {
  trial: profile('trial', trialTimeouts, trialClients),
  'trial-of-jvm': profile('trial-of-jvm', times(trialTimeouts, jvmTimes), times(trialClients, jvmTimes)),
  attached: profile('attached', defaultTimeouts, { requestTimeoutMs: 5000, deliveryTimeoutMs: 30_000 }),
  defaults: profile('defaults', defaultTimeouts, { requestTimeoutMs: 2000, deliveryTimeoutMs: 10_000 }),
}
