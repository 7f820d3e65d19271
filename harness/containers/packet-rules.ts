/**
 * Packets by directed link, as iptables rules in the network of one broker: a chain for each link that ends or begins there.
 * What the broker hears is ruled where it arrives; what it says to the clients, where it leaves, because their network is
 * nobody's to change. Whoever is no broker counts as the clients. A link is cut by a DROP at the head of its chain, so what
 * it dropped and what it let through are counted apart. Chains outlive the broker: its network is its helper's.
 */
import type { LinkTraffic } from '../../nemesis/control.ts'
import type { Link } from '../../nemesis/links.ts'

/** The broker in whose network a link is ruled. */
export function rulerOf({ from, to }: Link): number {
  return to === 'clients' ? (from as number) : to
}

function chainOf({ from, to }: Link): string {
  return `link-${from}-${to}`
}

/** Everything open and counted; replaces whatever was there. */
export function openRules(id: number, addresses: ReadonlyMap<number, string>): string[] {
  const others = [...addresses].filter(([other]) => other !== id)
  const links: Link[] = [...others.map(([from]) => ({ from, to: id })), { from: 'clients', to: id }, { from: id, to: 'clients' }]
  return [
    ':INPUT ACCEPT [0:0]',
    ':FORWARD ACCEPT [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    ...links.map((link) => `:${chainOf(link)} - [0:0]`),
    '-A INPUT -i lo -j ACCEPT',
    ...others.map(([from, address]) => `-A INPUT -s ${address}/32 -j ${chainOf({ from, to: id })}`),
    `-A INPUT -j ${chainOf({ from: 'clients', to: id })}`,
    '-A OUTPUT -o lo -j ACCEPT',
    ...others.map(([, address]) => `-A OUTPUT -d ${address}/32 -j ACCEPT`),
    `-A OUTPUT -j ${chainOf({ from: id, to: 'clients' })}`,
    ...links.map((link) => `-A ${chainOf(link)} -j ACCEPT`),
  ]
}

export function cutRules(links: readonly Link[]): string[] {
  return links.map((link) => `-I ${chainOf(link)} 1 -j DROP`)
}

export function healRules(links: readonly Link[]): string[] {
  return links.map((link) => `-D ${chainOf(link)} -j DROP`)
}

/** Behind the rule for loopback; links are not counted apart for it. */
export function lossRules(share: number, before: number): string[] {
  const lose = (chance: number): string => `-m statistic --mode random --probability ${chance} -j DROP`
  const put = share === 0 ? [] : ['INPUT', 'OUTPUT'].map((chain) => `-I ${chain} 2 ${lose(share)}`)
  const taken = before === 0 ? [] : ['INPUT', 'OUTPUT'].map((chain) => `-D ${chain} 2`)
  return [...taken, ...put]
}

const counted = /^\[\d+:(\d+)\] -A (link-\S+)( .*)? -j (ACCEPT|DROP)$/

/** What the links of one broker's network have done, from the text of `iptables-save -c`. */
export function readTraffic(saved: string, links: readonly Link[]): LinkTraffic[] {
  const bytes = new Map<string, number>()
  for (const line of saved.split('\n')) {
    const [, count, chain, , verdict] = counted.exec(line) ?? []
    if (chain === undefined) continue
    const key = `${chain} ${verdict}`
    bytes.set(key, (bytes.get(key) ?? 0) + Number(count))
  }
  return links.map((link) => ({
    movedBytes: bytes.get(`${chainOf(link)} ACCEPT`) ?? 0,
    heldBytes: bytes.get(`${chainOf(link)} DROP`) ?? 0,
  }))
}
