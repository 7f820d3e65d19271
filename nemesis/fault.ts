/** A fault is a package: how to break, how to heal, and how each is shown to have happened. One fault a file. */
import type { Loop } from '../ports/loop.ts'
import type { Random } from '../ports/random.ts'
import type { Aim } from './aim.ts'
import type { BrokerControl, ClusterView, Facts } from './control.ts'

/** One attack's; its injection and its healing get the same object. */
export interface FaultContext {
  readonly loop: Loop
  readonly control: BrokerControl
  readonly view: ClusterView
  /** How long effects may take to show. */
  readonly evidenceTimeoutMs: number
  /** What the fault drew for this attack. */
  readonly parameters: Facts
}

/** What was seen of an effect, by another means than its cause. */
export interface Shown {
  readonly shown: boolean
  readonly evidence: Facts
}

export interface Fault {
  readonly name: string
  readonly describes: string
  /** Whether the target can be broken so; missing: every target can. */
  readonly isAvailable?: (control: BrokerControl) => boolean
  /** True when its evidence comes from probe records (`ClusterView.writes`): the run then needs their topics. */
  readonly needsWrites?: true
  /** What its targets had written and not synced may be gone afterwards. */
  readonly losesUnsynced?: true
  /** Whom a plan that aims at everything aims it at; missing: at everything. */
  readonly aims?: readonly Aim[]
  /**
   * How hard one attack hits; it is recorded, and given to `inject` and `heal`. Undefined when these targets cannot be
   * hit now.
   */
  readonly draw?: (random: Random, on: { readonly control: BrokerControl; readonly targets: readonly number[] }) => Facts | undefined
  /** Its effect shows whatever else befalls its targets, so other attacks may have them, too. */
  readonly sharesTargets?: true
  inject(context: FaultContext, targets: readonly number[], done: (shown: Shown) => void): void
  /** Of what goes on by itself once it was begun: it is in force until `over`, and healed after that. */
  whenOver?(context: FaultContext, over: () => void): void
  heal(context: FaultContext, targets: readonly number[], done: (shown: Shown) => void): void
}

/** Does `each` to all targets at once; shown when it was shown for every one. */
export function forAll(
  targets: readonly number[],
  each: (target: number, done: (shown: Shown) => void) => void,
  done: (shown: Shown) => void,
): void {
  const evidence: Record<string, Facts> = {}
  let open = targets.length
  let shown = targets.length > 0
  if (open === 0) return done({ shown: false, evidence: { targets: 'none' } })
  for (const target of targets) {
    each(target, (one) => {
      evidence[target] = one.evidence
      shown = shown && one.shown
      open--
      if (open === 0) done({ shown, evidence })
    })
  }
}

/** Asks again and again until the answer is `wanted`; false when the time is up. */
export function awaitProbe(
  loop: Loop,
  wait: { readonly wanted: boolean; readonly timeoutMs: number },
  probe: (done: (yes: boolean) => void) => void,
  done: (met: boolean) => void,
): void {
  const deadlineMs = loop.now() + wait.timeoutMs
  const ask = (): void =>
    probe((yes) => {
      if (yes === wait.wanted) done(true)
      else if (loop.now() >= deadlineMs) done(false)
      else loop.after(probeIntervalMs, ask)
    })
  ask()
}

const probeIntervalMs = 50
/** One probe of a broker that may be frozen: long enough for a busy machine, short enough to be asked often. */
export const probeTimeoutMs = 300
