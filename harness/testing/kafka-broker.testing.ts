/** One broker of Apache Kafka for tests, with a listener of every kind a client may meet, and the certificates for them. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apacheKafka, formatStorage } from '../apache-kafka/kafka-recipe.ts'
import { BrokerProcess } from '../targets/broker-process.ts'
import { quietPorts } from '../targets/free-ports.ts'

export type ListenerName = 'PLAIN' | 'CONTROLLER' | 'SECURE' | 'MUTUAL'

const protocols: Readonly<Record<ListenerName, string>> = {
  PLAIN: 'PLAINTEXT',
  CONTROLLER: 'PLAINTEXT',
  SECURE: 'SASL_SSL',
  MUTUAL: 'SSL',
}
const names = Object.keys(protocols) as ListenerName[]
const stopTimeoutMs = 10_000
const login = (module: string, options = ''): string => `org.apache.kafka.common.security.${module} required${options};`

/** alice's password is secret, by every mechanism. */
export class KafkaBroker {
  readonly directory: string
  readonly #process: BrokerProcess
  readonly #ports: readonly number[]

  private constructor(directory: string, ports: readonly number[], configFile: string) {
    const recipe = apacheKafka()
    this.directory = directory
    this.#ports = ports
    this.#process = new BrokerProcess({
      id: 1,
      command: recipe.command(configFile),
      logFile: join(directory, 'broker.log'),
      listeners: names,
      startedBy: names,
      boundBy: (line) => recipe.boundBy(line, (port) => names[ports.indexOf(port)]),
      onUnexpectedExit: () => undefined,
    })
  }

  static async start(): Promise<KafkaBroker> {
    const directory = mkdtempSync(join(tmpdir(), 'tribunal-kafka-'))
    makeCertificates(directory)
    const ports = await quietPorts(names.length)
    const configFile = join(directory, 'server.properties')
    mkdirSync(join(directory, 'data'))
    const settings = Object.entries(settingsFor(directory, ports))
    writeFileSync(configFile, settings.map(([name, value]) => `${name}=${value}\n`).join(''))
    await formatStorage(configFile, ['256', '512'].map((bits) => `SCRAM-SHA-${bits}=[name=alice,password=secret]`))
    const broker = new KafkaBroker(directory, ports, configFile)
    const { failed } = await new Promise<Readonly<Record<string, unknown>>>((done) => broker.#process.start(done))
    if (failed === undefined) return broker
    await broker.stop()
    throw new Error(`Apache Kafka did not start: ${String(failed)}`)
  }

  address(listener: ListenerName): { readonly host: string; readonly port: number } {
    return { host: '127.0.0.1', port: this.#ports[names.indexOf(listener)]! }
  }

  file(name: 'ca.pem' | 'client.pem'): string {
    return join(this.directory, name)
  }

  async stop(): Promise<void> {
    await new Promise((done) => this.#process.stop(stopTimeoutMs, done))
    this.#process.closeLog()
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 })
  }
}

function settingsFor(directory: string, ports: readonly number[]): Readonly<Record<string, string>> {
  const listeners = names.map((name, at) => `${name}://127.0.0.1:${ports[at]}`)
  const secure = 'listener.name.secure'
  return {
    ...apacheKafka().settings,
    'node.id': '1',
    'process.roles': 'broker,controller',
    listeners: listeners.join(','),
    'advertised.listeners': listeners.filter((each) => !each.startsWith('CONTROLLER')).join(','),
    'listener.security.protocol.map': names.map((name) => `${name}:${protocols[name]}`).join(','),
    'inter.broker.listener.name': 'PLAIN',
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.voters': `1@127.0.0.1:${ports[names.indexOf('CONTROLLER')]}`,
    'log.dirs': join(directory, 'data'),
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': join(directory, 'server.pem'),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': join(directory, 'ca.pem'),
    'listener.name.mutual.ssl.client.auth': 'required',
    [`${secure}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    [`${secure}.plain.sasl.jaas.config`]: login('plain.PlainLoginModule', ' user_alice="secret"'),
    [`${secure}.scram-sha-256.sasl.jaas.config`]: login('scram.ScramLoginModule'),
    [`${secure}.scram-sha-512.sasl.jaas.config`]: login('scram.ScramLoginModule'),
  }
}

/** ca.pem, and server.pem and client.pem with their keys, signed by it. */
function makeCertificates(directory: string): void {
  const openssl = (...argv: readonly string[]): void =>
    void execFileSync('openssl', argv, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] })
  const fresh = ['-newkey', 'rsa:2048', '-nodes', '-keyout'] as const
  openssl('req', '-x509', ...fresh, 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=trial ca')
  for (const name of ['server', 'client']) {
    openssl('req', ...fresh, `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`)
    writeFileSync(join(directory, 'san'), 'subjectAltName=IP:127.0.0.1')
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'san']
    openssl('x509', '-req', '-in', `${name}.csr`, ...signed, '-out', `${name}.crt`)
    const parts = [`${name}.key`, `${name}.crt`].map((part) => readFileSync(join(directory, part), 'utf8'))
    writeFileSync(join(directory, `${name}.pem`), parts.join(''))
  }
}
