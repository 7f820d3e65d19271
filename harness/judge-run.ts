/** Judging one run: what the checkers say of its history, and what its target said of itself. */
import { judge } from '../checkers/judge.ts'
import { mergeValid, type Finding, type Judgement, type ScenarioVerdict } from '../checkers/verdict.ts'
import type { Ops } from '../history/op.ts'

export interface RunOutcome {
  readonly ops: Ops
  /** A broker stopped by itself, an invariant broke, the cluster never came up: one sentence each. */
  readonly failures: readonly string[]
  /** Whether a failure convicts the brokers, or only leaves nothing to judge. */
  readonly failuresConvict: boolean
  readonly accept: readonly string[]
}

/** Everything found, by anomaly, allowed or not, also what is not listed one by one. */
export function anomaliesOf(judgement: Judgement): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { name, findings } of judgement.checkers) if (findings > 0) counts[name] = findings
  const failures = judgement.findings.filter(({ anomaly }) => anomaly === brokerFailure).length
  return failures === 0 ? counts : { ...counts, [brokerFailure]: failures }
}

export const brokerFailure = 'broker-failure'

/** Failures are findings of their own, beside what the history shows. */
export function judgeRun(outcome: RunOutcome): Judgement {
  const { ops, failures, failuresConvict, accept } = outcome
  const judgement = judge(ops, { accept })
  if (failures.length === 0) return judgement
  if (!failuresConvict) {
    return { ...judgement, valid: mergeValid([judgement.valid, 'unknown']), reasons: [...failures, ...judgement.reasons] }
  }
  const findings = failures.map((message): Finding => ({
    anomaly: brokerFailure,
    guarantees: [],
    message: message.split('\n')[0]!,
    witness: [],
  }))
  return { ...judgement, valid: false, findings: [...findings, ...judgement.findings] }
}

/** Of one part of a scenario on real brokers. */
export interface JudgedPart {
  readonly verdict: ScenarioVerdict
  readonly anomalies: Readonly<Record<string, number>>
  readonly ops: Ops
}

/** In the order of the parts; a trial has at least one. */
export type JudgedParts = readonly [JudgedPart, ...JudgedPart[]]

/** What one run on a real target came to. */
export function scenarioVerdict(
  { name, target }: Pick<ScenarioVerdict, 'name' | 'target'>,
  judgement: Judgement,
  wasCutShort: boolean,
): ScenarioVerdict {
  const { valid, ops, acknowledged, faults, findings, figures = {}, availability } = judgement
  const reasons = [...(wasCutShort ? ['the run was cut short'] : []), ...judgement.reasons]
  const verdict = { name, target, valid: wasCutShort ? mergeValid([valid, 'unknown']) : valid, seeds: 1, ops, acknowledged, faults, findings, reasons, figures }
  return availability === undefined ? verdict : { ...verdict, availability }
}
