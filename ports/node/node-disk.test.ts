import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { eventsOf } from '../witness.testing.ts'
import { NodeHarness } from './node-harness.testing.ts'

const harness = new NodeHarness()
afterAll(() => harness.stop())

const text = (bytes: string): Uint8Array => new TextEncoder().encode(bytes)

it('files lie where their names say, and the next process finds them', async () => {
  const first = harness.startNode('kept')
  first.node.ports.disk.append(1, 'topic-0/0.log', text('abc'))
  first.node.ports.disk.replace(2, 'vote', text('epoch 7'))
  await first.runner.stop()
  expect(first.node.events).toEqual([])
  expect(readFileSync(join(harness.rootDir, 'kept/topic-0/0.log'), 'utf8')).toBe('abc')
  expect(readFileSync(join(harness.rootDir, 'kept/vote'), 'utf8')).toBe('epoch 7')
  const { node } = harness.startNode('kept')
  node.ports.disk.append(1, 'topic-0/0.log', text('def'))
  node.ports.disk.read(2, 'topic-0/0.log', 1, 4)
  await harness.until(() => node.events.length === 2)
  expect(node.events[1]).toEqual({ kind: 'disk-done', request: 2, bytes: text('bcde') })
})

it('what comes after a failed append does not get into the file either', async () => {
  const { node } = harness.startNode('broken')
  const inTheWay = join(harness.rootDir, 'broken/folder')
  writeFileSync(inTheWay, '')
  node.ports.disk.append(1, 'folder/log', text('a'))
  rmSync(inTheWay)
  node.ports.disk.append(2, 'folder/log', text('b'))
  await harness.until(() => node.events.length === 2)
  expect(eventsOf(node, 'disk-failed').map(({ request }) => request)).toEqual([1, 2])
  expect(existsSync(join(inTheWay, 'log'))).toBe(false)
})

it('more files than may be open at once can be written, synced and read', async () => {
  const node = harness.newNode()
  const { disk } = node.ports
  const files = 700
  let request = 0
  for (let file = 0; file < files; file++) {
    disk.append(++request, `many/${file}`, text(`file ${file}`))
    disk.sync(++request, `many/${file}`)
  }
  for (let file = 0; file < files; file++) disk.read(++request, `many/${file}`, 0, 100)
  await harness.until(() => node.events.length === request)
  expect(eventsOf(node, 'disk-failed')).toEqual([])
  const reads = eventsOf(node, 'disk-done').filter((event) => event.bytes !== undefined)
  expect(reads.map((event) => event.bytes)).toEqual(Array.from({ length: files }, (_, i) => text(`file ${i}`)))
})

it('every sync is answered, in the order of asking, while appends go on', async () => {
  const node = harness.newNode()
  const { disk } = node.ports
  for (let request = 1; request < 100; request += 2) {
    disk.append(request, 'log', text('x'))
    disk.sync(request + 1, 'log')
  }
  await harness.until(() => node.events.length === 100)
  const syncs = eventsOf(node, 'disk-done').map((event) => event.request).filter((request) => request % 2 === 0)
  expect(syncs).toEqual(Array.from({ length: 50 }, (_, i) => 2 * i + 2))
})

it('a replacement that was interrupted does not show', async () => {
  mkdirSync(join(harness.rootDir, 'interrupted'))
  writeFileSync(join(harness.rootDir, 'interrupted/vote.replacing'), 'half')
  writeFileSync(join(harness.rootDir, 'interrupted/vote'), 'old')
  const { node } = harness.startNode('interrupted')
  node.ports.disk.list(1, '')
  node.ports.disk.read(2, 'vote', 0, 10)
  node.ports.disk.append(3, 'vote.replacing', text('x'))
  node.ports.disk.replace(4, 'vote', text('new'))
  await harness.until(() => node.events.length === 4)
  expect(eventsOf(node, 'disk-done')[0]!.files).toEqual([{ file: 'vote', sizeBytes: 3 }])
  expect(eventsOf(node, 'disk-failed').map((event) => event.request)).toEqual([3])
  expect(existsSync(join(harness.rootDir, 'interrupted/vote.replacing'))).toBe(false)
  expect(readFileSync(join(harness.rootDir, 'interrupted/vote'), 'utf8')).toBe('new')
})

it('what the system refuses is answered with its code, and later calls are still served', async () => {
  const node = harness.newNode()
  const { disk } = node.ports
  disk.append(1, 'plain', text('x'))
  disk.append(2, 'plain/below', text('x'))
  disk.replace(3, 'plain/below', text('x'))
  disk.read(4, 'plain/below', 0, 1)
  disk.remove(5, 'plain/below')
  disk.append(6, 'folder/file', text('x'))
  disk.append(7, 'folder', text('x'))
  disk.replace(8, 'folder', text('x'))
  disk.append(9, 'folder', text('x'))
  disk.remove(10, 'folder')
  disk.read(11, 'plain', 0, 10)
  await harness.until(() => node.events.length === 11)
  const failed = eventsOf(node, 'disk-failed').sort((a, b) => a.request - b.request)
  expect(failed.map((event) => event.request)).toEqual([2, 3, 4, 5, 7, 8, 9, 10])
  for (const event of failed) expect(event.reason).toMatch(/^E[A-Z]+: /)
})

it('a data directory that cannot be made is told at once', () => {
  writeFileSync(join(harness.rootDir, 'in-the-way'), '')
  expect(() => harness.startNode('in-the-way/data')).toThrow(/ENOTDIR/)
})
