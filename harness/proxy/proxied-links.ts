/** The links between broker processes, as a nemesis cuts and looks at them: every connection goes through the proxy. */
import type { HeldByLink, LinkControl, LinkTraffic } from '../../nemesis/control.ts'
import { isSameLink, type Link, type LinkEnd } from '../../nemesis/links.ts'
import { LinkProber } from './link-prober.ts'
import type { ProxyListener } from './messages.ts'
import { ProxyProcess } from './proxy-process.ts'

export interface ProxiedLinksOptions {
  /** What starts the proxy. */
  readonly command: readonly string[]
  readonly brokerIds: readonly number[]
  /** Of each broker. */
  readonly listenerNames: readonly string[]
  readonly seed: number
  /** Where the wire record of producers goes (wire-record.ts); none is made without. */
  readonly record?: string
}

export class ProxiedLinks implements LinkControl {
  readonly #proxy: ProxyProcess
  readonly #prober = new LinkProber()
  #ports: Readonly<Record<string, number>> = {}
  #cut: readonly Link[] = []

  private constructor(proxy: ProxyProcess) {
    this.#proxy = proxy
  }

  static async open({ command, brokerIds, listenerNames, seed, record }: ProxiedLinksOptions): Promise<ProxiedLinks> {
    const links = new ProxiedLinks(new ProxyProcess(command))
    const listeners: ProxyListener[] = brokerIds.flatMap((id) =>
      listenerNames.map((name) => ({ name: listenerOf(id, name), to: id, isProbe: false })))
    const probed: LinkEnd[] = [...brokerIds, 'clients']
    for (const end of probed) listeners.push({ name: probeListener(end), to: end, isProbe: true })
    links.#ports = await links.#proxy.ask({ do: 'listen', brokerIds, seed, listeners, ...(record !== undefined && { record }) })
    await Promise.all(probed.map(async (end) => {
      const name = probeListener(end)
      links.#prober.dialAt(end, links.#ports[name]!)
      await links.#proxy.ask({ do: 'direct', name, port: await links.#prober.listen() })
    }))
    return links
  }

  /** Resolves when the proxy has ended by itself: with how, in words. */
  get lost(): Promise<string> {
    return this.#proxy.lost
  }

  /** Where others dial the listener of a broker. */
  port(brokerId: number, listener: string): number {
    return this.#ports[listenerOf(brokerId, listener)]!
  }

  /** Where the listener of a broker really is; undefined: gone. */
  direct(brokerId: number, listener: string, port: number | undefined): void {
    this.#proxy.tell({ do: 'direct', name: listenerOf(brokerId, listener), port: port ?? null }, () => undefined)
  }

  /** The same for a broker on another machine. */
  directFar(brokerId: number, listener: string, { host, port }: { readonly host: string; readonly port: number }): void {
    this.#proxy.tell({ do: 'direct', name: listenerOf(brokerId, listener), port, host }, () => undefined)
  }

  cut(links: readonly Link[], done: () => void): void {
    this.#cut = [...this.#cut, ...links]
    this.#proxy.tell({ do: 'cut', links }, () => done())
  }

  heal(links: readonly Link[], done: (held: readonly HeldByLink[]) => void): void {
    this.#cut = this.#cut.filter((link) => !links.some((healed) => isSameLink(healed, link)))
    this.#proxy.tell({ do: 'heal', links }, done)
  }

  cutLinks(): readonly Link[] {
    return this.#cut
  }

  traffic(links: readonly Link[], done: (traffic: readonly LinkTraffic[]) => void): void {
    this.#proxy.tell({ do: 'traffic', links }, done)
  }

  probe(link: Link, timeoutMs: number, done: (arrived: boolean) => void): void {
    this.#prober.probe(link, timeoutMs, done)
  }

  async close(): Promise<void> {
    this.#prober.close()
    await this.#proxy.end()
  }
}

function listenerOf(brokerId: number, listener: string): string {
  return `broker-${brokerId}/${listener}`
}

function probeListener(end: LinkEnd): string {
  return `probe/${end}`
}
