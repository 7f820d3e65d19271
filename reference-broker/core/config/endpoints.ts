/**
 * Reads addresses as Kafka writes them: `NAME://host:port` for listeners, `id@host:port` for quorum voters.
 */
import type { Endpoint, Voter } from './broker-config.ts'

export type Read<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string }

const listenerShape = /^([^:/]+):\/\/(?:\[([\dA-Fa-f:.%]+)\]|([\dA-Za-z._-]*)):(\d+)$/
const voterShape = /^(\d+)@(?:\[([\dA-Fa-f:.%]+)\]|([\dA-Za-z._-]+)):(\d+)$/

/**
 * Names become capitals, as in Kafka. A missing host is loopback: only a host that is written out opens a
 * port wider.
 */
export function readEndpoint(setting: string, text: string): Read<Endpoint> {
  const match = listenerShape.exec(text)
  if (match === null)
    return { ok: false, problem: `${setting} has "${text}", which is not of the form NAME://host:port.` }
  const port = Number(match[4])
  if (port > 65_535) return { ok: false, problem: `${setting} has "${text}", whose port is above 65535.` }
  const host = match[2] ?? (match[3] === '' ? '127.0.0.1' : match[3]!)
  return { ok: true, value: { name: match[1]!.toUpperCase(), host, port } }
}

/** Another process must be able to reach a voter, so port 0 and the address of all interfaces are refused. */
export function readVoter(setting: string, text: string): Read<Voter> {
  const match = voterShape.exec(text)
  if (match === null)
    return { ok: false, problem: `${setting} has "${text}", which is not of the form id@host:port.` }
  const voter = { id: Number(match[1]), host: match[2] ?? match[3]!, port: Number(match[4]) }
  if (voter.port < 1 || voter.port > 65_535) {
    return { ok: false, problem: `${setting} has "${text}", whose port is not between 1 and 65535.` }
  }
  if (isAnyAddress(voter.host)) {
    return { ok: false, problem: `${setting} has "${text}", an address nobody can connect to.` }
  }
  return { ok: true, value: voter }
}

/** The addresses that mean "every interface of this machine". */
export function isAnyAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}
