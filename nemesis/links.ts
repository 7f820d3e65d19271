/**
 * The network as directed links between nodes. All clients, with the harness, are one node: they share a machine. What
 * goes over a connection in one direction and what comes back are two links, whoever dialled.
 */

/** A broker's id, or the machine of the clients. */
export type LinkEnd = number | 'clients'

export interface Link {
  readonly from: LinkEnd
  readonly to: LinkEnd
}

/** As it is written in histories: `2>clients`. */
export function linkName({ from, to }: Link): string {
  return `${from}>${to}`
}

export function isSameLink(a: Link, b: Link): boolean {
  return a.from === b.from && a.to === b.to
}

/** Every link there is. */
export function allLinks(brokerIds: readonly number[]): Link[] {
  const ends: LinkEnd[] = [...brokerIds, 'clients']
  return ends.flatMap((from) => ends.filter((to) => to !== from).map((to) => ({ from, to })))
}

/** Both directions between each of one side and each of the other. */
export function linksBetween(one: readonly LinkEnd[], other: readonly LinkEnd[]): Link[] {
  return one.flatMap((a) => other.flatMap((b) => [{ from: a, to: b }, { from: b, to: a }]))
}
