/** What a race came to: the judgement of its history, and beside it what the script itself saw on the wire. */
import { mergeValid, type Finding, type Judgement } from '../../checkers/verdict.ts'
import type { Op } from '../../history/op.ts'
import { judgeRun } from '../judge-run.ts'
import type { RacePlayed } from './play-race.ts'
import type { Race } from './race.ts'
import { wireAnomalies } from './wire-anomalies.ts'

export interface RaceOutcome {
  readonly race: Race
  readonly played: RacePlayed
  readonly ops: readonly Op[]
  /** The brokers broke, in words. */
  readonly failures: readonly string[]
  readonly accept: readonly string[]
}

/** A known bug of the protocol convicts under its issue's number, unless that is accepted. */
export function judgeRace({ race, played, ops, failures, accept }: RaceOutcome): Judgement {
  const judgement = judgeRun({ ops, failures, failuresConvict: true, accept })
  const ruled = [...played.findings, ...judgement.findings].map((finding) => ruledFinding(race, played, finding, accept))
  const findings = [...ruled.filter(({ allowed }) => allowed === undefined), ...ruled.filter(({ allowed }) => allowed !== undefined)]
  const reasons = [...played.reasons, ...judgement.reasons]
  const isConvicted = findings.some(({ allowed }) => allowed === undefined)
  const ownChecks = [...Map.groupBy(played.findings, ({ anomaly }) => anomaly)]
  return {
    ...judgement,
    valid: isConvicted ? false : mergeValid([reasons.length > 0 ? 'unknown' : true]),
    findings,
    reasons,
    checkers: [...judgement.checkers, ...ownChecks.map(([name, all]) => ({ name: `wire: ${name}`, findings: all.length, unjudged: [] }))],
  }
}

function ruledFinding({ protocolBug, issue }: Race, { versions, clientFaults }: RacePlayed, finding: Finding, accept: readonly string[]): Finding {
  const isKnown = protocolBug !== undefined && versions.includes(protocolBug.under) && protocolBug.anomalies.includes(finding.anomaly)
  const blamed = blamedFinding(finding, clientFaults)
  const known = isKnown ? protocolBug.issue : finding.anomaly in wireAnomalies ? issue : undefined
  const named: Finding = known === undefined ? blamed : { ...blamed, issue: known }
  if (named.allowed !== undefined) return named
  const id = accept.find((each) => each === named.anomaly || each === named.issue)
  return id === undefined ? named : { ...named, allowed: `accepted: ${id}` }
}

/** Where the wire shows that a record is wrong by its producer's own doing, no broker is to blame. */
function blamedFinding(finding: Finding, clientFaults: ReadonlyMap<string, string>): Finding {
  const because = finding.values?.map((value) => clientFaults.get(String(value))).find((each) => each !== undefined)
  return because === undefined ? finding : { ...finding, blame: 'client', message: `${finding.message}; ${because}` }
}
