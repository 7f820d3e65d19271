/** Apache Kafka as its users have it, behind TLS and SASL: reached as they reach it, and what is said when it is not. */
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Verdict } from '../../checkers/verdict.ts'
import { clientSecurity, type Settings } from '../client-config/client-config.ts'
import { KafkaBroker, type ListenerName } from '../testing/kafka-broker.testing.ts'
import { isKafkaMissing, isMissing } from '../testing/optional-tool.testing.ts'
import { Workplace } from '../testing/started-command.testing.ts'
import { attach, type Attached } from './attach.ts'

describe.skipIf(isKafkaMissing() || isMissing('openssl'))('apache-kafka behind TLS and SASL', () => {
  let starting: Promise<KafkaBroker>
  let kafka: KafkaBroker
  let place: Workplace

  beforeAll(async () => {
    place = new Workplace()
    starting = KafkaBroker.start()
    kafka = await starting
  }, 60_000)
  afterAll(async () => {
    // Also one that came too late.
    await (await starting.catch(() => undefined))?.stop()
    await place.close()
  })

  const trusting = (): Settings => ({ 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': kafka.file('ca.pem') })
  const login = (mechanism: string, password = 'secret'): Settings => ({
    'security.protocol': 'SASL_SSL',
    'sasl.mechanism': mechanism,
    'sasl.jaas.config': `a.LoginModule required username="alice" password="${password}";`,
  })

  const propertiesOf = (settings: Settings): string => Object.entries(settings).map(([name, value]) => `${name}=${value}\n`).join('')

  function met(listener: ListenerName, settings: Settings): Promise<Attached> {
    return attach([kafka.address(listener)], clientSecurity(settings))
  }

  it.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])('is met as alice by %s', async (mechanism) => {
    const { brokers, versions, features } = await met('SECURE', { ...trusting(), ...login(mechanism) })
    expect(brokers).toEqual([{ id: 1, ...kafka.address('SECURE') }])
    expect(versions['Produce']).toBeGreaterThanOrEqual(12)
    expect(features['metadata.version']).toBeGreaterThan(20)
  })

  it('is met with a certificate of our own where it asks for one', async () => {
    const identity = { 'ssl.keystore.type': 'PEM', 'ssl.keystore.location': kafka.file('client.pem') }
    const { brokers } = await met('MUTUAL', { ...trusting(), ...identity, 'security.protocol': 'SSL' })
    expect(brokers).toHaveLength(1)
  })

  it.each<[string, ListenerName, () => Settings, RegExp]>([
    ['a wrong password', 'SECURE', () => ({ ...trusting(), ...login('SCRAM-SHA-256', 'guess') }), /SASL_AUTHENTICATION_FAILED.*sasl[.]jaas/],
    ['a wrong password in plain', 'SECURE', () => ({ ...trusting(), ...login('PLAIN', 'guess') }), /SASL_AUTHENTICATION_FAILED.*sasl[.]jaas/],
    ['a certificate nobody vouches for', 'SECURE', () => login('PLAIN'), /certificate.*ssl[.]/],
    ['no TLS', 'SECURE', () => ({}), /--client-config/],
    ['TLS where there is none', 'PLAIN', () => ({ ...trusting(), 'security.protocol': 'SSL' }), /security[.]protocol/],
    ['no certificate of our own', 'MUTUAL', () => ({ ...trusting(), 'security.protocol': 'SSL' }), /bad certificate.*ssl[.]/],
    ['SASL where there is none', 'MUTUAL', () => ({
      ...trusting(), ...login('PLAIN'), 'ssl.keystore.type': 'PEM', 'ssl.keystore.location': kafka.file('client.pem'),
    }), /SASL/],
  ])('%s is told in a sentence with the way out', async (_what, listener, settings, says) => {
    const refusal = await met(listener, settings()).catch((error: Error) => error.message)
    expect(refusal).toMatch(says)
    expect(refusal).toMatch(/^[^\n]+[.]$/)
  })

  it.each(['kafkajs', 'platformatic'])('is sent to by %s as alice, and our own client reads it', async (client) => {
    const config = place.path(`${client}.properties`)
    writeFileSync(config, propertiesOf({ ...trusting(), ...login('SCRAM-SHA-256') }))
    const { host, port } = kafka.address('SECURE')
    const { code, stdout, stderr } = await place.run(
      'verify', '--bootstrap', `${host}:${port}`, '--client-config', config, '--client', client, '--rate', '2000', '--time', '4s', '--json',
    )
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
    expect(stderr).toMatch(/^off: cut-clients \(\w+ dials the brokers itself/m)
    expect((JSON.parse(stdout) as Verdict).scenarios).toMatchObject([{ name: 'attached', valid: true }])
  }, 120_000)

  it('is tried with ten thousand records, and left as it was', async () => {
    const config = place.path('client.properties')
    const settings = { ...trusting(), ...login('SCRAM-SHA-512') }
    writeFileSync(config, propertiesOf(settings))
    const before = await met('PLAIN', {})
    const { host, port } = kafka.address('SECURE')
    const { code, stdout, stderr } = await place.run(
      'verify', '--bootstrap', `${host}:${port}`, '--client-config', config, '--rate', '2000', '--time', '4s', '--json',
    )
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
    const { scenarios } = JSON.parse(stdout) as Verdict
    expect(scenarios.map(({ name, valid }) => [name, valid])).toEqual([['attached', true], ['attached-cut-clients', true]])
    for (const { acknowledged } of scenarios) expect(acknowledged).toBeGreaterThanOrEqual(10_000)
    expect(scenarios[1]!.faults.length).toBeGreaterThan(0)
    for (const fault of scenarios[1]!.faults) expect(fault.inForce).toBe(true)
    expect((await met('PLAIN', {})).topics).toEqual(before.topics)
  }, 180_000)
})
