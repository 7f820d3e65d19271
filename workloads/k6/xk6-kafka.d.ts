/** What kafka.ts uses of the extension xk6-kafka, version 1 (https://github.com/mostafa/xk6-kafka); it brings no types for k6's resolution. */
declare module 'k6/x/kafka' {
  export const SCHEMA_TYPE_STRING: string

  /** Times are nanoseconds. */
  export interface WriterConfig {
    readonly brokers: readonly string[]
    readonly topic: string
    /** -1: all in-sync replicas. */
    readonly requiredAcks: number
    /** Records; a batch waits for so many, or for `batchTimeout`. */
    readonly batchSize: number
    readonly batchTimeout: number
    readonly writeTimeout: number
    readonly maxAttempts: number
    readonly balancer: 'balancer_murmur2'
  }

  export class Writer {
    constructor(config: WriterConfig)
    /** Returns when all are acknowledged; throws when one is not. */
    produce(given: { readonly messages: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[] }): void
  }

  export interface ReaderConfig {
    readonly brokers: readonly string[]
    readonly groupID: string
    readonly groupTopics: readonly string[]
    readonly maxWait: number
  }

  export class Reader {
    constructor(config: ReaderConfig)
    /** Throws when they have not come in time. */
    consume(given: { readonly limit: number }): readonly unknown[]
  }

  export class SchemaRegistry {
    serialize(given: { readonly data: string; readonly schemaType: string }): Uint8Array
  }
}
