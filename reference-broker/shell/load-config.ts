/** Reads the configuration of a process: a properties file, and over it what the command line says. */
import { readFileSync } from 'node:fs'
import { parseProperties } from '../core/config/properties.ts'
import { readBrokerConfig, type BrokerConfigResult } from '../core/config/read-broker-config.ts'
import type { Arguments } from './arguments.ts'
import { describeSystemError } from './system-error.ts'

/** A file that cannot be read is one more error sentence. */
export function loadConfig({ configFile, overrides }: Arguments): BrokerConfigResult {
  if (configFile === null) return readBrokerConfig(overrides)
  let text: string
  try {
    text = readFileSync(configFile, 'utf8')
  } catch (error) {
    return { errors: [`Cannot read the configuration ${configFile}: ${describeSystemError(error)}.`] }
  }
  return readBrokerConfig({ ...parseProperties(text), ...overrides })
}
