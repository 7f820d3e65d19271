import { expect, it } from 'vitest'
import { environmentSettings } from '../../reference-broker/shell/environment-settings.ts'
import { exitCodes } from '../exit-codes.ts'
import { environmentOf, recipeFor, recipes, variableOf } from './image-recipe.ts'

it('images are known by their names, wherever they come from', () => {
  expect(recipeFor('apache/kafka:4.3.1').name).toBe('apache-kafka')
  expect(recipeFor('registry.example:5000/apache/kafka@sha256:00').name).toBe('apache-kafka')
  expect(recipeFor('tribunal-broker').name).toBe('reference-broker')
  for (const image of ['apache/kafka-native:4.3.1', 'my-apache/kafkas', 'broker']) {
    expect(() => recipeFor(image), image).toThrow(expect.objectContaining({ exitCode: exitCodes.unknown }))
  }
})

it('a setting becomes the variable that our broker and Kafka read back as that setting', () => {
  for (const name of ['num.io.threads', 'with_underscore.and-hyphen', 'log.dirs']) {
    expect(environmentSettings({ [variableOf(name)]: 'v' })).toEqual({ [name]: 'v' })
  }
})

it.each(recipes)('a node of $name knows itself and all voters, and nothing is left to be filled in', (recipe) => {
  const nodes = [1, 2, 3].map((id) => ({ id, address: `10.0.0.${id}`, port: 20_000 + id }))
  const environment = environmentOf(recipe, nodes[1]!, { nodes, settings: { 'broker.session.timeout.ms': '1500' } })
  expect(environment).toMatchObject({
    KAFKA_NODE_ID: '2',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '1@10.0.0.1:9093,2@10.0.0.2:9093,3@10.0.0.3:9093',
    KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://10.0.0.2:19092,HOST://127.0.0.1:20002',
    KAFKA_BROKER_SESSION_TIMEOUT_MS: '1500',
  })
  expect(Object.values(environment).filter((value) => /[{}]/.test(value))).toEqual([])
})
