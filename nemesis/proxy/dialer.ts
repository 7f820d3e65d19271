/**
 * Who is at the other end of a connection that came in: its first request says so in its client.id. Brokers of Kafka's
 * kind, ours too, name themselves there; everybody else is a client.
 */
import type { LinkEnd } from '../links.ts'

/** Size, API key, API version, correlation id and the length of the client id: the same in every request header. */
const headBytes = 14
const smallestRequestBytes = 10
const largestRequestBytes = 104_857_600

/** As `raft-client-1`, `broker-1-fetcher-0`, and the bare `1` of a broker's way to its controller. */
const brokerClientId = /^(?:raft-client-(\d+)|broker-(\d+)-.+|(\d+))$/

/** The client id of the first request; null when it has none or is no request, undefined when more bytes are needed. */
export function readClientId(bytes: Uint8Array): string | null | undefined {
  if (bytes.length < headBytes) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const size = view.getInt32(0)
  const length = view.getInt16(12)
  if (size < smallestRequestBytes || size > largestRequestBytes || length < 0 || length > size - smallestRequestBytes) return null
  if (bytes.length < headBytes + length) return undefined
  return new TextDecoder().decode(bytes.subarray(headBytes, headBytes + length))
}

export function dialerOf(clientId: string | null, brokerIds: readonly number[]): LinkEnd {
  const match = brokerClientId.exec(clientId ?? '')
  const id = Number(match?.[1] ?? match?.[2] ?? match?.[3] ?? -1)
  return brokerIds.includes(id) ? id : 'clients'
}
