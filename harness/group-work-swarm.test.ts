/** What a seed of each further workload of consumer groups shows, and what it must not be silent about. */
import { describe, expect, it } from 'vitest'
import type { Judgement } from '../checkers/verdict.ts'
import type { Recorder } from '../history/recorder.ts'
import type { WorkloadClient, WorkloadGroupMember, WorkloadProducer } from '../workloads/client/client.ts'
import type { WorkloadContext } from '../workloads/workload.ts'
import { drawCommitStrategies, drawPoisonPill, drawSlowConsumer } from './group-work-swarm.ts'
import { judgeRun } from './judge-run.ts'
import type { Swarm } from './swarm.ts'
import { simulate } from './targets/simulated.ts'

interface Ran extends Judgement {
  readonly convicting: readonly string[]
  readonly allowed: ReadonlySet<string>
  readonly coverage: Readonly<Record<string, number>>
}

function run(draw: (seed: number) => Swarm, seed: number): Ran {
  const { histories: [ops], failures, coverage } = simulate(seed, { invariants: true, swarm: draw(seed) })
  const judgement = judgeRun({ ops, failures, failuresConvict: true, accept: [] })
  const { findings } = judgement
  const allowed = findings.filter((finding) => finding.allowed !== undefined).map(({ anomaly, aspect = '' }) => `${anomaly} ${aspect}`)
  return {
    ...judgement,
    convicting: findings.filter((finding) => finding.allowed === undefined).map(({ message }) => message),
    allowed: new Set(allowed),
    coverage,
  }
}

describe('commit strategies', () => {
  it('repeat records at least once, skip them at most once, and begin where they are led', () => {
    const { valid, reasons, convicting, allowed, coverage } = run(drawCommitStrategies, 4)
    expect([valid, reasons, convicting]).toEqual([true, [], []])
    expect(allowed).toContain('skipped-record at-most-once')
    expect(allowed).toContain('reprocessed-record at-least-once')
    for (const name of ['diedPolled', 'diedProcessing', 'diedProcessed', 'diedCommitting', 'diedCommitted', 'offsetResets', 'startlessMembers']) {
      expect([name, coverage[name]! > 0]).toEqual([name, true])
    }
  }, 300_000)
})

describe('poison', () => {
  it('is put aside with where it came from, and worked through there', () => {
    const { valid, reasons, convicting, figures } = run(drawPoisonPill, 2)
    expect([valid, reasons, convicting]).toEqual([true, [], []])
    expect(figures!['coverage.putAside']).toBeGreaterThan(3)
    expect(figures!['coverage.deadLetters']).toBeGreaterThanOrEqual(figures!['coverage.putAside']!)
  }, 300_000)
})

/** Poison as a seed draws it, whose records are put aside by somebody who does it wrong. */
function putAsideWrongly(send: (right: WorkloadProducer) => WorkloadProducer['send'], isTold: boolean): (seed: number) => Swarm {
  const spoilt = (client: WorkloadClient): WorkloadClient => ({
    ...client,
    admin: client.admin,
    close: () => client.close(),
    producer: (options) => {
      const right = client.producer(options)
      return { send: send(right), close: () => right.close() }
    },
  })
  return (seed) => {
    const { plan, ...swarm } = drawPoisonPill(seed)
    const part = plan.parts[0]!
    const start = (context: WorkloadContext): ReturnType<typeof part.workload.start> => part.workload.start({
      ...context,
      makeClient: (name) => (name === 'dead-letters' ? spoilt(context.makeClient(name)) : context.makeClient(name)),
      recorder: isTold ? context.recorder : withoutSendsOf('dead-letters', context.recorder),
    })
    return { ...swarm, plan: { ...plan, parts: [{ ...part, workload: { ...part.workload, start } }] } }
  }
}

function withoutSendsOf(client: string, recorder: Recorder): Recorder {
  return new Proxy(recorder, {
    get: (target, name) => {
      if (name === 'record') return (op: Parameters<Recorder['record']>[0]) => (op.client === client ? undefined : target.record(op))
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

describe('who puts poison aside wrongly is convicted:', () => {
  const anomalies = (draw: (seed: number) => Swarm): string[] =>
    [...new Set(run(draw, 2).findings.filter(({ allowed }) => allowed === undefined).map(({ anomaly }) => anomaly))]

  it('without a word about where it came from', () => {
    expect(anomalies(putAsideWrongly((right) => (record, done) => right.send({ ...record, headers: [] }, done), true))).toContain('false-dead-letter')
  }, 300_000)

  it('without putting it anywhere', () => {
    const nowhere: WorkloadProducer['send'] = (_record, done) => done({ type: 'ok', partition: 0, offset: undefined, timestamp: undefined, attempts: 1, node: 1 })
    expect(anomalies(putAsideWrongly(() => nowhere, false))).toEqual(['lost-dead-letter'])
  }, 300_000)

  it('who waits for ever for a place that takes it', () => {
    const error = { code: 'TOPIC_AUTHORIZATION_FAILED', definite: true }
    const refused: WorkloadProducer['send'] = (_record, done) => done({ type: 'fail', partition: 0, error, attempts: 1, node: 1 })
    expect(anomalies(putAsideWrongly(() => refused, true))).toContain('blocked-partition')
  }, 300_000)
})

describe('a slow consumer', () => {
  it('falls behind while producers write, and catches up when they have stopped', () => {
    const { valid, reasons, convicting, figures, coverage } = run(drawSlowConsumer, 2)
    expect([valid, reasons, convicting]).toEqual([true, [], []])
    expect(figures!['groupLagMax']).toBeGreaterThan(100)
    expect(figures!['groupLagEnd']).toBe(0)
    expect(coverage['pausedPartitions']).toBeGreaterThan(0)
  }, 300_000)
})

/** A slow consumer as a seed draws it, whose client does not keep to what it was asked. */
function slowConsumerOf(wrong: Partial<Record<keyof WorkloadGroupMember, (right: WorkloadGroupMember) => (...args: never[]) => unknown>>): (seed: number) => Swarm {
  const spoilt = <T extends object>(right: T, own: Readonly<Record<string, (right: T) => unknown>>): T => new Proxy(right, {
    get: (target, name) => {
      const value: unknown = own[String(name)]?.(target) ?? Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const member = (client: WorkloadClient): WorkloadClient['groupMember'] => (options) => spoilt(client.groupMember(options), wrong)
  return (seed) => {
    const { plan, ...swarm } = drawSlowConsumer(seed)
    const part = plan.parts[0]!
    const start = (context: WorkloadContext): ReturnType<typeof part.workload.start> =>
      part.workload.start({ ...context, makeClient: (name) => spoilt(context.makeClient(name), { groupMember: member }) })
    return { ...swarm, plan: { ...plan, parts: [{ ...part, workload: { ...part.workload, start } }] } }
  }
}

describe('a client that gives its consumer too much is convicted:', () => {
  const told = (draw: (seed: number) => Swarm): string[] => run(draw, 2).findings
    .filter(({ anomaly }) => anomaly === 'overfull-poll').map(({ aspect = '', message }) => `${aspect}: ${message}`)

  it('more records than max.poll.records', () => {
    const poll = (right: WorkloadGroupMember): WorkloadGroupMember['poll'] => (_maxRecords, timeoutMs, done) => right.poll(1000, timeoutMs, done)
    expect(told(slowConsumerOf({ poll }))).not.toEqual([])
  }, 300_000)

  it('records of a partition that is paused', () => {
    expect(told(slowConsumerOf({ pauseOnly: () => () => undefined }))).toContainEqual(expect.stringContaining('paused'))
  }, 300_000)

  it('and one that does nothing wrong in the same place is not', () => {
    expect(told(slowConsumerOf({}))).toEqual([])
  }, 300_000)
})
