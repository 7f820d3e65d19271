import { readdirSync } from 'node:fs'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { apiByKey, apis, type AnyApi } from './apis.ts'
import type { ProduceRequest, ProduceRequestInput, ProduceResponseInput } from './apis/00-produce.ts'
import type { MetadataRequestInput, MetadataResponse } from './apis/03-metadata.ts'
import type { InitProducerIdRequest } from './apis/22-init-producer-id.ts'
import type { Field, Fields, Message } from './message.ts'
import { parseRange } from './versions.ts'

const all: readonly AnyApi[] = Object.values(apis)

test('the folder is the list: one file an API, named with its key', () => {
  const kebab = (name: string): string => name.replaceAll(/(?<=[a-z])[A-Z]/g, '-$&').toLowerCase()
  const expected = all.map((api) => `${String(api.key).padStart(2, '0')}-${kebab(api.name)}.ts`)
  expect(readdirSync(new URL('apis', import.meta.url)).sort()).toEqual(expected.sort())
})

test('every API is found by its key and listed under its name', () => {
  for (const [name, api] of Object.entries(apis) as [string, AnyApi][]) {
    expect(apiByKey(api.key)).toBe(api)
    expect(api.name).toBe(name)
    expect(api.response.name).toBe(`${name}Response`)
  }
})

test('the ranges are those of Kafka 4.3', () => {
  const ranges = Object.fromEntries(all.map((api) => [api.key, `${api.versions.min}-${api.versions.max}`]))
  expect(ranges).toEqual({
    0: '3-13',
    1: '4-18',
    2: '1-11',
    3: '0-13',
    8: '2-10',
    9: '1-10',
    10: '0-6',
    11: '0-9',
    12: '0-4',
    13: '0-5',
    14: '0-5',
    15: '0-6',
    16: '0-5',
    17: '0-1',
    18: '0-4',
    19: '2-7',
    20: '1-6',
    21: '0-2',
    22: '0-5',
    23: '2-4',
    24: '0-5',
    25: '0-4',
    26: '0-5',
    27: '1-2',
    28: '0-5',
    32: '1-4',
    33: '0-2',
    35: '1-5',
    36: '0-2',
    37: '0-3',
    42: '0-2',
    43: '0-2',
    44: '0-1',
    47: '0-0',
    52: '0-2',
    53: '0-1',
    54: '0-1',
    55: '0-2',
    56: '2-3',
    57: '0-2',
    59: '0-1',
    60: '0-2',
    61: '0-0',
    62: '0-4',
    63: '0-2',
    65: '0-0',
    66: '0-2',
    67: '0-0',
    68: '0-1',
    69: '0-1',
    74: '0-1',
    75: '0-0',
  })
})

test('request and response have the same versions and become flexible together', () => {
  for (const api of all) {
    expect(api.response.versions).toBe(api.request.versions)
    expect(api.response.flexible).toBe(api.request.flexible)
  }
})

describe.each(all.flatMap((api) => [api.request, api.response]))('$name', (message: Message) => {
  const known = new Set(['nullable', 'tag', 'default', 'ignorable', 'of', 'fields'])

  const visit = (fields: Fields, check: (key: string, field: Field, siblings: Fields) => void): void => {
    for (const [key, field] of Object.entries(fields)) {
      check(key, field, fields)
      if ('fields' in field) visit(field.fields, check)
      if ('of' in field && typeof field.of !== 'string') visit(field.of, check)
    }
  }

  test('fields are camelCase and use nothing but the notation', () => {
    visit(message.fields, (key, field) => {
      expect(key).toMatch(/^[a-z][a-zA-Z0-9]*$/)
      const [type, ...options] = Object.keys(field)
      expect(() => parseRange(Object.values(field)[0] as string)).not.toThrow()
      expect(known.has(type!)).toBe(false)
      for (const option of options) expect(known).toContain(option)
    })
  })

  test('tags are unique in their struct and exist in flexible versions only', () => {
    visit(message.fields, (_, field, siblings) => {
      if (field.tag === undefined) return
      const sameTag = Object.values(siblings).filter((sibling) => sibling.tag === field.tag)
      expect(sameTag).toEqual([field])
      const first = parseRange(Object.values(field)[0] as string).min
      const firstOfMessage = Math.max(first, parseRange(message.versions).min)
      expect(firstOfMessage).toBeGreaterThanOrEqual(parseRange(message.flexible).min)
    })
  })

  test('a null default is given to nullable fields only', () => {
    visit(message.fields, (_, field) => {
      if (field.default === null) expect(field.nullable).toBeDefined()
    })
  })
})

describe('types', () => {
  test('decoded values have every field, int64 is bigint, nullable is a union', () => {
    expectTypeOf<ProduceRequest['transactionalId']>().toEqualTypeOf<string | null>()
    expectTypeOf<ProduceRequest['topicData'][number]['topicId']>().toEqualTypeOf<string>()
    expectTypeOf<ProduceRequest['topicData'][number]['partitionData'][number]['records']>().toEqualTypeOf<Uint8Array | null>()
    expectTypeOf<InitProducerIdRequest['producerId']>().toEqualTypeOf<bigint>()
    expectTypeOf<MetadataResponse['topics'][number]['partitions'][number]['isrNodes']>().toEqualTypeOf<number[]>()
  })

  test('fields with a default, a tag, or not in every version may be left out; others may not', () => {
    expectTypeOf<{ acks: number; timeoutMs: number; topicData: [] }>().toExtend<ProduceRequestInput>()
    expectTypeOf<{ timeoutMs: number; topicData: [] }>().not.toExtend<ProduceRequestInput>()
    expectTypeOf<{ acks: string; timeoutMs: number; topicData: [] }>().not.toExtend<ProduceRequestInput>()
    expectTypeOf<{ topics: null }>().toExtend<MetadataRequestInput>()
    type PartitionInput = ProduceResponseInput['responses'][number]['partitionResponses'][number]
    expectTypeOf<{ index: number; errorCode: number; baseOffset: bigint }>().toExtend<PartitionInput>()
    type EndpointInput = NonNullable<ProduceResponseInput['nodeEndpoints']>[number]
    expectTypeOf<{ host: string; port: number }>().not.toExtend<EndpointInput>()
  })

  test('what was decoded can be encoded', () => {
    expectTypeOf<ProduceRequest>().toExtend<ProduceRequestInput>()
  })
})
