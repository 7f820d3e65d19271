/**
 * Settings from environment variables, named as the official Kafka image takes them: KAFKA_NUM_PARTITIONS is
 * num.partitions; two underscores stand for one, three for a hyphen. Variables of that form which are the image's own, for
 * the JVM and for logging, are none.
 * Source: Kafka's docker/examples/README.md and KafkaDockerWrapper (4.3).
 */

const prefix = 'KAFKA_'
const ofTheImage: ReadonlySet<string> = new Set([
  'KAFKA_VERSION',
  'KAFKA_HEAP_OPTS',
  'KAFKA_LOG4J_OPTS',
  'KAFKA_OPTS',
  'KAFKA_JMX_OPTS',
  'KAFKA_JMX_PORT',
  'KAFKA_JMX_HOSTNAME',
  'KAFKA_JVM_PERFORMANCE_OPTS',
  'KAFKA_GC_LOG_OPTS',
  'KAFKA_LOG4J_ROOT_LOGLEVEL',
  'KAFKA_LOG4J_LOGGERS',
  'KAFKA_TOOLS_LOG4J_LOGLEVEL',
])

export type Environment = Readonly<Record<string, string | undefined>>

/** By Kafka's names. Empty when no variable has that form. */
export function environmentSettings(environment: Environment): Record<string, string> {
  const settings: [string, string][] = []
  for (const [variable, value] of Object.entries(environment)) {
    if (value === undefined || !variable.startsWith(prefix) || variable === prefix || ofTheImage.has(variable)) continue
    settings.push([settingName(variable), value])
  }
  return Object.fromEntries(settings)
}

const underscores: readonly string[] = ['', '.', '_', '-']

/** Longer runs are read three by three, as in Kafka. */
function settingName(variable: string): string {
  return variable
    .slice(prefix.length)
    .toLowerCase()
    .replaceAll(/_{1,3}/g, (run) => underscores[run.length]!)
}
