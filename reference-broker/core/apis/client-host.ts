/** Where a client comes from, as Kafka writes it: a slash and the address, without the port. */
export function clientHost(remote: string): string {
  const colon = remote.lastIndexOf(':')
  return `/${colon < 0 ? remote : remote.slice(0, colon)}`
}
