import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { environmentSettings } from '../../reference-broker/shell/environment-settings.ts'
import { root } from '../checkout.ts'
import { exitCodes } from '../exit-codes.ts'
import { isRace } from '../races/race-scenarios.ts'
import { scenarios } from '../scenarios.ts'
import { fitted } from './abilities.ts'
import { commandOf, environmentOf, recipeFor, variableOf, type ContainerNode } from './image-recipe.ts'
import { readRecipe } from './recipe-file.ts'

const directory = mkdtempSync(join(tmpdir(), 'tribunal-recipe-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const nodes: readonly ContainerNode[] = [1, 2, 3].map((id) => ({ id, address: `10.0.0.${id}`, port: 20_000 + id }))

function fileWith(text: string): string {
  const file = join(directory, 'recipe.json')
  writeFileSync(file, text)
  return file
}

it('images are known by their names, wherever they come from', () => {
  expect(recipeFor('apache/kafka:4.3.1').name).toBe('apache-kafka')
  expect(recipeFor('registry.example:5000/apache/kafka@sha256:00').name).toBe('apache-kafka')
  expect(recipeFor('tribunal-broker').name).toBe('reference-broker')
  expect(recipeFor('docker.io/redpandadata/redpanda:v25.2.1').name).toBe('redpanda')
  for (const image of ['apache/kafka-native:4.3.1', 'my-apache/kafkas', 'broker']) {
    expect(() => recipeFor(image), image).toThrow(expect.objectContaining({ exitCode: exitCodes.unknown }))
  }
})

it('a setting becomes the variable that our broker and Kafka read back as that setting', () => {
  for (const name of ['num.io.threads', 'with_underscore.and-hyphen', 'log.dirs']) {
    expect(environmentSettings({ [variableOf(name)]: 'v' })).toEqual({ [name]: 'v' })
  }
})

it.each(['tribunal-broker', 'apache/kafka:4.3.1'].map(recipeFor))('a node of $name knows itself and all voters, and nothing is left to be filled in', (recipe) => {
  const environment = environmentOf(recipe, nodes[1]!, { nodes, settings: { 'broker.session.timeout.ms': '1500' } })
  expect(environment).toMatchObject({
    KAFKA_NODE_ID: '2',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '1@10.0.0.1:9093,2@10.0.0.2:9093,3@10.0.0.3:9093',
    KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://10.0.0.2:19092,HOST://127.0.0.1:20002',
    KAFKA_BROKER_SESSION_TIMEOUT_MS: '1500',
  })
  expect(Object.values(environment).filter((value) => /[{}]/.test(value))).toEqual([])
})

it('a node of Redpanda knows itself and its peers, and keeps its own settings', () => {
  const recipe = recipeFor('redpandadata/redpanda:v25.2.1')
  expect(environmentOf(recipe, nodes[1]!, { nodes, settings: { 'broker.session.timeout.ms': '1500' } })).toEqual({})
  const command = commandOf(recipe, nodes[1]!, nodes)!.join(' ')
  expect(command).toContain('--node-id 2 --seeds 10.0.0.1:33145,10.0.0.2:33145,10.0.0.3:33145 ')
  expect(command).toContain('--advertise-kafka-addr PLAINTEXT://10.0.0.2:19092,HOST://127.0.0.1:20002')
  expect(command).not.toMatch(/[{}]/)
})

it('the recipe that is shown in the document is one, and what is missing holds its default', () => {
  const [, shown] = /```json\n([\s\S]*?)```/.exec(readFileSync(join(root, 'docs', 'images.md'), 'utf8'))!
  expect(readRecipe(fileWith(shown!))).toMatchObject({ name: 'my-broker', clientPort: 9092, clock: { preload: '/opt/lib/clock-shim.so' } })
  expect(readRecipe(fileWith('{"clientPort":9092,"dataDir":"/data"}'))).toEqual({
    name: 'recipe', environment: {}, takesSettings: false, settings: {}, clientPort: 9092, dataDir: '/data', clock: 'shim', jvm: false,
    orderlyExitCodes: [0], startsWithinMs: 60_000,
  })
})

it.each([
  ['{', 'is no JSON: '],
  ['[]', 'is no JSON object'],
  ['{"dataDir":"/data"}', 'does not say clientPort: a port'],
  ['{"clientPort":9092}', 'does not say dataDir: an absolute path'],
  ['{"clientPort":90920,"dataDir":"/data"}', 'clientPort must be a port'],
  ['{"clientPort":9092,"dataDir":"data"}', 'dataDir must be an absolute path'],
  ['{"clientPort":9092,"dataDir":"/data","clock":{"preload":"x.so"}}', 'clock must be "skew-file", "shim", "none" or'],
  ['{"clientPort":9092,"dataDir":"/data","environment":{"A":1}}', 'environment must be an object of texts'],
  ['{"clientPort":9092,"dataDir":"/data","command":"start"}', 'command must be a list of texts'],
  ['{"clientPort":9092,"dataDir":"/data","ports":[1]}', 'has a field ports, which there is not; there are name, '],
])('the recipe %s is refused in one sentence', (text, says) => {
  expect(() => readRecipe(fileWith(text))).toThrow(expect.objectContaining({ exitCode: exitCodes.usage, message: expect.stringContaining(says) as string }))
})

it('a recipe that cannot be read is refused in one sentence', () => {
  expect(() => readRecipe(join(directory, 'none.json'))).toThrow(expect.objectContaining({ exitCode: exitCodes.usage }))
})

it('faults that are not available are left out of scenarios, and scenarios that have no others with them', () => {
  const chosen = scenarios.filter(({ name, target }) => target === 'containers' && ['clock-skew', 'squeeze', 'power-loss'].includes(name))
  const off = [{ names: ['packet-loss', 'clock-jump', 'clock-drift', 'clock-strobe'], why: '' }, { names: ['power-loss'], why: 'no loop device' }]
  const [left, ...others] = fitted(chosen, off).scenarios
  expect(others).toEqual([])
  expect(left).toMatchObject({ name: 'squeeze' })
  expect(left!.target === 'containers' && !isRace(left!) && left!.nemesis.attacks.map(({ fault }) => fault.name)).toEqual(['memory-squeeze', 'packet-delay', 'cpu-squeeze'])
  expect(() => fitted(chosen.filter(({ name }) => name === 'power-loss'), off)).toThrow(expect.objectContaining({ exitCode: exitCodes.unknown }))
})
