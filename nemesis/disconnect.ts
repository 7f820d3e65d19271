/**
 * Pulls the plug of brokers' machines and puts it in again: nobody reaches them, other brokers and clients alike. Shown by
 * the platform's word and by probes over all links: those of the target are silent while the others bring theirs.
 */
import { canCut, canPlug, type BrokerControl, type LinkControl, type NetworkControl } from './control.ts'
import { awaitRound, probeAll } from './cut.ts'
import type { Fault, FaultContext, Shown } from './fault.ts'
import { allLinks, isSameLink, linkName, type Link } from './links.ts'

type Able = BrokerControl & NetworkControl & { readonly links: LinkControl }

function isAble(control: BrokerControl): control is Able {
  return canPlug(control) && canCut(control)
}

function plugAll(context: FaultContext, targets: readonly number[], connected: boolean, done: (shown: Shown) => void): void {
  const control = context.control as Able
  const said: Record<string, unknown> = {}
  let open = targets.length
  for (const id of targets) {
    control.plug(id, connected, (seen) => {
      said[id] = seen
      open--
      if (open > 0) return
      const isSo = Object.values(said).every((each) => (each as { connected: boolean }).connected === connected)
      awaitRound(context, (answer) => look(context, { targets, connected }, answer), ({ shown, evidence }) => {
        done({ shown: shown && isSo, evidence: { ...evidence, platform: said } })
      })
    })
  }
}

interface Wanted {
  readonly targets: readonly number[]
  readonly connected: boolean
}

/** One round over all links; those another attack has cut are nobody's evidence. */
function look({ control }: FaultContext, { targets, connected }: Wanted, done: (shown: Shown) => void): void {
  const { links, brokerIds } = control as Able
  const asked = allLinks(brokerIds)
  probeAll(links, asked, (arrived) => {
    const cut = links.cutLinks()
    const isTheirs = ({ from, to }: Link): boolean => targets.some((id) => id === from || id === to)
    const wrong = asked.filter((link, at) => {
      const expected = connected || !isTheirs(link)
      return arrived[at] !== expected && !(expected && cut.some((other) => isSameLink(other, link)))
    })
    const silent = asked.filter((_, at) => !arrived[at]).map(linkName)
    done({ shown: wrong.length === 0, evidence: { silent, reached: asked.length - silent.length, otherwise: wrong.map(linkName) } })
  })
}

export const disconnect: Fault = {
  name: 'disconnect',
  describes: 'Disconnects a broker from the network altogether, and connects it again.',
  isAvailable: isAble,
  aims: ['leader', 'controller', 'in-sync-follower', 'one'],
  inject: (context, targets, done) => plugAll(context, targets, false, done),
  heal: (context, targets, done) => plugAll(context, targets, true, done),
}
