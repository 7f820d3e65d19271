/**
 * Repeated side effect: a pipeline called somebody outside the log twice for one input, and both calls did something. Ops
 * `side-effect` (ok: {input, applied}) tell of the calls; judged only where the configuration says that there are any
 * (`sideEffects`: `plain`, which promises nothing and is listed, or `idempotent`, whose handler asks by input what it has done).
 */
import type { Op } from '../history/op.ts'
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { HistoryIndex } from './history-index.ts'
import type { Finding } from './verdict.ts'

const name = 'repeated-side-effect'
const guarantees: readonly string[] = ['TXN-2']

interface SideEffect {
  readonly input: string
  readonly applied: boolean
}

function effectOf({ f, value }: Op): SideEffect | undefined {
  if (f !== 'side-effect' || typeof value !== 'object' || value === null) return undefined
  const { input, applied } = value as Partial<SideEffect>
  return typeof input === 'string' && typeof applied === 'boolean' ? { input, applied } : undefined
}

function finding(input: string, { first, again, kind }: { readonly first: number; readonly again: number; readonly kind: string }): Finding {
  return {
    anomaly: name,
    guarantees,
    aspect: kind,
    message: `input ${input} had its effect outside the log twice`,
    witness: [{ op: first, shows: `${input} had its effect` }, { op: again, shows: `${input} had it again` }],
  }
}

function check({ ops, marks }: HistoryIndex): CheckResult {
  const found = new FindingList()
  const kind = marks.config?.['sideEffects']
  if (typeof kind !== 'string') return found.result()
  const applied = new Map<string, number>()
  for (const op of ops) {
    const effect = effectOf(op)
    if (effect === undefined || !effect.applied) continue
    const first = applied.get(effect.input)
    if (first === undefined) applied.set(effect.input, op.index)
    else found.add(op.index, kind, () => finding(effect.input, { first, again: op.index, kind }))
  }
  return found.result()
}

export const repeatedSideEffect: Checker = {
  name,
  describes: 'An input had its effect outside the log (mail, a payment) twice.',
  guarantees,
  check,
}
