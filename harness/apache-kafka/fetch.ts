/**
 * `npm run kafka:fetch`, or `npm run kafka:fetch -- 3.9.1` for a version that is not the usual one: brings Apache Kafka and what it needs from Maven Central, by Maven, which checks the checksums.
 * What is there already stays; a fetch that fails leaves nothing that looks like a whole one.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { kafkaLibs, kafkaPom, kafkaVersion } from './kafka-jars.ts'

function fetchKafka(version: string): number {
  if (!/^\d+\.\d+\.\d+$/.test(version)) return said(`${version} is no version of Apache Kafka; say, for instance, ${kafkaVersion()}.`, 64)
  const libs = kafkaLibs(version)
  if (existsSync(libs)) return said(`Apache Kafka ${version} is in ${libs} already.`, 0)
  const draft = `${libs}.${process.pid}`
  mkdirSync(dirname(libs), { recursive: true })
  const argv = ['--batch-mode', '--quiet', '--file', kafkaPom, 'dependency:copy-dependencies', `-DoutputDirectory=${draft}`, `-Dkafka.version=${version}`]
  const { error, status } = spawnSync('mvn', argv, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (error !== undefined) return said('There is no mvn in the PATH; install Maven (apt-get install maven) and try again.', 2)
  if (status !== 0) {
    rmSync(draft, { recursive: true, force: true })
    return said('Maven could not bring Apache Kafka; what it says is above.', 2)
  }
  renameSync(draft, libs)
  return said(`Apache Kafka ${version} is in ${libs}.`, 0)
}

function said(sentence: string, exitCode: number): number {
  process.stderr.write(`${sentence}\n`)
  return exitCode
}

process.exitCode = fetchKafka(process.argv[2] ?? kafkaVersion())
