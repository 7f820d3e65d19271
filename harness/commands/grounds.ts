/** Where a trial takes place, as the flags of `verify` tell: brokers of ours, or somebody else's that have to be met first. */
import { withinAbilities } from '../containers/abilities.ts'
import { imageAsTold } from '../containers/image-as-told.ts'
import { composeAsTold, composeLines, withinCompose } from '../compose/compose-as-told.ts'
import { offLines, type Off } from '../external/abilities.ts'
import { attachAsTold, attachedLines, type ExternalFlags } from '../external/attach-as-told.ts'
import type { Attached } from '../external/attach.ts'
import type { ComposeBrokers } from '../run-compose.ts'
import type { BrokerImage } from '../run-containers.ts'
import type { ExternalCluster } from '../run-external.ts'
import type { AnyScenario } from '../races/race-scenarios.ts'
import { timesLonger } from '../scenario-plan.ts'

export interface GroundsFlags extends ExternalFlags {
  readonly image?: string
  readonly recipe?: string
  readonly compose?: string
}

export interface Grounds {
  /** Of those wanted, as far as they can be run there. */
  readonly scenarios: readonly AnyScenario[]
  /** What cannot be done there. */
  readonly off: readonly Off[]
  /** What a person should know before it begins. */
  readonly lines: string
  /** How many times as long as on processes of ours everything takes. */
  readonly times: number
  readonly attached?: Attached
  readonly external?: ExternalCluster
  readonly image?: BrokerImage
  readonly compose?: ComposeBrokers
  /** Leaves them as they were. */
  readonly close: () => Promise<void>
}

/** Their scenarios have more to show, and nobody waits for them who did not ask. */
const containerTimes = 2

/** Throws a UserError. */
export async function groundsAsTold(flags: GroundsFlags, wanted: readonly AnyScenario[]): Promise<Grounds> {
  const close = (): Promise<void> => Promise.resolve()
  if (flags.compose !== undefined) {
    const fit = withinCompose(wanted)
    const compose = await composeAsTold(flags.compose, flags.topicPrefix)
    const { attached, project } = compose
    const times = containerTimes * timesLonger({ takesSettings: false })
    return { ...fit, lines: composeLines(compose) + offLines(fit.off), times, attached, compose, close: () => project.close() }
  }
  const external = await attachAsTold(flags)
  if (external !== undefined) {
    const { attached, off } = external
    return { scenarios: wanted, off, lines: attachedLines(external) + offLines(off), times: 1, attached, external, close }
  }
  if (!wanted.some(({ target }) => target === 'containers')) return { scenarios: wanted, off: [], lines: '', times: 1, close }
  const image = await imageAsTold(flags)
  const fit = await withinAbilities(wanted, image)
  return { ...fit, lines: offLines(fit.off), times: containerTimes * timesLonger(image.recipe), image, close }
}
