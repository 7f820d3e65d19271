/**
 * `--client-config FILE`: the properties with which a Java client reaches a cluster, as far as they say how connections are
 * made. A setting of that kind which cannot be followed is refused, never skipped; all others are not our business.
 */
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { parseProperties } from '../../reference-broker/core/config/properties.ts'
import type { Sasl } from '../../workloads/client/sasl.ts'
import { UserError } from '../exit-codes.ts'
import type { ClientSecurity } from '../external/security.ts'
import { parseJaas, type Credentials } from './jaas.ts'
import { scram, scramMechanisms } from './scram.ts'
import { readTls, tlsSettings } from './tls-settings.ts'

export type Settings = Readonly<Record<string, string>>

const protocols: Readonly<Record<string, { readonly tls: boolean; readonly sasl: boolean }>> = {
  PLAINTEXT: { tls: false, sasl: false },
  SSL: { tls: true, sasl: false },
  SASL_PLAINTEXT: { tls: false, sasl: true },
  SASL_SSL: { tls: true, sasl: true },
}

const understood: readonly string[] = [...tlsSettings, 'security.protocol', 'sasl.mechanism', 'sasl.jaas.config']

/** Throws a UserError: what in the file is wrong, and what would be right. */
export function readClientConfig(file: string): ClientSecurity {
  return clientSecurity(settingsIn(file))
}

function settingsIn(file: string): Settings {
  try {
    return parseProperties(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new UserError(`--client-config ${file} cannot be read: ${(error as Error).message}.`)
  }
}

export function clientSecurity(settings: Settings): ClientSecurity {
  const strange = Object.keys(settings).find((name) => /^(?:ssl|sasl|security)[.]/.test(name) && !understood.includes(name))
  if (strange !== undefined) throw new UserError(`${strange} is not understood here; there are ${understood.join(', ')}.`)
  const protocol = (settings['security.protocol'] ?? 'PLAINTEXT').toUpperCase()
  const wanted = protocols[protocol]
  if (wanted === undefined) {
    throw new UserError(`security.protocol=${protocol} is not one of ${Object.keys(protocols).join(', ')}.`)
  }
  return { ...(wanted.tls && { tls: usable(readTls(settings)) }), ...(wanted.sasl && readSasl(settings)) }
}

/** Keys and certificates that do not fit are found before anybody dials. */
function usable(tls: NonNullable<ClientSecurity['tls']>): NonNullable<ClientSecurity['tls']> {
  try {
    return { ...tls, secureContext: createSecureContext(tls) }
  } catch (error) {
    throw new UserError(`The ssl.* settings do not fit together: ${(error as Error).message}.`)
  }
}

function readSasl(settings: Settings): Required<Pick<ClientSecurity, 'sasl' | 'login'>> {
  const mechanism = settings['sasl.mechanism'] ?? 'GSSAPI'
  const mechanisms = ['PLAIN', ...scramMechanisms]
  if (!mechanisms.includes(mechanism)) throw new UserError(`sasl.mechanism=${mechanism} is not one of ${mechanisms.join(', ')}.`)
  const jaas = settings['sasl.jaas.config']
  const credentials = jaas === undefined ? undefined : parseJaas(jaas)
  if (credentials === undefined) {
    throw new UserError('sasl.jaas.config takes MODULE required username="…" password="…"; with the semicolon.')
  }
  const sasl = mechanism === 'PLAIN' ? plain(credentials) : scram(mechanism, credentials)
  return { sasl, login: { mechanism, ...credentials } }
}

/** RFC 4616. */
function plain({ username, password }: Credentials): Sasl {
  const first = Buffer.from(`\0${username}\0${password}`)
  return { mechanism: 'PLAIN', begin: () => ({ first, next: () => undefined }) }
}
