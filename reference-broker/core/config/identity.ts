/**
 * Who this process is and where it listens: the settings that only make sense together. The rules are those
 * of Kafka in KRaft mode with a static quorum, with plain connections only and one data directory.
 */
import { identitySettings } from './broker-settings.ts'
import type { Endpoint, IdentityConfig, ProcessRole, Voter } from './broker-config.ts'
import type { IdentityKey } from './broker-settings.ts'
import { isAnyAddress, readEndpoint, readVoter, type Read } from './endpoints.ts'
import type { SettingValue } from './setting.ts'

/** The identity settings, each valid by itself. */
export type IdentityValues = Readonly<Record<IdentityKey, SettingValue>>

/**
 * Reads the whole; every rule that is broken adds one sentence to `errors`, and then the result must not be
 * used.
 */
export function readIdentity(values: IdentityValues, errors: string[]): IdentityConfig {
  const processRoles = readRoles(values, errors)
  const listeners = readAll('listeners', values.listeners, readEndpoint, errors)
  const controllerListenerNames = names(values.controllerListenerNames)
  const identity: IdentityConfig = {
    nodeId: readNodeId(values, errors),
    processRoles,
    listeners,
    advertisedListeners: readAdvertised(values, { processRoles, listeners, controllerListenerNames }, errors),
    controllerListenerNames,
    interBrokerListenerName: String(values.interBrokerListenerName ?? 'PLAINTEXT').toUpperCase(),
    quorumVoters: readAll('controller.quorum.voters', values.quorumVoters, readVoter, errors),
    logDir: readLogDir(values, errors),
    rack: values.rack === null ? null : String(values.rack),
  }
  checkUnique(identity, errors)
  checkControllerListeners(identity, errors)
  checkBrokerListeners(identity, errors)
  checkVoters(identity, errors)
  checkPlain(values, identity, errors)
  return identity
}

function list(value: SettingValue): readonly string[] {
  return Array.isArray(value) ? (value as readonly string[]) : []
}

function names(value: SettingValue): readonly string[] {
  return list(value).map((name) => name.toUpperCase())
}

function readAll<T>(
  setting: string,
  value: SettingValue,
  read: (setting: string, text: string) => Read<T>,
  errors: string[],
): readonly T[] {
  const items: T[] = []
  for (const text of list(value)) {
    const item = read(setting, text)
    if (item.ok) items.push(item.value)
    else errors.push(item.problem)
  }
  return items
}

function readRoles(values: IdentityValues, errors: string[]): readonly ProcessRole[] {
  const roles = list(values.processRoles) as readonly ProcessRole[]
  if (roles.length === 0)
    errors.push('process.roles is missing: set it to broker, controller or broker,controller.')
  return roles
}

function readNodeId(values: IdentityValues, errors: string[]): number {
  const { nodeId, brokerId } = values
  const own = nodeId ?? (brokerId === -1 ? null : brokerId)
  if (own === null) errors.push('node.id is missing: give every process of the cluster a number of its own.')
  else if (brokerId !== null && brokerId !== own) {
    errors.push(`node.id=${own} and broker.id=${brokerId} differ; remove broker.id.`)
  }
  return Number(own ?? -1)
}

function readLogDir(values: IdentityValues, errors: string[]): string {
  const setting = values.logDirs === null ? 'log.dir' : 'log.dirs'
  const directories = list(values.logDirs ?? values.logDir)
  if (directories.length !== 1) errors.push(`${setting} must name one directory; this broker has no others.`)
  return directories[0] ?? ''
}

type Listening = Pick<IdentityConfig, 'processRoles' | 'listeners' | 'controllerListenerNames'>

function readAdvertised(values: IdentityValues, own: Listening, errors: string[]): readonly Endpoint[] {
  if (!own.processRoles.includes('broker')) return []
  const given = values.advertisedListeners !== null
  const all = given
    ? readAll('advertised.listeners', values.advertisedListeners, readEndpoint, errors)
    : own.listeners
  const advertised = all.filter((endpoint) => !own.controllerListenerNames.includes(endpoint.name))
  for (const { name, host } of advertised) {
    if (isAnyAddress(host)) {
      errors.push(
        `Listener ${name} cannot advertise ${host}: set advertised.listeners to an address clients can reach.`,
      )
    }
    if (!own.listeners.some((listener) => listener.name === name)) {
      errors.push(`advertised.listeners names ${name}, which is not one of listeners.`)
    }
  }
  return advertised
}

function checkUnique(identity: IdentityConfig, errors: string[]): void {
  const taken = new Set<string>()
  for (const { name, host, port } of identity.listeners) {
    const address = `${host}:${port}`
    if (taken.has(name)) errors.push(`listeners has ${name} twice.`)
    if (port !== 0 && taken.has(address)) errors.push(`listeners has ${address} twice.`)
    taken.add(name).add(address)
  }
}

function checkControllerListeners(identity: IdentityConfig, errors: string[]): void {
  const { processRoles, listeners, controllerListenerNames } = identity
  const own = controllerListenerNames.filter((name) => listeners.some((listener) => listener.name === name))
  if (controllerListenerNames.length === 0) {
    errors.push(
      'controller.listener.names is missing: name the listener of the controllers, for instance CONTROLLER.',
    )
  } else if (processRoles.includes('controller') && own.length === 0) {
    errors.push(`None of controller.listener.names (${controllerListenerNames.join(', ')}) is in listeners.`)
  } else if (!processRoles.includes('controller') && own.length > 0) {
    errors.push(
      `A process without the controller role must not have the controller listener ${own[0]} in listeners.`,
    )
  }
}

function checkBrokerListeners(identity: IdentityConfig, errors: string[]): void {
  const { processRoles, listeners, advertisedListeners, controllerListenerNames, interBrokerListenerName } =
    identity
  if (!processRoles.includes('broker')) {
    const extra = listeners.find((listener) => !controllerListenerNames.includes(listener.name))
    if (extra !== undefined && processRoles.length > 0) {
      errors.push(
        `A process without the broker role must only have controller listeners; ${extra.name} is another.`,
      )
    }
    return
  }
  if (!advertisedListeners.some((endpoint) => endpoint.name === interBrokerListenerName)) {
    errors.push(
      `inter.broker.listener.name is ${interBrokerListenerName}, which must be an advertised listener.`,
    )
  }
}

function checkVoters(identity: IdentityConfig, errors: string[]): void {
  const { quorumVoters, nodeId, processRoles } = identity
  const ids = quorumVoters.map((voter: Voter) => voter.id)
  if (ids.length === 0) {
    errors.push('controller.quorum.voters is missing: list every controller as id@host:port.')
    return
  }
  if (new Set(ids).size < ids.length) errors.push('controller.quorum.voters has an id twice.')
  const isVoter = ids.includes(nodeId)
  if (processRoles.includes('controller') && !isVoter) {
    errors.push(`node.id=${nodeId} has the controller role and must be one of controller.quorum.voters.`)
  } else if (!processRoles.includes('controller') && isVoter) {
    errors.push(`node.id=${nodeId} has no controller role and must not be one of controller.quorum.voters.`)
  }
}

/** As in Kafka: while nobody sets the map, the listeners of controllers need no entry in it. */
function isPlainByDefault(name: string, values: IdentityValues, identity: IdentityConfig): boolean {
  const isDefault = list(values.listenerSecurityProtocolMap).join(',') === identitySettings.listenerSecurityProtocolMap.default
  return isDefault && identity.controllerListenerNames.includes(name)
}

/** Connections are neither encrypted nor authenticated, so no listener may say that they are. */
function checkPlain(values: IdentityValues, identity: IdentityConfig, errors: string[]): void {
  const protocols = new Map<string, string>()
  for (const entry of list(values.listenerSecurityProtocolMap)) {
    const [name, protocol, more] = entry.split(':')
    if (name === undefined || protocol === undefined || more !== undefined) {
      errors.push(`listener.security.protocol.map has "${entry}", which is not of the form NAME:PROTOCOL.`)
    } else {
      protocols.set(name.trim().toUpperCase(), protocol.trim().toUpperCase())
    }
  }
  const used = new Set([
    ...identity.listeners.map((listener) => listener.name),
    ...identity.controllerListenerNames,
  ])
  for (const name of used) {
    const protocol = protocols.get(name) ?? (isPlainByDefault(name, values, identity) ? 'PLAINTEXT' : undefined)
    if (protocol === undefined) {
      errors.push(
        `Listener ${name} has no security protocol: add ${name}:PLAINTEXT to listener.security.protocol.map.`,
      )
    } else if (protocol !== 'PLAINTEXT') {
      errors.push(`Listener ${name} is mapped to ${protocol}, but this broker only has PLAINTEXT.`)
    }
  }
  const protocol = String(values.securityInterBrokerProtocol)
  if (protocol !== 'PLAINTEXT') {
    errors.push(
      `security.inter.broker.protocol=${protocol} is not supported: this broker only has PLAINTEXT.`,
    )
  }
}
