/** A client library that is not ours, as far as a trial drives it: its producer. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WorkloadClient } from '../../workloads/client/client.ts'
import { packageDirectory } from '../checkout.ts'
import type { ClientSecurity } from '../external/security.ts'

export interface PlacedRecord {
  readonly topic: string
  readonly partition: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}

export interface ForeignProducer {
  /**
   * Resolves when all are acknowledged, with the offset of the first record of each `topic-partition` where it is told;
   * rejects when any may not be.
   */
  send(records: readonly PlacedRecord[]): Promise<ReadonlyMap<string, number>>
  close(): Promise<void>
}

export interface ForeignProducerOptions {
  readonly clientId: string
  readonly bootstrap: readonly { readonly host: string; readonly port: number }[]
  readonly security: ClientSecurity
  readonly acks: 0 | 1 | -1
  readonly idempotence: boolean
  readonly requestTimeoutMs: number
  readonly deliveryTimeoutMs: number
}

export interface Library {
  /** With its version, as findings and histories name it. */
  readonly name: string
  producer(options: ForeignProducerOptions): ForeignProducer
}

export function addressesOf({ bootstrap }: ForeignProducerOptions): string[] {
  return bootstrap.map(({ host, port }) => `${host}:${port}`)
}

/** How often a library may try within the delivery timeout, waiting up to a second in between. */
export function retriesIn({ deliveryTimeoutMs }: ForeignProducerOptions): number {
  return Math.ceil(deliveryTimeoutMs / retryBackoffMaxMs)
}

export const retryBackoffMaxMs = 1000

/** Of an installed package, also of one that does not export its manifest. */
export function versionOf(packageName: string): string {
  const manifest = readFileSync(join(packageDirectory(packageName), 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}

/** Makes the clients that a workload drives. */
export type ClientMaker = (name: string) => WorkloadClient
