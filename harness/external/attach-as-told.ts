/** From the flags of `verify` to a cluster that is met: what is wrong with them is told before anything is begun. */
import { randomBytes } from 'node:crypto'
import { readClientConfig } from '../client-config/client-config.ts'
import { exitCodes, UserError } from '../exit-codes.ts'
import type { ExternalCluster } from '../run-external.ts'
import { checkServed, whatIsOff } from './abilities.ts'
import { attach, withCoordinators } from './attach.ts'
import { checkTopicPrefix, parseBootstrap } from './bootstrap.ts'

export interface ExternalFlags {
  readonly target?: string
  readonly broker?: string
  readonly defect?: string
  readonly bootstrap?: string
  readonly compose?: string
  readonly topicPrefix?: string
  readonly clientConfig?: string
  readonly client?: string
}

/** undefined when the flags name no cluster; `plain`: neither groups nor transactions will be tried. Throws a UserError. */
export async function attachAsTold(flags: ExternalFlags, { plain = false }: { readonly plain?: boolean } = {}): Promise<ExternalCluster | undefined> {
  const { bootstrap, target, broker, defect, clientConfig } = flags
  if (bootstrap === undefined) {
    if (target === 'external') throw new UserError('--target external needs --bootstrap HOST:PORT,….')
    if (flags.compose !== undefined && clientConfig === undefined) return undefined
    const lonely = flags.topicPrefix === undefined ? '--client-config' : '--topic-prefix'
    if (flags.topicPrefix !== undefined || clientConfig !== undefined) throw new UserError(`${lonely} needs --bootstrap HOST:PORT,….`)
    return undefined
  }
  if (target !== undefined && target !== 'external') throw new UserError(`--bootstrap attaches to a running cluster; leave out --target ${target}.`)
  if (broker !== undefined || defect !== undefined) throw new UserError('--bootstrap attaches to a running cluster; leave out --broker and --defect.')
  const addresses = parseBootstrap(bootstrap)
  const topicPrefix = newTopicPrefix(flags.topicPrefix)
  const security = clientConfig === undefined ? {} : readClientConfig(clientConfig)
  const attached = await attach(addresses, security)
  checkServed(attached)
  const taken = attached.topics.find((name) => name.startsWith(`${topicPrefix}-`))
  if (taken !== undefined) {
    throw new UserError(`The cluster has a topic ${taken} already, and it is not ours; choose another --topic-prefix.`, exitCodes.unknown)
  }
  const { client = 'wire' } = flags
  const whole = plain || client !== 'wire' ? attached : await withCoordinators(attached, security)
  return { attached: whole, security, topicPrefix, off: whatIsOff(whole, client) }
}

/** Throws a UserError when no topic can be called so. */
export function newTopicPrefix(told: string | undefined): string {
  return checkTopicPrefix(told ?? `tribunal-${randomBytes(4).toString('hex')}`)
}

/** What a person should know before it begins. */
export function attachedLines({ attached, topicPrefix }: ExternalCluster): string {
  const { brokers, clusterId, features } = attached
  const addresses = brokers.map(({ id, host, port }) => `${id} at ${host}:${port}`).join(', ')
  const told = Object.entries(features).map(([name, level]) => `${name} ${level}`).join(', ')
  return [
    `attached to cluster ${clusterId ?? 'without an id'}: broker ${addresses}`,
    ...(told === '' ? [] : [`its features: ${told}`]),
    `topics are made as ${topicPrefix}-* and deleted at the end`,
    '',
  ].join('\n')
}
