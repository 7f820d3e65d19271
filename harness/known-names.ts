/** Refuses names that mean nothing, before a run rests on them: a wrong one would say nothing, or convict a broker. */
import { checkers } from '../checkers/registry.ts'
import { readBrokerConfig } from '../reference-broker/core/config/read-broker-config.ts'
import { supportedFeatures } from '../reference-broker/core/metadata/features.ts'
import { UserError } from './exit-codes.ts'
import { brokerFailure } from './judge-run.ts'
import { loadAnomalies } from './load/load-anomalies.ts'
import { wireAnomalies } from './races/wire-anomalies.ts'

const anomalies: ReadonlySet<string> = new Set([...checkers, ...loadAnomalies].map(({ name }) => name).concat(Object.keys(wireAnomalies), brokerFailure))
/** What every broker must have, and a run chooses. */
const identity = {
  'node.id': '1',
  'process.roles': 'broker,controller',
  'listeners': 'PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
  'controller.listener.names': 'CONTROLLER',
  'controller.quorum.voters': '1@127.0.0.1:9093',
}
const issueForm = /^[A-Z][A-Z0-9]*-\d+$/

/** Throws a UserError unless it is an anomaly that is looked for, or has the form of an issue's number. */
export function requireAnomaly(id: string): void {
  if (anomalies.has(id) || issueForm.test(id)) return
  throw new UserError(`--accept ${id} is no anomaly that is looked for, and no issue such as KAFKA-12345; tribunal list checkers names them.`)
}

/** Throws a UserError for a setting or a level that our own broker does not have. */
export function requireOurs({ override = {}, feature = {} }: {
  readonly override?: Readonly<Record<string, string>>
  readonly feature?: Readonly<Record<string, number>>
}): void {
  const read = readBrokerConfig({ ...identity, ...override })
  if ('errors' in read) throw new UserError(`--override: ${read.errors[0]!}`)
  for (const [name, level] of Object.entries(feature)) {
    const known = supportedFeatures.find((each) => each.name === name)
    if (known === undefined) throw new UserError(`There is no feature ${name}; there are ${supportedFeatures.map((each) => each.name).join(', ')}.`)
    if (level < known.minLevel || level > known.maxLevel) throw new UserError(`${name} has the levels ${known.minLevel} to ${known.maxLevel}, not ${level}.`)
  }
}
