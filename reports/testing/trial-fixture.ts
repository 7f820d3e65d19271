/**
 * A made-up trial for the tests of this room, close to a real one: two scenarios on processes with kills and pauses,
 * one acknowledged record lost, one fault without evidence, and a simulated scenario with its sample seed.
 */
import type {
  Availability, FaultAvailability, FaultRecord, Finding, ScenarioVerdict, Verdict,
} from '../../checkers/verdict.ts'
import type { NewOp, Observation, Op } from '../../history/op.ts'
import { faultsOfHistory } from '../faults.ts'
import { nemesisValue } from '../op-value.ts'
import type { ScenarioHistory } from '../scenario-history.ts'

export interface TrialOptions {
  /** Sends per second of each history. */
  readonly rate: number
  readonly durationSeconds: number
  readonly seed: number
}

interface Outage {
  readonly f: string
  readonly broker: number
  readonly from: number
  readonly to: number
  readonly inForce: boolean
}

const partitions = ['orders-0', 'orders-1', 'orders-2', 'orders-3']

/** The minimal standard generator of Park and Miller, uniform in [0, 1). */
function randomFrom(seed: number): () => number {
  let state = (Math.abs(Math.trunc(seed)) % 2_147_483_646) + 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return (state - 1) / 2_147_483_646
  }
}

type Timed = NewOp & { readonly at: number }

/** The ops of one history, in order of time. */
export function trialHistory(outages: readonly Outage[], options: TrialOptions): Op[] {
  const timed = [
    ...harnessOps(options),
    ...nemesisOps(outages),
    ...observerOps(outages, options),
    ...clientOps(outages, options),
  ]
  timed.sort((a, b) => a.at - b.at)
  return timed.map(({ at, ...op }, index) => ({ index, time: Math.round(at * 1e9), ...op }))
}

function harnessOps({ durationSeconds }: TrialOptions): Timed[] {
  const phase = (at: number, value: string): Timed => ({ at, process: 'harness', type: 'info', f: 'phase', value })
  const config = { acks: -1, idempotence: true, minInSyncReplicas: 2, replicationFactor: 3 }
  return [
    { at: 0, process: 'harness', type: 'info', f: 'config', value: config },
    phase(0.001, 'faults'),
    phase(durationSeconds * 0.75, 'heal'),
    phase(durationSeconds * 0.88, 'final'),
    phase(durationSeconds, 'end'),
  ]
}

function nemesisOps(outages: readonly Outage[]): Timed[] {
  return outages.flatMap(({ f, broker, from, to, inForce }, at) => {
    const op = (when: number, action: string, more: object): Timed => ({
      at: when, process: 'nemesis', type: 'info', f,
      value: { action, id: `fault-${at}`, targets: [broker], parameters: {}, ...more },
    })
    const killed = { exitedBy: 'SIGKILL', connect: 'ECONNREFUSED' }
    const evidence = f === 'kill' ? killed : { state: 'T', probe: 'unanswered' }
    const seen = inForce ? [op(from + 0.08, 'evidence', { inForce, evidence })] : []
    const healed = op(to, 'healed', { evidence: { pid: 4711 + at } })
    return [op(from, 'start', {}), ...seen, op(to - 0.6, 'stop', {}), healed]
  })
}

/** Partition `at` is led by broker `at % 3 + 1` and moves on when that broker is out. */
function observerOps(outages: readonly Outage[], { durationSeconds }: TrialOptions): Timed[] {
  const ops: Timed[] = []
  const state = partitions.map((key, at) => ({ key, leader: (at % 3) + 1, leaderEpoch: 0 }))
  for (let at = 0.1; at < durationSeconds; at += 0.25) {
    for (const partition of state) {
      if (!isOut(outages, partition.leader, at - 0.5)) continue
      partition.leader = [1, 2, 3].find((broker) => !isOut(outages, broker, at)) ?? -1
      partition.leaderEpoch += 1
    }
    const inSyncReplicas = [1, 2, 3].filter((broker) => !isOut(outages, broker, at - 0.5))
    for (const node of [1, 2, 3]) {
      if (isOut(outages, node, at)) continue
      const value = state.map((partition, nth): Observation => {
        const highWatermark = Math.floor(at * (20 + 5 * nth))
        const told = { ...partition, inSyncReplicas, logEndOffset: highWatermark + (nth % 3) }
        return partition.leader === node ? { ...told, highWatermark } : told
      })
      ops.push({ at, process: 'observer', type: 'info', f: 'observe', node, value })
    }
  }
  return ops
}

function isOut(outages: readonly Outage[], broker: number, at: number): boolean {
  return outages.some((outage) => outage.broker === broker && at >= outage.from && at < outage.to)
}

function clientOps(outages: readonly Outage[], options: TrialOptions): Timed[] {
  const random = randomFrom(options.seed)
  const ops: Timed[] = []
  const threads = 8
  const until = options.durationSeconds * 0.85
  for (let thread = 0; thread < threads; thread++) {
    let process = thread
    for (let at = 0.2 + thread * 0.013; at < until; at += (threads / options.rate) * (0.5 + random())) {
      const which = Math.floor(random() * partitions.length)
      const fate = fateOf(outages, { broker: (which % 3) + 1, at, random })
      const value = `v${ops.length}`
      const client = `producer-${thread}`
      const micro = { f: 'send', key: partitions[which]!, value }
      ops.push({ at, process, client, type: 'invoke', f: 'send', value: [micro] })
      const answer = fate.error === undefined ? {} : { error: fate.error }
      const { type, attempts } = fate
      ops.push({ at: at + fate.ms / 1000, process, client, type, f: 'send', value: [micro], attempts, ...answer })
      if (fate.type === 'info') process += threads
      at += fate.ms / 1000
    }
  }
  const answered = withOffsets(ops)
  return [...answered, ...pollOps(answered)]
}

/** Offsets in the order of the acknowledgements, partition by partition. */
function withOffsets(ops: readonly Timed[]): Timed[] {
  const next = new Map<string, number>()
  return ops.toSorted((a, b) => a.at - b.at).map((op) => {
    if (op.type !== 'ok') return op
    const sent = sentBy(op)
    const offset = next.get(sent.key) ?? 0
    next.set(sent.key, offset + 1)
    return { ...op, value: [{ ...sent, offset }] }
  })
}

interface Fate {
  readonly type: 'ok' | 'fail' | 'info'
  readonly ms: number
  readonly attempts: number
  readonly error?: NonNullable<Op['error']>
}

interface Chance {
  /** The leader of the partition while nothing is broken. */
  readonly broker: number
  readonly at: number
  readonly random: () => number
}

/** Slow while the leader is newly out, sometimes lost, now and then refused for want of replicas. */
function fateOf(outages: readonly Outage[], { broker, at, random }: Chance): Fate {
  const usual = 1.2 + -Math.log(1 - random()) * 1.6
  const outage = outages.find((one) => one.inForce && at > one.from - 0.05 && at < one.to)
  if (outage === undefined) return { type: 'ok', ms: random() < 0.01 ? usual * 8 : usual, attempts: 1 }
  const since = at - outage.from
  if (outage.broker === broker && since < 1.9) {
    const error = { code: 'TIMED_OUT', definite: false, message: `no answer from node ${broker} within 2000 ms` }
    if (random() < 0.35) return { type: 'info', ms: 2000 + random() * 40, attempts: 2, error }
    return { type: 'ok', ms: Math.max(usual, (1.9 - since) * 1000 + random() * 60), attempts: 3 }
  }
  const error = { code: 'NOT_ENOUGH_REPLICAS', definite: true, message: '1 replica in sync, 2 asked for' }
  if (random() < 0.02) return { type: 'fail', ms: usual * 4, attempts: 4, error }
  return { type: 'ok', ms: usual * (1.5 + random()), attempts: 1 }
}

const lostKey = 'orders-2'

/** One consumer reads every acknowledged record half a second later, but for one that is gone. */
function pollOps(sends: readonly Timed[]): Timed[] {
  const acked = sends.filter((op) => op.type === 'ok').sort((a, b) => a.at - b.at)
  const ops: Timed[] = []
  const lost = lostOffset(sends)
  for (let at = 0; at < acked.length; at += 25) {
    const batch = acked.slice(at, at + 25)
    const when = Math.max(...batch.map((op) => op.at)) + 0.5
    const polled = partitions.map((key) => [key, batch.flatMap((op) => recordOf(op, key, lost))])
    ops.push({ at: when - 0.01, process: 900, client: 'consumer-0', type: 'invoke', f: 'poll', value: [{ f: 'poll' }] })
    ops.push({ at: when, process: 900, client: 'consumer-0', type: 'ok', f: 'poll', value: [{ f: 'poll', polled }] })
  }
  return ops
}

interface Sent {
  readonly key: string
  readonly value: string
  readonly offset: number
}

function sentBy(op: Pick<Op, 'value'>): Sent {
  return (op.value as Sent[])[0]!
}

function recordOf(op: Timed, key: string, lost: number): [number, string][] {
  const sent = sentBy(op)
  return sent.key !== key || (key === lostKey && sent.offset === lost) ? [] : [[sent.offset, sent.value]]
}

/** A bit more than half way, which is shortly before the last outage. */
function lostOffset(sends: readonly Pick<Op, 'type' | 'value'>[]): number {
  const own = sends.filter((op) => op.type === 'ok' && sentBy(op).key === lostKey)
  return Math.floor(own.length * 0.655)
}

function readsPast(op: Op, offset: number): boolean {
  const [{ polled }] = op.value as [{ polled: [string, [number, string][]][] }]
  return polled.some(([key, records]) => key === lostKey && records.some(([at]) => at > offset))
}

/** The finding that `trialHistory` deserves: one acknowledged record of orders-2 that no poll returns. */
export function lostWrite(ops: readonly Op[]): Finding {
  const sends = ops.filter((op) => op.f === 'send')
  const offset = lostOffset(sends)
  const isLost = (op: Op): boolean => sentBy(op).key === lostKey && sentBy(op).offset === offset
  const acked = sends.find((op) => op.type === 'ok' && isLost(op))!
  const { value } = sentBy(acked)
  const sent = sends.find((op) => op.type === 'invoke' && sentBy(op).value === value)!
  const isKill = (op: Op): boolean => nemesisValue(op)?.action === 'start'
  const kill = ops.findLast((op) => isKill(op) && op.index < acked.index)!
  const read = ops.find((op) => op.f === 'poll' && op.type === 'ok' && readsPast(op, offset))!
  return {
    anomaly: 'lost-write',
    guarantees: ['DUR-1', 'DUR-3'],
    message: `${value} was acknowledged at offset ${offset} of ${lostKey}, and no read that passed it returned it.`,
    key: lostKey,
    values: [value],
    offsets: [offset],
    blame: 'broker',
    witness: [
      { op: sent.index, shows: `asks to write ${value}` },
      { op: acked.index, shows: `acknowledged ${value} at offset ${offset}` },
      { op: kill.index, shows: 'the leader is killed' },
      { op: read.index, shows: `goes from offset ${offset - 1} to ${offset + 1} without ${value}` },
    ].sort((a, b) => a.op - b.op),
  }
}

/** A verdict over three scenarios (invalid, unknown, valid) and the histories behind it. */
export function trial(options: TrialOptions): { verdict: Verdict; histories: ScenarioHistory[] } {
  const span = options.durationSeconds
  const kills: Outage[] = [0.12, 0.32, 0.55].map((part, at) => ({
    f: 'kill', broker: (at % 3) + 1, from: span * part, to: span * part + Math.min(4, span * 0.12), inForce: true,
  }))
  const pauses: Outage[] = [0.15, 0.42, 0.6].map((part, at) => ({
    f: 'pause', broker: ((at + 1) % 3) + 1, from: span * part, to: span * (part + 0.09), inForce: at !== 2,
  }))
  const killed = trialHistory(kills, options)
  const paused = trialHistory(pauses, { ...options, seed: options.seed + 1 })
  const sample = trialHistory(kills.slice(0, 2), { ...options, rate: options.rate / 4, seed: options.seed + 2 })
  const duplicate: Finding = {
    anomaly: 'duplicate', guarantees: ['ORD-2'], message: 'v19 sits at offsets 7 and 9 of orders-1.', key: 'orders-1',
    values: ['v19'], offsets: [7, 9], witness: [], allowed: 'the producer is not idempotent',
  }
  const scenarios = [
    scenario('kill-leader', killed, { valid: false, findings: [lostWrite(killed)], reasons: [] }),
    scenario('pause-follower', paused, {
      valid: 'unknown', findings: [duplicate], reasons: ['pause of 1 was never seen in force: /proc/4242/stat said S'],
    }),
    simulated(sample),
  ]
  const histories = [
    { scenario: 'kill-leader', target: 'processes', ops: killed },
    { scenario: 'pause-follower', target: 'processes', ops: paused },
    { scenario: 'everything-at-once', target: 'simulated', seed: 17, ops: sample },
  ]
  const anomalies = { 'lost-write': 1, duplicate: 1 }
  const verdict: Verdict = { valid: false, scenarios, anomalies, seed: options.seed, durationMs: span * 3000 + 4321 }
  return { verdict, histories }
}

type Judged = Pick<ScenarioVerdict, 'valid' | 'findings' | 'reasons'>

function scenario(name: string, ops: readonly Op[], judged: Judged): ScenarioVerdict {
  const clients = ops.filter((op) => typeof op.process === 'number')
  const count = (type: Op['type']): number => clients.filter((op) => op.type === type).length
  const faults: FaultRecord[] = faultsOfHistory(ops)
  return {
    name, target: 'processes', seeds: 1, ...judged, faults,
    ops: { invoke: count('invoke'), ok: count('ok'), fail: count('fail'), info: count('info') },
    acknowledged: clients.filter((op) => op.f === 'send' && op.type === 'ok').length,
    figures: { leaderChanges: 9, opsUnderFault: 1893, latencyMsMax: 2031.5, 'coverage.leaderChanges': 9, 'coverage.fault.kill': 3 },
    availability: availabilityOf(faults),
  }
}

/** As if each fault had stopped sending for half of its time. */
function availabilityOf(faults: readonly FaultRecord[]): Availability {
  const each = faults.map(({ name, targets, startTime, endTime }, at): FaultAvailability => {
    const stallMs = ((endTime ?? 0) - (startTime ?? 0)) / 2e6
    const recoveryMs = at === 1 ? null : 40 * (at + 1)
    const keys = [{ key: 'orders-2', stallMs: stallMs + 100 }]
    return { name, targets, startTime, endTime, longestStallMs: stallMs, keys, nextAcknowledgedMs: stallMs, recoveryMs }
  })
  return { longestStallMs: 2300, keys: [{ key: 'orders-2', stallMs: 2400 }], recoveryMsMax: 120, faults: each }
}

function simulated(sample: readonly Op[]): ScenarioVerdict {
  const one = scenario('everything-at-once', sample, { valid: true, findings: [], reasons: [] })
  return {
    ...one, target: 'simulated', seeds: 1200, acknowledged: 3_481_220,
    ops: { invoke: 7_120_331, ok: 6_980_112, fail: 40_118, info: 100_101 },
    figures: {
      seedsPerSecond: 21.4, eventsPerSeed: 48_210, leaderChanges: 11_873, invariantChecks: 57_852_000,
      'coverage.truncations': 0.4219, 'coverage.belowMinimum': 0.005, 'coverage.tornTails': 0, 'coverage.leaderChanges': 0.9741,
    },
  }
}
