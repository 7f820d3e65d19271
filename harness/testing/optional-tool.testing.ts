/** Tools that tests use where they are: a test without its tool is skipped, unless somebody has promised the tool. */
import { spawnSync } from 'node:child_process'
import { whyNoDocker } from '../containers/docker.ts'
import { whyNoKafka } from '../apache-kafka/kafka-jars.ts'

/**
 * Whether tests with this tool are to be skipped. Throws when the environment variable TRIBUNAL_REQUIRE (names separated
 * by commas) has its name and it is missing.
 */
export function isMissing(tool: string): boolean {
  return isAbsent(tool, spawnSync(tool, ['-V']).error !== undefined)
}

/** The same for Apache Kafka and its java; `apache-kafka` is their name. */
export function isKafkaMissing(): boolean {
  return isAbsent('apache-kafka', whyNoKafka() !== undefined)
}

/** The same for a Docker engine; `docker` is its name. */
export async function isDockerMissing(): Promise<boolean> {
  return isAbsent('docker', (await whyNoDocker()) !== undefined)
}

/** Whether somebody has promised it: for what takes too long to be looked for by everybody. `npm-registry` is the registry of npm. */
export function isPromised(tool: string): boolean {
  return (process.env['TRIBUNAL_REQUIRE'] ?? '').split(',').includes(tool)
}

function isAbsent(tool: string, missing: boolean): boolean {
  if (missing && isPromised(tool)) throw new Error(`TRIBUNAL_REQUIRE names ${tool}, and it is not installed.`)
  return missing
}
