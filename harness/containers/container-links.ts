/** The links between containers, as a nemesis cuts and looks at them: by rules for packets, through the brokers' helpers. */
import type { HeldByLink, LinkControl, LinkTraffic } from '../../nemesis/control.ts'
import { isSameLink, linkName, type Link, type LinkEnd } from '../../nemesis/links.ts'
import type { HelperProcess } from './helper-process.ts'
import { probePort } from './helper/messages.ts'
import type { Trouble } from './trouble.ts'
import { cutRules, healRules, lossRules, openRules, readTraffic, rulerOf } from './packet-rules.ts'

export interface ContainerLinksOptions {
  /** In the cluster's network, by broker. */
  readonly addresses: ReadonlyMap<number, string>
  /** As brokers see the clients. */
  readonly clientsAddress: string
  readonly trouble: Trouble
}

export class ContainerLinks implements LinkControl {
  readonly #options: ContainerLinksOptions
  readonly #addresses: Map<number, string>
  readonly #helpers = new Map<LinkEnd, HelperProcess>()
  /** Probes under way. */
  readonly #open = new Map<number, () => void>()
  #cut: readonly Link[] = []
  /** By broker, where some is. */
  readonly #loss = new Map<number, number>()
  #nextProbe = 1

  constructor(options: ContainerLinksOptions) {
    this.#options = options
    this.#addresses = new Map(options.addresses)
  }

  /** A probe has come out where this helper is. */
  arrived(probe: number): void {
    this.#open.get(probe)?.()
  }

  /** From now on the helper rules, or stands for, this end. */
  async place(end: LinkEnd, helper: HelperProcess): Promise<void> {
    this.#helpers.set(end, helper)
    if (end !== 'clients') await helper.ask({ do: 'restore', lines: openRules(end, this.#addresses), flush: true })
  }

  /** A broker has this address now, and this helper: everybody's rules are set again, and what is cut stays cut. */
  async move(id: number, address: string, helper: HelperProcess): Promise<void> {
    const isElsewhere = this.#addresses.get(id) !== address
    this.#addresses.set(id, address)
    this.#helpers.set(id, helper)
    const concerned = isElsewhere ? [...this.#addresses.keys()] : [id]
    await Promise.all(concerned.map((broker) => this.#ruleAgain(broker)))
  }

  async #ruleAgain(id: number): Promise<void> {
    const loss = this.#loss.get(id) ?? 0
    const cut = cutRules(this.#cut.filter((link) => rulerOf(link) === id))
    const lines = [...openRules(id, this.#addresses), ...cut, ...(loss === 0 ? [] : lossRules(loss, 0))]
    await this.helper(id).ask({ do: 'restore', lines, flush: true })
  }

  /** No rule of ours is left. */
  async open(): Promise<void> {
    const brokers = [...this.#helpers].filter(([end]) => end !== 'clients')
    await Promise.all(brokers.map(([, helper]) => helper.ask({ do: 'take-back' })))
  }

  helper(end: LinkEnd): HelperProcess {
    const found = this.#helpers.get(end)
    if (found === undefined) throw new Error(`there is no helper beside ${end}`)
    return found
  }

  cut(links: readonly Link[], done: () => void): void {
    this.#cut = [...this.#cut, ...links]
    this.#options.trouble.after(this.#rule(links, cutRules), done)
  }

  /** Nothing waits on a link of packets: who sent what was dropped sends it again, as TCP does, and no connection is reset. */
  heal(links: readonly Link[], done: (held: readonly HeldByLink[]) => void): void {
    this.#cut = this.#cut.filter((link) => !links.some((healed) => isSameLink(healed, link)))
    const healed = this.#traffic(links).then(async (traffic) => {
      await this.#rule(links, healRules)
      return traffic.map(({ heldBytes }) => ({ heldBytes, connections: 0, resetConnections: 0 }))
    })
    this.#options.trouble.after(healed, done)
  }

  async losePackets(id: number, share: number): Promise<void> {
    await this.helper(id).ask({ do: 'restore', lines: lossRules(share, this.#loss.get(id) ?? 0), flush: false })
    this.#loss.set(id, share)
  }

  cutLinks(): readonly Link[] {
    return this.#cut
  }

  traffic(links: readonly Link[], done: (traffic: readonly LinkTraffic[]) => void): void {
    this.#options.trouble.after(this.#traffic(links), done)
  }

  probe(link: Link, timeoutMs: number, done: (arrived: boolean) => void): void {
    const probe = this.#nextProbe++
    const tell = (arrived: boolean): void => {
      if (!this.#open.delete(probe)) return
      clearTimeout(timer)
      done(arrived)
    }
    const timer = setTimeout(() => tell(false), timeoutMs)
    this.#open.set(probe, () => tell(true))
    this.#options.trouble.after(this.#send(link, probe), () => undefined)
  }

  /** The helpers end. */
  close(): void {
    for (const helper of this.#helpers.values()) helper.end()
  }

  async #send({ from, to }: Link, probe: number): Promise<void> {
    // A firewall of the clients' machine lets in what answers something: number 0 is nobody's probe.
    if (to === 'clients') await this.helper('clients').ask({ do: 'probe', probe: 0, ...this.#at(from) })
    await this.helper(from).ask({ do: 'probe', probe, ...this.#at(to) })
  }

  #at(end: LinkEnd): { readonly host: string; readonly port: number } {
    if (end === 'clients') return { host: this.#options.clientsAddress, port: this.helper('clients').port }
    return { host: this.#addresses.get(end)!, port: probePort }
  }

  async #rule(links: readonly Link[], render: (links: readonly Link[]) => string[]): Promise<void> {
    const rulers = [...new Set(links.map(rulerOf))]
    await Promise.all(rulers.map((id) => {
      const lines = render(links.filter((link) => rulerOf(link) === id))
      return this.helper(id).ask({ do: 'restore', lines, flush: false })
    }))
  }

  async #traffic(links: readonly Link[]): Promise<LinkTraffic[]> {
    const rulers = [...new Set(links.map(rulerOf))]
    const counted = new Map<string, LinkTraffic>()
    await Promise.all(rulers.map(async (id) => {
      const mine = links.filter((link) => rulerOf(link) === id)
      const traffic = readTraffic(await this.helper(id).ask<string>({ do: 'save' }), mine)
      mine.forEach((link, at) => counted.set(linkName(link), traffic[at]!))
    }))
    return links.map((link) => counted.get(linkName(link))!)
  }
}
