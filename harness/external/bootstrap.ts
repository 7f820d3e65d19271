import type { BrokerAddress } from '../../workloads/client/broker-connection.ts'
import { UserError } from '../exit-codes.ts'

/** `host:port,…`, as in bootstrap.servers; an IPv6 address stands in brackets. Throws a UserError. */
export function parseBootstrap(text: string): readonly BrokerAddress[] {
  return text.split(',').map((each) => {
    const match = /^(?:\[([\da-fA-F:.%]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(each.trim())
    const port = Number(match?.[3] ?? 0)
    if (match === null || port < 1 || port > 65_535) {
      throw new UserError(`--bootstrap takes HOST:PORT, several with commas between; "${each}" is none.`)
    }
    return { host: (match[1] ?? match[2])!, port }
  })
}

const prefixMax = 200

/** Throws a UserError when topics cannot be named so. */
export function checkTopicPrefix(prefix: string): string {
  if (!/^[\w.-]+$/.test(prefix) || prefix.length > prefixMax) {
    throw new UserError(`--topic-prefix takes letters, digits, ".", "_" and "-", at most ${prefixMax}; "${prefix}" is not that.`)
  }
  return prefix
}
