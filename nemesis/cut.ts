/**
 * What all faults of the network share: cutting a set of directed links, showing that just these are cut, and healing
 * them.
 *
 * How it is shown. A client cannot look at the link between two brokers, and what brokers do about a cut (leave an
 * in-sync set, lose a session) takes seconds and may come from something else. So beside every node stands a prober: it
 * sends a numbered message over the link, and the prober at the other end either gets it or does not. The message goes
 * where the brokers' bytes go (in the simulator over the same link of the same two machines, on processes through the same
 * rule of the proxy, under the name of a broker) but no broker handles it, so a crash or a pause by another attack does
 * not look like a cut. One round asks all links at once. The cut is in force when in one round
 * - every cut link was silent,
 * - every other link brought its message (those another attack has cut aside): the reverse of a one-way cut, and proof
 *   that silence is not a slow machine or a proxy that cut everything,
 * - and each cut link holds bytes and has let none through since it was cut, counted where bytes leave it.
 * An injection that does nothing fails all but the second. That the brokers' own connections are taken for what they are is
 * not shown by a probe; what a link had held when it is healed is recorded for that.
 */
import type { Random } from '../ports/random.ts'
import type { Aim } from './aim.ts'
import { canCut, type BrokerControl, type LinkControl, type LinkTraffic } from './control.ts'
import { probeTimeoutMs, type Fault, type FaultContext, type Shown } from './fault.ts'
import { allLinks, isSameLink, linkName, type Link } from './links.ts'

export interface CutOptions {
  readonly name: string
  readonly describes: string
  readonly aims: readonly Aim[]
  /** Which links; by lot, for what the aim leaves open. None: there is nothing to cut. */
  readonly links: (targets: readonly number[], brokerIds: readonly number[], random: Random) => readonly Link[]
}

const betweenRoundsMs = 50

export function cutFault({ name, describes, aims, links: choose }: CutOptions): Fault {
  return {
    name,
    describes,
    aims,
    isAvailable: canCut,
    sharesTargets: true,
    draw: (random, { control, targets }) => {
      const links = choose(targets, control.brokerIds, random)
      const taken = canCut(control) ? control.links.cutLinks() : []
      const isFree = links.every((link) => !taken.some((other) => isSameLink(link, other)))
      return links.length > 0 && isFree && canCut(control) ? { links } : undefined
    },
    inject: (context, _targets, done) => inject(context, done),
    heal: (context, _targets, done) => heal(context, done),
  }
}

function linksOf({ parameters }: FaultContext): readonly Link[] {
  return parameters['links'] as readonly Link[]
}

function abilityOf(control: BrokerControl): LinkControl {
  if (!canCut(control)) throw new Error('this target has no links to cut')
  return control.links
}

function inject(context: FaultContext, done: (shown: Shown) => void): void {
  const links = linksOf(context)
  const ability = abilityOf(context.control)
  ability.cut(links, () => {
    ability.traffic(links, (before) => awaitRound(context, (answer) => lookAtCut(context, before, answer), done))
  })
}

/** One round over all links, and what the cut ones held and let through meanwhile. */
function lookAtCut(context: FaultContext, before: readonly LinkTraffic[], done: (shown: Shown) => void): void {
  const links = linksOf(context)
  const ability = abilityOf(context.control)
  const isMine = (link: Link): boolean => links.some((mine) => isSameLink(mine, link))
  const cutByOthers = ability.cutLinks().filter((link) => !isMine(link))
  const others = allLinks(context.control.brokerIds).filter((link) => !isMine(link))
  probeAll(ability, [...links, ...others], (arrived) => {
    const excused = [...cutByOthers, ...ability.cutLinks()]
    const loud = links.filter((_, at) => arrived[at])
    const lost = others.filter((link, at) => {
      return !arrived[links.length + at] && !excused.some((other) => isSameLink(other, link))
    })
    ability.traffic(links, (after) => {
      const held = after.every(({ heldBytes, movedBytes }, at) => heldBytes > 0 && movedBytes === before[at]!.movedBytes)
      const evidence = {
        silent: links.filter((link) => !loud.includes(link)).map(linkName),
        reached: others.length - lost.length,
        notReached: lost.map(linkName),
        heldBytes: Object.fromEntries(links.map((link, at) => [linkName(link), after[at]!.heldBytes])),
      }
      done({ shown: loud.length === 0 && lost.length === 0 && held, evidence })
    })
  })
}

function heal(context: FaultContext, done: (shown: Shown) => void): void {
  const links = linksOf(context)
  const ability = abilityOf(context.control)
  ability.heal(links, (held) => {
    const hadHeld = Object.fromEntries(links.map((link, at) => [linkName(link), held[at]!]))
    awaitRound(context, (answer) => lookAtHealed(ability, links, answer), ({ shown, evidence }) => {
      done({ shown, evidence: { ...evidence, hadHeld } })
    })
  })
}

function lookAtHealed(ability: LinkControl, links: readonly Link[], done: (shown: Shown) => void): void {
  probeAll(ability, links, (arrived) => {
    const silent = links.filter((_, at) => !arrived[at])
    done({ shown: silent.length === 0, evidence: { reached: links.length - silent.length, notReached: silent.map(linkName) } })
  })
}

export function probeAll(ability: LinkControl, links: readonly Link[], done: (arrived: readonly boolean[]) => void): void {
  const arrived: boolean[] = links.map(() => false)
  let open = links.length
  links.forEach((link, at) => ability.probe(link, probeTimeoutMs, (yes) => {
    arrived[at] = yes
    open--
    if (open === 0) done(arrived)
  }))
}

/** Round after round, until one shows it or the time is up; then the last one tells. */
export function awaitRound(
  { loop, evidenceTimeoutMs }: FaultContext,
  round: (done: (shown: Shown) => void) => void,
  done: (shown: Shown) => void,
): void {
  const deadlineMs = loop.now() + evidenceTimeoutMs
  const look = (): void =>
    round((seen) => {
      if (seen.shown || loop.now() >= deadlineMs) done(seen)
      else loop.after(betweenRoundsMs, look)
    })
  look()
}
