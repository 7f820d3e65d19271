/** What a broker's log says of connections that ended. */

export interface ClosedConnection {
  readonly level: string
  readonly remote: string
  readonly listener: string
  readonly reason: string
  readonly api?: string
  readonly clientId?: string
}

/** All of them, in order; `log` is what the process said, of which other lines are passed over. */
export function closedConnections(log: string): ClosedConnection[] {
  return log.split('\n').filter((line) => line.includes('"connection closed"')).map((line) => JSON.parse(line) as ClosedConnection)
}

/** Undefined for a connection that was broken before the broker took it. */
export function portOf({ remote }: ClosedConnection): number | undefined {
  return remote === 'unknown' ? undefined : Number(remote.slice(remote.lastIndexOf(':') + 1))
}
