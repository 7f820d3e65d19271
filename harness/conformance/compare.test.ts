import { describe, expect, it } from 'vitest'
import { differencesOf, leafDifferences } from './compare.ts'
import { reasonFor } from './declared.ts'
import type { Step } from './step.ts'

const step = (api: Step['api'], body: Step['body'] = {}): Step => ({ api, version: 1, body })

describe('answers differ', () => {
  it('leaf by leaf, settings by their names and everything else by its place', () => {
    expect(leafDifferences({ a: 1, b: [{ c: 2 }] }, { a: 1, b: [{ c: 3 }] })).toEqual([{ path: 'b[].c', a: 2, b: 3 }])
    expect(leafDifferences({ b: [1] }, { b: [] })).toEqual([{ path: 'b[]', a: [1], b: [] }])
    const configs = { configs: [{ name: 'x', value: '1' }, { name: 'y', value: '1' }] }
    const fewer = { configs: [{ name: 'y', value: '2' }] }
    expect(leafDifferences(configs, fewer).map(({ path }) => path)).toEqual(['configs[x]', 'configs[y].value'])
    expect(leafDifferences('closed', { a: 1 })).toEqual([{ path: '', a: 'closed', b: { a: 1 } }])
  })

  it('by their errors, where they have any: the rest follows from them', () => {
    const found = differencesOf([step('Produce')], { a: [{ errorCode: 'NONE', offset: 1 }], b: [{ errorCode: 'X', offset: -1 }] })
    expect(found.map(({ signature }) => signature)).toEqual(['Produce errorCode: NONE or X'])
  })

  it('also after a step that differs, unless that step may have changed what follows', () => {
    const answers = { a: [{ errorCode: 'NONE' }, { offset: 1 }], b: [{ errorCode: 'X' }, { offset: 2 }] }
    expect(differencesOf([step('ListOffsets'), step('Fetch')], answers)).toHaveLength(2)
    expect(differencesOf([step('CreateTopics'), step('Fetch')], answers)).toHaveLength(1)
  })
})

describe('a declared difference', () => {
  it('is declared for the requests it is meant for, whichever broker is first', () => {
    const signature = 'CreateTopics topics[].errorCode: INVALID_TOPIC_EXCEPTION or NONE'
    const created = (...names: readonly string[]): Step => step('CreateTopics', { topics: names.map((name) => ({ name })) })
    expect(reasonFor({ signature, step: created('~a.b', '~a_b') })).toMatch(/colliding/)
    expect(reasonFor({ signature, step: created('~a.b', '~b') })).toBeUndefined()
    expect(reasonFor({ signature: 'Fetch sessionId: 0 or session1', step: step('Fetch') })).toMatch(/KIP-227/)
    expect(reasonFor({ signature: 'Fetch sessionId: session1 or 0', step: step('Fetch') })).toMatch(/KIP-227/)
  })

  it('is one of a partition that is produced to twice, and of no other', () => {
    const signature = 'Produce responses[].partitionResponses[].errorCode: NONE or UNSUPPORTED_COMPRESSION_TYPE'
    const produced = (...indexes: readonly number[]): Step =>
      step('Produce', { topicData: indexes.map((index) => ({ name: '~a', partitionData: [{ index, records: [] }] })) })
    expect(reasonFor({ signature, step: produced(0, 0) })).toMatch(/names twice/)
    expect(reasonFor({ signature, step: produced(0, 1) })).toBeUndefined()
  })

  it('is none of a batch of a transaction that is out of order', () => {
    const signature = 'Produce responses[].partitionResponses[].errorCode: NONE or OUT_OF_ORDER_SEQUENCE_NUMBER'
    const produced = (transactionalId: string | null, transactional: boolean): Step => {
      const topicData = [{ name: '~a', partitionData: [{ index: 0, records: [{ sequence: 1, transactional }] }] }]
      return { ...step('Produce', { transactionalId, topicData }), version: 13 }
    }
    expect(reasonFor({ signature, step: produced('~t', false) })).toMatch(/outside of it/)
    expect(reasonFor({ signature, step: produced('~t', true) })).toBeUndefined()
    expect(reasonFor({ signature, step: produced(null, false) })).toBeUndefined()
  })

  it('is none where one broker does what the other fails on', () => {
    expect(reasonFor({ signature: 'ListOffsets topics[].errorCode: NONE or UNKNOWN_SERVER_ERROR', step: step('ListOffsets') })).toBeUndefined()
    expect(reasonFor({ signature: 'ListOffsets topics[].errorCode: INVALID_REQUEST or UNKNOWN_SERVER_ERROR', step: step('ListOffsets') })).toBeDefined()
    expect(reasonFor({ signature: 'ListOffsets topics[].errorCode: UNKNOWN_SERVER_ERROR or INVALID_REQUEST', step: step('ListOffsets') })).toBeUndefined()
  })
})
