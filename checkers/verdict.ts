/**
 * What judging says. Three values: false beats 'unknown' beats true, and nothing becomes true by silence.
 * A finding is data; sentences, HTML and JUnit are renderings of it.
 */
import type { Key, Value } from '../history/op.ts'

export type Valid = true | false | 'unknown'

/** One step of the story a finding tells, each pointing at the op it comes from. */
export interface WitnessStep {
  /** Index of an op of the history. */
  readonly op: number
  /** What that op shows, in a few words: `acknowledged v17 at offset 4`. */
  readonly shows: string
}

export interface Finding {
  /** Jepsen's name where there is one: `lost-write`. */
  readonly anomaly: string
  /** Ids of the promises it breaks: `DUR-2`. */
  readonly guarantees: readonly string[]
  /** How it showed, in one word, where the policy table tells cases of one anomaly apart: `pipelined`, `lost`, … */
  readonly aspect?: string
  /** The issue of a known bug of a broker or of the protocol: it convicts under that name unless accepted. */
  readonly issue?: string
  /** Whose fault it is, where attempts, nodes and error codes of the history can tell. */
  readonly blame?: 'broker' | 'client' | 'harness'
  /** One sentence with the values in it. */
  readonly message: string
  readonly key?: Key
  readonly values?: readonly Value[]
  readonly offsets?: readonly number[]
  /** The smallest set of ops that shows it, in order. */
  readonly witness: readonly WitnessStep[]
  /** Set when the configuration lawfully allows it: the reason. It is listed and does not convict. */
  readonly allowed?: string
}

export interface OpCounts {
  readonly invoke: number
  readonly ok: number
  readonly fail: number
  readonly info: number
}

/** A fault the nemesis injected, as the history shows it. Times are nanoseconds of the run. */
export interface FaultRecord {
  readonly name: string
  readonly targets: readonly (number | string)[]
  readonly startTime: number | null
  /** null while it was never healed. */
  readonly endTime: number | null
  /** Seen in force by another means than its injection. */
  readonly inForce: boolean
  readonly evidence: unknown
}

/** How long no send to a key was acknowledged while one waited. */
export interface KeyStall {
  readonly key: Key
  readonly stallMs: number
}

/** What one fault did to sending; see availability.ts. */
export interface FaultAvailability {
  readonly name: string
  readonly targets: readonly (number | string)[]
  /** Nanoseconds of the run; `endTime` is null while it was never healed. */
  readonly startTime: number | null
  readonly endTime: number | null
  /** The longest time without any acknowledgement that reaches into the fault, counted from its start. */
  readonly longestStallMs: number
  /** The same by key, the longest first. */
  readonly keys: readonly KeyStall[]
  /** From the start to the next acknowledgement; null when there was none. */
  readonly nextAcknowledgedMs: number | null
  /** From healing until each key that stood still then was acknowledged again; null when that never came. */
  readonly recoveryMs: number | null
}

/** Measured, never judged. */
export interface Availability {
  /** Of the whole run. */
  readonly longestStallMs: number
  readonly keys: readonly KeyStall[]
  /** The longest recovery of those that came; null when none did. */
  readonly recoveryMsMax: number | null
  readonly faults: readonly FaultAvailability[]
}

/** A service level objective, measured. */
export interface Objective {
  /** `produceP99Ms`, `longestStallMs`, `lost`, …; less is better. */
  readonly name: string
  readonly limit: number
  /** null when there was nothing to measure. */
  readonly measured: number | null
  readonly isMet: boolean
}

/** The judgement of one history. */
export interface Judgement {
  readonly valid: Valid
  readonly ops: OpCounts
  /** Records acknowledged (ok sends). */
  readonly acknowledged: number
  readonly faults: readonly FaultRecord[]
  readonly findings: readonly Finding[]
  /** Why the verdict is 'unknown', and what could not be judged; empty for a clean true. */
  readonly reasons: readonly string[]
  /** Numbers worth printing and asking a floor of: see figures.ts. */
  readonly figures?: Readonly<Record<string, number>>
  /** Missing where times are, or where nothing was sent. */
  readonly availability?: Availability
  /**
   * Checkers that ran, each with how many findings it had and what it could not judge. `findings` above keeps the
   * smallest of each anomaly; a checker is named for its anomaly, so the rest is this count less those listed.
   */
  readonly checkers: readonly { readonly name: string; readonly findings: number; readonly unjudged: readonly string[] }[]
}

export interface ScenarioVerdict {
  readonly name: string
  readonly target: string
  readonly valid: Valid
  /** Simulated seeds it ran; 1 on real targets. */
  readonly seeds: number
  readonly ops: OpCounts
  readonly acknowledged: number
  readonly faults: readonly FaultRecord[]
  readonly findings: readonly Finding[]
  readonly reasons: readonly string[]
  /** Numbers worth printing: `leaderChanges`, `opsUnderFault`, … */
  readonly figures: Readonly<Record<string, number>>
  /** Of the history whose faults are listed. */
  readonly availability?: Availability
  /** Of a load run: what it was to reach, and what it reached. */
  readonly objectives?: readonly Objective[]
  /** For a simulated scenario that failed: the first failing seed and the command that shows it again. */
  readonly failure?: { readonly seed: number; readonly command: string; readonly story: readonly string[] }
}

/** `verdict.json`. */
export interface Verdict {
  readonly valid: Valid
  readonly scenarios: readonly ScenarioVerdict[]
  /** Everything found, allowed or not. */
  readonly anomalies: Readonly<Record<string, number>>
  readonly seed: number
  readonly durationMs: number
}

/** false beats 'unknown' beats true; nothing at all is 'unknown'. */
export function mergeValid(all: readonly Valid[]): Valid {
  if (all.includes(false)) return false
  if (all.length === 0 || all.includes('unknown')) return 'unknown'
  return true
}
