/** The checkers against the naive reading of their definitions, on small histories without any sense. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseNotation } from '../history/notation.ts'
import { judge } from './judge.ts'
import { NaiveJudge } from './testing/naive-judge.ts'
import type { Finding } from './verdict.ts'

const outcome = fc.constantFrom('ok', 'ok', 'ok', 'info', 'fail')
const offset = fc.nat(5)
const key = fc.constantFrom('x', 'x', 'y')
const record = fc.tuple(key, offset, fc.nat(9))
const actor = fc.nat(3)

type Step =
  | { readonly kind: 'send' | 'txn'; readonly actor: number; readonly to: readonly [string, number, number][]; readonly ends: string; readonly later: boolean }
  | { readonly kind: 'poll'; readonly actor: number; readonly to: readonly [string, number, number][]; readonly ends: string }
  | { readonly kind: 'assign'; readonly actor: number; readonly ends: string; readonly keys: string }
  | { readonly kind: 'crash'; readonly actor: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('send', 'txn'), actor, to: fc.array(record, { minLength: 1, maxLength: 3 }), ends: outcome, later: fc.boolean() }),
  fc.record({ kind: fc.constant('poll'), actor, to: fc.array(record, { maxLength: 4 }), ends: outcome }),
  fc.record({ kind: fc.constant('poll'), actor, to: fc.array(record, { maxLength: 4 }), ends: outcome }),
  fc.record({ kind: fc.constant('assign'), actor, ends: outcome, keys: fc.constantFrom('x', 'y', 'x y') }),
  fc.record({ kind: fc.constant('crash'), actor }),
)

/** Every send has its own value, in order; polls return any of the first ten, sent or not. */
function notationOf(steps: readonly Step[]): string {
  let value = 0
  let process = 10
  const lines: string[] = []
  const waiting: string[] = []
  for (const step of steps) {
    // Actors 2 and 3 are clients, each op on a process of its own; 0 and 1 are plain processes.
    const who = step.actor < 2 ? `p${step.actor}` : `p${process++}/client-${step.actor}`
    if (step.kind === 'crash') lines.push(`${who} crash -> info`)
    else if (step.kind === 'assign') lines.push(`${who} assign ${step.keys} -> ${step.ends}`)
    else if (step.kind === 'poll') {
      lines.push(`${who} poll -> ${step.ends} ${step.to.map(([key, offset, value]) => `${key}[${offset}:${value}]`).join(' ')}`)
    } else {
      const asked = step.to.map(([key]) => `${step.kind === 'txn' ? 'send ' : ''}${key} ${value++}`).join(', ')
      const told = step.to.map(([, offset]) => (offset === 5 ? '@?' : `@${offset}`)).join(', ')
      if (step.later && step.actor >= 2) {
        lines.push(`${who} ${step.kind} ${asked}`)
        waiting.push(`${who.split('/')[0]} -> ${step.ends} ${told}`)
      } else lines.push(`${who} ${step.kind} ${asked} -> ${step.ends} ${told}`)
    }
    if (waiting.length > 1) lines.push(waiting.shift()!)
  }
  return lines.join('\n')
}

/** As the naive judge writes them. */
function line({ anomaly, key, values, offsets }: Finding): string {
  if (anomaly === 'inconsistent-offsets') return `${anomaly} ${key} ${offsets![0]}`
  if (anomaly.endsWith('poll') || anomaly.endsWith('poll-skip')) return `${anomaly} ${key} ${offsets!.join('-')}`
  return `${anomaly} ${key} ${values!.join('-')}`
}

describe('the checkers', () => {
  it('find exactly what the definitions say, in any history', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 14 }), steps => {
        const ops = parseNotation(notationOf(steps))
        const { findings } = judge(ops)
        expect(findings.map(line).sort()).toEqual(new NaiveJudge(ops).findings())
      }),
      { numRuns: 3000 },
    )
  })
})
