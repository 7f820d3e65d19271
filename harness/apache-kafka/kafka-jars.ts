/** Where Apache Kafka is on this machine: its jars from Maven Central, in the user's cache, never in the checkout. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDirectory, root } from '../checkout.ts'

export const kafkaPom: string = join(root, 'harness', 'apache-kafka', 'pom.xml')

/** As the pom has it. */
export function kafkaVersion(): string {
  return /<kafka.version>(.+)<\/kafka.version>/.exec(readFileSync(kafkaPom, 'utf8'))![1]!
}

/** The directory of the jars of a version; it may be missing. */
export function kafkaLibs(version: string = kafkaVersion()): string {
  return join(cacheDirectory, `kafka-${version}`, 'libs')
}

/** Why no broker of Apache Kafka can be started here, as one sentence with the way out; undefined when one can. */
export function whyNoKafka(asked: string = kafkaVersion()): string | undefined {
  const libs = kafkaLibs(asked)
  if (!existsSync(libs) || readdirSync(libs).length === 0) {
    const which = asked === kafkaVersion() ? '' : ` -- ${asked}`
    return `Apache Kafka ${asked} is not in ${libs}; npm run kafka:fetch${which}, in a checkout, brings it there.`
  }
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' })
  const version = Number(/version "(\d+)/.exec(java.stderr ?? '')?.[1] ?? 0)
  if (java.error !== undefined || version === 0) return 'There is no java in the PATH; Apache Kafka needs Java 17 or newer.'
  return version < 17 ? `The java in the PATH is of version ${version}; Apache Kafka needs Java 17 or newer.` : undefined
}
