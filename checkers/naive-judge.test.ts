/** The checkers against the naive reading of their definitions, on small histories without any sense. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseNotation } from '../history/notation.ts'
import { judge } from './judge.ts'
import { NaiveJudge } from './testing/naive-judge.ts'
import type { Finding } from './verdict.ts'

const outcome = fc.constantFrom('ok', 'ok', 'ok', 'info', 'fail')
const offset = fc.nat(5)
const key = fc.constantFrom('t-0', 't-0', 't-1')
const record = fc.tuple(key, offset, fc.nat(9))
const meta = fc.constantFrom('', '', '@0', '@1', '@1/a', '@2/b', '/a')
const actor = fc.nat(3)

type Step =
  | { readonly kind: 'send' | 'txn'; readonly actor: number; readonly to: readonly [string, number, number][]; readonly ends: string; readonly later: boolean; readonly polled: readonly [string, number, number][] }
  | { readonly kind: 'init'; readonly actor: number; readonly ends: string }
  | { readonly kind: 'poll'; readonly actor: number; readonly to: readonly [string, number, number][]; readonly ends: string; readonly metas: readonly string[] }
  | { readonly kind: 'assign'; readonly actor: number; readonly ends: string; readonly keys: string }
  | { readonly kind: 'crash'; readonly actor: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  ...[1, 2].map(() => fc.record({
    kind: fc.constantFrom('send' as const, 'txn' as const),
    actor,
    to: fc.array(record, { minLength: 1, maxLength: 3 }),
    ends: outcome,
    later: fc.boolean(),
    polled: fc.array(record, { maxLength: 2 }),
  })),
  fc.record({ kind: fc.constant('init' as const), actor: fc.constantFrom(2, 3), ends: outcome }),
  ...[1, 2].map(() => fc.record({
    kind: fc.constant('poll' as const),
    actor,
    to: fc.array(record, { maxLength: 4 }),
    metas: fc.array(meta, { minLength: 4, maxLength: 4 }),
    ends: outcome,
  })),
  fc.record({ kind: fc.constant('assign'), actor, ends: outcome, keys: fc.constantFrom('t-0', 't-1', 't-0 t-1') }),
  fc.record({ kind: fc.constant('crash'), actor }),
)

/** Every send has its own value, in order; polls return any of the first ten, sent or not. Actor 3 reads what is uncommitted. */
function notationOf(steps: readonly Step[]): string {
  let value = 0
  let process = 10
  const lines: string[] = ['p9/client-3 assign {"keys":["t-0","t-1"],"isolation":"read_uncommitted"} -> ok']
  const waiting: string[] = []
  for (const step of steps) {
    // Actors 2 and 3 are clients, each op on a process of its own; 0 and 1 are plain processes.
    const who = step.actor < 2 ? `p${step.actor}` : `p${process++}/client-${step.actor}`
    if (step.kind === 'crash') lines.push(`${who} crash -> info`)
    else if (step.kind === 'assign') lines.push(`${who} assign ${step.keys} -> ${step.ends}`)
    else if (step.kind === 'init') lines.push(`${who} init-transactions {"transactionalId":"t"} -> ${step.ends}`)
    else if (step.kind === 'poll') lines.push(`${who} poll -> ${step.ends} ${polledText(step.to, step.metas)}`)
    else {
      const polls = step.kind === 'txn' && step.polled.length > 0
      const asked = `${polls ? 'poll, ' : ''}${step.to.map(([key]) => `${step.kind === 'txn' ? 'send ' : ''}${key} ${value++}`).join(', ')}`
      const told = `${polls ? `${polledText(step.polled, [])}, ` : ''}${step.to.map(([, offset]) => (offset === 5 ? '@?' : `@${offset}`)).join(', ')}`
      if (step.later && step.actor >= 2) {
        // Polls of one consumer do not overlap: who polls and takes its time is nobody else.
        const alone = polls ? `p${process++}` : who
        lines.push(`${alone} ${step.kind} ${asked}`)
        waiting.push(`${alone.split('/')[0]} -> ${step.ends} ${told}`)
      } else lines.push(`${who} ${step.kind} ${asked} -> ${step.ends} ${told}`)
    }
    if (waiting.length > 1) lines.push(waiting.shift()!)
  }
  return lines.join('\n')
}

function polledText(records: readonly (readonly [string, number, number])[], metas: readonly string[]): string {
  return records.map(([key, offset, value], at) => `${key}[${offset}:${value}${metas[at] ?? ''}]`).join(' ')
}

/** As the naive judge writes them. */
function line({ anomaly, aspect, key, values, offsets, message }: Finding): string {
  if (anomaly === 'G0' || anomaly === 'G1c') return `${anomaly} ${aspect ?? ''}`
  if (['G1b', 'torn-transaction', 'zombie-write'].includes(anomaly)) return anomaly
  if (anomaly === 'key-moved') return `${anomaly} ${/"(.*)"/.exec(message)![1]}`
  if (anomaly === 'leader-epoch-regression') return `${anomaly} ${key} ${offsets!.join('-')}`
  if (anomaly === 'inconsistent-offsets') return `${anomaly} ${key} ${offsets![0]}`
  if (anomaly.endsWith('poll') || anomaly.endsWith('poll-skip')) return `${anomaly} ${key} ${offsets!.join('-')}`
  return `${anomaly} ${key} ${values!.join('-')}`
}

/** Of cycles, one of each kind is enough. */
function isCycle(line: string): boolean {
  return line.startsWith('G0 ') || line.startsWith('G1c ')
}

describe('the checkers', () => {
  it('find exactly what the definitions say, in any history', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 14 }), steps => {
        const ops = parseNotation(notationOf(steps))
        const lines = judge(ops).findings.map(line)
        const cycles = new Set(lines.filter(isCycle))
        expect([...lines.filter(one => !isCycle(one)), ...cycles].sort()).toEqual(new NaiveJudge(ops).findings())
      }),
      { numRuns: 3000 },
    )
  })
})
