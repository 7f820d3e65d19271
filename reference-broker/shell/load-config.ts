/**
 * Reads the configuration of a process: what the environment says, over it a properties file, and over both the command
 * line. Variables may be meant for other programs, so one that names nothing Kafka knows is a warning, not an error.
 */
import { readFileSync } from 'node:fs'
import { nearestName } from '../core/config/nearest-name.ts'
import { parseProperties } from '../core/config/properties.ts'
import {
  brokerSettingNames, isSettingName, readBrokerConfig, type BrokerConfigResult,
} from '../core/config/read-broker-config.ts'
import type { Arguments } from './arguments.ts'
import { environmentSettings, type Environment } from './environment-settings.ts'
import { describeSystemError } from './system-error.ts'

/** A file that cannot be read is one more error sentence. */
export function loadConfig({ configFile, overrides }: Arguments, environment: Environment): BrokerConfigResult {
  const fromEnvironment = Object.entries(environmentSettings(environment))
  const known = Object.fromEntries(fromEnvironment.filter(([name]) => isSettingName(name)))
  const fromFile = configFile === null ? {} : readProperties(configFile)
  if (typeof fromFile === 'string') return { errors: [fromFile] }
  const read = readBrokerConfig({ ...known, ...fromFile, ...overrides })
  if ('errors' in read) return read
  const unknown = fromEnvironment.filter(([name]) => !isSettingName(name)).map(([name]) => unknownVariable(name))
  return { config: read.config, warnings: [...unknown, ...read.warnings] }
}

/** The settings, or one sentence saying why they cannot be read. */
function readProperties(configFile: string): Record<string, string> | string {
  try {
    return parseProperties(readFileSync(configFile, 'utf8'))
  } catch (error) {
    return `Cannot read the configuration ${configFile}: ${describeSystemError(error)}.`
  }
}

function unknownVariable(name: string): string {
  const nearest = nearestName(name, brokerSettingNames)
  return `The environment sets ${name}, which is no setting of Kafka; the nearest real name is ${nearest}.`
}
