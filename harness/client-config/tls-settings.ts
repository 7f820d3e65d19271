/** ssl.* settings of a Java client as Node has them. Trust and keys as PEM (KIP-651); a PKCS12 keystore as it is. */
import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { UserError } from '../exit-codes.ts'
import type { Settings } from './client-config.ts'

export const tlsSettings: readonly string[] = [
  'ssl.truststore.type',
  'ssl.truststore.location',
  'ssl.truststore.certificates',
  'ssl.truststore.password',
  'ssl.keystore.type',
  'ssl.keystore.location',
  'ssl.keystore.certificate.chain',
  'ssl.keystore.key',
  'ssl.keystore.password',
  'ssl.key.password',
  'ssl.endpoint.identification.algorithm',
  'ssl.protocol',
  'ssl.enabled.protocols',
]

/** Throws a UserError with the setting that cannot be followed. */
export function readTls(settings: Settings): ConnectionOptions {
  return { ...trust(settings), ...identity(settings), ...versions(settings), ...endpoint(settings) }
}

function trust(settings: Settings): ConnectionOptions {
  const inline = settings['ssl.truststore.certificates']
  const location = settings['ssl.truststore.location']
  if (inline === undefined && location === undefined) return {}
  const type = typeOf(settings, 'ssl.truststore.type', inline)
  if (type === 'PEM') return { ca: inline ?? read('ssl.truststore.location', location!) }
  throw new UserError(`A truststore of type ${type} cannot be read here: ${toPem(type, location ?? 'FILE', '-nokeys -out ca.pem')}, and set ssl.truststore.type=PEM.`)
}

function identity(settings: Settings): ConnectionOptions {
  const cert = settings['ssl.keystore.certificate.chain']
  const key = settings['ssl.keystore.key']
  const location = settings['ssl.keystore.location']
  if (cert === undefined && key === undefined && location === undefined) return {}
  const type = typeOf(settings, 'ssl.keystore.type', cert ?? key)
  const passphrase = settings['ssl.key.password'] ?? settings['ssl.keystore.password']
  const secret = passphrase === undefined ? {} : { passphrase }
  if (type === 'PKCS12') return { pfx: readBytes('ssl.keystore.location', location ?? ''), ...secret }
  if (type !== 'PEM') {
    throw new UserError(`A keystore of type ${type} cannot be read here: ${toPem(type, location ?? 'FILE', '-out key.pem')}, and set ssl.keystore.type=PEM.`)
  }
  if (location !== undefined) {
    const both = read('ssl.keystore.location', location)
    return { cert: both, key: both, ...secret }
  }
  if (cert === undefined || key === undefined) throw new UserError('ssl.keystore.key and ssl.keystore.certificate.chain go together.')
  return { cert, key, ...secret }
}

/** JKS is what Java takes when nothing is said. */
function typeOf(settings: Settings, name: string, inline: string | undefined): string {
  const type = settings[name]?.toUpperCase() ?? (inline === undefined ? 'JKS' : 'PEM')
  return type === 'P12' ? 'PKCS12' : type
}

function toPem(type: string, location: string, output: string): string {
  const openssl = (file: string): string => `openssl pkcs12 -in ${file} ${output}`
  if (type === 'PKCS12') return `convert it with ${openssl(location)}`
  return `convert it with keytool -importkeystore -srckeystore ${location} -destkeystore store.p12 -deststoretype PKCS12 and ${openssl('store.p12')}`
}

function endpoint(settings: Settings): ConnectionOptions {
  const algorithm = settings['ssl.endpoint.identification.algorithm'] ?? 'https'
  if (algorithm.toLowerCase() === 'https') return {}
  if (algorithm === '') return { checkServerIdentity: () => undefined }
  throw new UserError(`ssl.endpoint.identification.algorithm takes https or nothing; ${algorithm} is neither.`)
}

const known = ['TLSv1.2', 'TLSv1.3'] as const

function versions(settings: Settings): ConnectionOptions {
  const told = settings['ssl.enabled.protocols'] ?? settings['ssl.protocol']
  if (told === undefined) return {}
  const asked = told.split(',').map((each) => each.trim())
  const unknown = asked.find((each) => !known.some((version) => version === each))
  if (unknown !== undefined) throw new UserError(`TLSv1.2 and TLSv1.3 are spoken here; ${unknown} is not.`)
  const chosen = known.filter((version) => asked.includes(version))
  return { minVersion: chosen[0]!, maxVersion: chosen.at(-1)! }
}

function read(setting: string, location: string): string {
  return readBytes(setting, location).toString()
}

function readBytes(setting: string, location: string): Buffer {
  try {
    return readFileSync(location)
  } catch (error) {
    throw new UserError(`${setting}=${location} cannot be read: ${(error as Error).message}.`)
  }
}
