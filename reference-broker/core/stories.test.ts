/**
 * Tells every story of testdata again and compares. `vitest -u` rewrites them: commit only a diff you can explain.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { calmDisk } from '../../simulator/sim-disk.ts'
import { brokerName, SimCluster } from '../../simulator/sim-cluster.ts'
import { calmNetwork } from '../../simulator/sim-wire.ts'
import { World } from '../../simulator/world.ts'
import { soundDecisions } from './decisions.ts'
import { storyCommands } from './testing/story-commands.ts'
import type { Stage, StageOptions } from './testing/story-stage.ts'
import { tellStory } from './testing/story.ts'

/** Short timeouts, so that a story takes seconds of virtual time. */
const settings = {
  'broker.heartbeat.interval.ms': '300',
  'broker.session.timeout.ms': '1500',
  'replica.lag.time.max.ms': '2000',
  'replica.fetch.wait.max.ms': '200',
  'replica.fetch.backoff.ms': '100',
  'controller.quorum.election.timeout.ms': '300',
  'controller.quorum.fetch.timeout.ms': '600',
  'auto.create.topics.enable': 'false',
}

function newStage(options: StageOptions): Stage {
  const { seed, maxFrameBytes } = options
  const network = maxFrameBytes === undefined ? calmNetwork : { ...calmNetwork, maxFrameBytes }
  const world = new World({ seed, network, disk: calmDisk })
  const cluster = new SimCluster(world, {
    brokers: options.brokers,
    settings: { ...settings, ...options.settings },
    decisions: soundDecisions,
  })
  return { world, cluster, nameOf: brokerName }
}

const folder = new URL('testdata/', import.meta.url)
const stories = readdirSync(folder).filter((file) => file.endsWith('.txt'))

it('there are stories, and each begins with what it shows', () => {
  expect(stories.length).toBeGreaterThan(20)
  for (const file of stories) expect(readFileSync(new URL(file, folder), 'utf8')).toMatch(/^# \S/)
})

it('a line that means nothing is no story', () => {
  const tell = (text: string): string => tellStory(text, storyCommands(newStage))
  expect(() => tell('fetch @1 t-0:0')).toThrow('a story begins with `cluster`')
  expect(() => tell('cluster brokers=1\nfetch t-0:0')).toThrow('"fetch t-0:0": to whom?')
  expect(() => tell('cluster brokers=1\nfrobnicate 1')).toThrow('there is no command frobnicate')
  expect(() => tell('cluster brokers=1\nkill 2')).toThrow('no broker 2')
  expect(() => tell('cluster brokers=1\nawait nothing')).toThrow('nothing was sent as nothing')
})

it('a story is told the same way twice', () => {
  const text = readFileSync(new URL('leader-change.txt', folder), 'utf8')
  expect(tellStory(text, storyCommands(newStage))).toBe(tellStory(text, storyCommands(newStage)))
})

it.each(stories)('%s is told as it was written', async (file) => {
  const path = new URL(file, folder)
  const told = tellStory(readFileSync(path, 'utf8'), storyCommands(newStage))
  await expect(told).toMatchFileSnapshot(path.pathname)
})
