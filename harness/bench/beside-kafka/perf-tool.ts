/**
 * Runs Kafka's own load tools, which drive both brokers alike: same jar, same heap, same settings. What a tool printed is
 * kept whole; a tool that fails or is late is a UserError with its last words.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { kafkaLibs } from '../../apache-kafka/kafka-jars.ts'
import { root } from '../../checkout.ts'
import { exitCodes, UserError } from '../../exit-codes.ts'
import { endWithUs } from '../../targets/end-with-us.ts'

/** Of the tools' JVM, named in the table. */
export const toolHeap = '-Xmx512m'

const flags = ['-Xms512m', toolHeap, '-XX:+UseG1GC', '-Djava.awt.headless=true']
const lastWords = 200

export type ToolName = 'ProducerPerformance' | 'ConsumerPerformance'

/** Resolves with all it printed to stdout. */
export function runTool(name: ToolName, argv: readonly string[], timeoutMs: number): Promise<string> {
  const logging = `-Dlog4j2.configurationFile=${join(root, 'harness', 'apache-kafka', 'log4j2.xml')}`
  const all = [...flags, logging, '-cp', join(kafkaLibs(), '*'), `org.apache.kafka.tools.${name}`, ...argv]
  const child = spawn('java', all, { stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs, killSignal: 'SIGKILL' })
  endWithUs(child)
  let printed = ''
  let complaint = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(printed)
      const words = `${printed}\n${complaint}`.trim().split('\n').at(-1)!.slice(0, lastWords)
      return reject(new UserError(`${name} ended with ${signal ?? code}: ${words}`, exitCodes.unknown))
    })
  })
}
