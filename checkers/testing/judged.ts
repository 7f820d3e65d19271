/** Judges histories in the short notation, for tests. */
import { parseNotation } from '../../history/notation.ts'
import { judge } from '../judge.ts'
import type { Finding, Valid } from '../verdict.ts'

/** Broker 2 follows broker 1 as leader of x, in the notation. */
export const leaderChange = 'observe 1 x; observe 2 x leaderEpoch 1'

export interface Judged {
  readonly valid: Valid
  /** Anomalies that convict, each once, sorted. */
  readonly convicts: readonly string[]
  /** Anomalies that are only listed. */
  readonly allowed: readonly string[]
  readonly findings: readonly Finding[]
  readonly reasons: readonly string[]
}

function names(findings: readonly Finding[]): string[] {
  return [...new Set(findings.map(({ anomaly }) => anomaly))].sort()
}

export function judged(notation: string): Judged {
  const { valid, findings, reasons } = judge(parseNotation(notation))
  return {
    valid,
    convicts: names(findings.filter(({ allowed }) => allowed === undefined)),
    allowed: names(findings.filter(({ allowed }) => allowed !== undefined)),
    findings,
    reasons,
  }
}
