/**
 * What requests and answers are about, read from any message by the names of its fields: Kafka calls things the same in all
 * its APIs.
 */
import { errorName } from '../../protocol/errors.ts'

type Fields = Readonly<Record<string, unknown>>

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Every struct of a message, itself first, in the order of the bytes. */
function structsIn(value: unknown, found: Fields[] = []): Fields[] {
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return found
  if (!Array.isArray(value)) found.push(value as Fields)
  for (const each of Object.values(value)) structsIn(each, found)
  return found
}

const transactionalIdFields = ['transactionalId', 'v3AndBelowTransactionalId'] as const

export function transactionalIdsIn(body: unknown): string[] {
  const ids = structsIn(body).flatMap((struct) => transactionalIdFields.map((name) => struct[name]))
  return [...new Set(ids.filter((id): id is string => typeof id === 'string' && id !== ''))]
}

const topicFields = ['name', 'topic', 'topicName'] as const
const partitionFields = ['partition', 'index', 'partitionIndex'] as const

function partitionOf(item: unknown): number | undefined {
  if (typeof item === 'number') return item
  if (typeof item !== 'object' || item === null) return undefined
  const number = partitionFields.map((name) => (item as Fields)[name]).find((each) => typeof each === 'number')
  return number as number | undefined
}

/** `nameOf` tells the name of a topic that is asked for by id. */
export function partitionsIn(body: unknown, nameOf: (topicId: string) => string | undefined): TopicPartition[] {
  return structsIn(body).flatMap((struct) => {
    const named = topicFields.map((field) => struct[field]).find((each) => typeof each === 'string' && each !== '')
    const { topicId } = struct
    const topic = (named as string | undefined) ?? (typeof topicId === 'string' ? nameOf(topicId) : undefined)
    if (topic === undefined) return []
    const items = Object.values(struct).filter(Array.isArray).flat() as unknown[]
    return items.flatMap((item) => {
      const partition = partitionOf(item)
      return partition === undefined ? [] : [{ topic, partition }]
    })
  })
}

/** Names of topics by their ids, as a Metadata answer has them. */
export function topicNamesIn(body: unknown): [topicId: string, name: string][] {
  return structsIn(body).flatMap(({ topicId, name }): [string, string][] =>
    typeof topicId === 'string' && typeof name === 'string' ? [[topicId, name]] : [])
}

const errorField = /errorCode$/i

/** Names of all errors an answer tells, each once, `NONE` among them. */
export function errorsIn(body: unknown): string[] {
  const codes = structsIn(body).flatMap((struct) =>
    Object.entries(struct).flatMap(([name, value]) => (errorField.test(name) && typeof value === 'number' ? [value] : [])))
  return [...new Set(codes)].map(errorName)
}

/** The message with another struct in the place of each. */
function mapped(value: unknown, change: (struct: Fields) => Fields): unknown {
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((each) => mapped(each, change))
  const same = Object.entries(value).map(([name, each]) => [name, mapped(each, change)] as const)
  return change(Object.fromEntries(same))
}

/** The answer with this error wherever it tells one. */
export function withError(body: unknown, code: number): unknown {
  return mapped(body, (struct) => Object.fromEntries(Object.entries(struct).map(([name, value]) =>
    [name, errorField.test(name) && typeof value === 'number' ? code : value])))
}

export interface Address {
  readonly host: string
  readonly port: number
}

/** The answer with every broker at its new address; the same object where it tells none. */
export function withAddresses(body: unknown, addressOf: (node: number) => Address | undefined): unknown {
  let isChanged = false
  const changed = mapped(body, (struct) => {
    const node = struct['nodeId'] ?? struct['brokerId']
    if (typeof node !== 'number' || typeof struct['host'] !== 'string' || typeof struct['port'] !== 'number') return struct
    const address = addressOf(node)
    if (address === undefined) return struct
    isChanged = true
    return { ...struct, ...address }
  })
  return isChanged ? changed : body
}
