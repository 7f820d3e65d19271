/** The proxy before real brokers: what a directed cut between two of them does, and all it must not do. */
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { judge } from '../../checkers/judge.ts'
import { Recorder } from '../../history/recorder.ts'
import { allLinks, linkName, type Link } from '../../nemesis/links.ts'
import { Loop } from '../../ports/loop.ts'
import { NodeRunner } from '../../ports/node/node-runner.ts'
import type { ClusterInfo, PartitionInfo, WorkloadClient } from '../../workloads/client/client.ts'
import { keyedAppend } from '../../workloads/keyed-append/keyed-append.ts'
import type { RunningWorkload } from '../../workloads/workload.ts'
import { brokerCommand, proxyCommand } from '../broker-command.ts'
import { profiles } from '../profile.ts'
import { referenceBroker } from '../targets/broker-recipe.ts'
import { ProcessCluster } from '../targets/process-cluster.ts'
import { wireClients } from '../wire-clients.ts'

const topic = { name: 'orders', partitions: 3 }
let directory: string
let cluster: ProcessCluster
let runner: NodeRunner
let loop: Loop
let admin: WorkloadClient
let makeClient: (name: string) => WorkloadClient

async function start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  directory = mkdtempSync(join(tmpdir(), 'tribunal-cut-'))
  cluster = await ProcessCluster.prepare({
    brokers: 3,
    settings: { ...profiles.trial.settings, ...settings },
    dataDir: directory,
    logDir: join(directory, 'logs'),
    recipe: referenceBroker(await brokerCommand()),
    proxy: { command: await proxyCommand(), seed: 1 },
  })
  runner = new NodeRunner({ seed: 1 })
  loop = new Loop(runner.ports)
  runner.run((event) => loop.step(event))
  makeClient = wireClients(loop, cluster.brokerIds.map((id) => cluster.address(id)), profiles.trial)
  admin = makeClient('admin')
  expect(await cluster.startAll()).toBeUndefined()
}

/** So long that nothing but the cut and the lag it makes changes who leads what. */
const patient = {
  'broker.session.timeout.ms': '20000',
  'controller.quorum.fetch.timeout.ms': '5000',
  'controller.quorum.election.timeout.ms': '1000',
}

afterEach(async () => {
  admin.close()
  await cluster.stopAll(5000)
  await runner.stop()
  rmSync(directory, { recursive: true, force: true })
})

/** Asks until the answer will do; the test's own time limit is the only one. */
function until(holds: (info: ClusterInfo) => boolean, topics: readonly string[] | null = [topic.name]): Promise<ClusterInfo> {
  return new Promise((done) => {
    const ask = (): void =>
      admin.admin.metadata(topics, 2000, (result) => {
        if (result.ok && holds(result.value)) done(result.value)
        else loop.after(50, ask)
      })
    ask()
  })
}

function partitionsOf({ topics }: ClusterInfo): readonly PartitionInfo[] {
  return topics[0]?.partitions ?? []
}

function isWhole(info: ClusterInfo): boolean {
  const partitions = partitionsOf(info)
  return partitions.length === topic.partitions && partitions.every(({ leader, inSyncReplicas }) => leader > 0 && inSyncReplicas.length === 3)
}

/** Each broker leads one partition. */
async function makeTopic(): Promise<ClusterInfo> {
  const assignments = [[1, 2, 3], [2, 3, 1], [3, 1, 2]]
  await until(({ nodes }) => nodes.length === 3, null)
  await new Promise<void>((done, fail) => {
    const configs = { 'min.insync.replicas': '2' }
    admin.admin.createTopics([{ ...topic, replicationFactor: 3, assignments, configs }], 20_000, (result) => {
      if (result.ok) done()
      else fail(new Error(result.error.code))
    })
  })
  return until((info) => isWhole(info) && new Set(partitionsOf(info).map(({ leader }) => leader)).size === 3)
}

function controller(): Promise<number> {
  return new Promise((done, fail) => {
    admin.admin.describeQuorum(10_000, (result) => (result.ok ? done(result.value.leaderId) : fail(new Error(result.error.code))))
  })
}

async function moved(links: readonly Link[]): Promise<Map<string, number>> {
  const traffic = await new Promise<readonly { readonly movedBytes: number }[]>((done) => cluster.links!.traffic(links, done))
  return new Map(links.map((link, at) => [linkName(link), traffic[at]!.movedBytes]))
}

function startWork(recorder: Recorder): RunningWorkload {
  let process = 0
  const work = keyedAppend({
    producers: 2, consumers: 1, recordsPerSecond: 200, recordKeysPerPartition: 4, openSendsPerProducer: 500, acks: -1,
    idempotence: true, isolation: 'read_uncommitted', lingerMs: 5, batchSizeBytes: 16_384, maxInFlight: 5,
    valueSizeBytes: { min: 20, max: 100 }, compression: 'none', deliveryTimeoutMs: 10_000, maxRecordsPerPoll: 500,
    replaceConsumerMs: 0,
  })
  return work.start({ loop, random: runner.ports.random, recorder, makeClient, topics: [topic], nextProcess: () => process++ })
}

it('with one direction between two brokers cut, all else passes, that follower alone falls behind, and nothing is lost', async () => {
  await start(patient)
  await makeTopic()
  const quorumLeader = await controller()
  const [follower, leader] = cluster.brokerIds.filter((id) => id !== quorumLeader) as [number, number]
  const recorder = new Recorder(() => loop.now())
  recorder.record({ process: 'harness', type: 'info', f: 'config', value: { acks: -1, idempotence: true } })
  const work = startWork(recorder)
  const link: Link = { from: follower, to: leader }
  await new Promise<void>((done) => cluster.links!.cut([link], done))
  const atCut = await moved(allLinks(cluster.brokerIds))

  const ledBy = (info: ClusterInfo, id: number): PartitionInfo => partitionsOf(info).find((each) => each.leader === id)!
  const fallen = await until((info) => ledBy(info, leader)?.inSyncReplicas.length === 2)
  expect([...ledBy(fallen, leader).inSyncReplicas].sort()).toEqual([quorumLeader, leader].sort())
  expect([...ledBy(fallen, quorumLeader).inSyncReplicas].sort()).toEqual([1, 2, 3])

  const later = await moved(allLinks(cluster.brokerIds))
  const grown = [...later].filter(([name, bytes]) => bytes > atCut.get(name)!).map(([name]) => name)
  expect(grown.sort()).toEqual([...later.keys()].filter((name) => name !== linkName(link)).sort())

  const held = await new Promise<readonly { readonly heldBytes: number }[]>((done) => cluster.links!.heal([link], done))
  expect(held[0]!.heldBytes).toBeGreaterThan(0)
  await until(isWhole)
  await new Promise<void>((done) => work.stop(done))
  expect(await new Promise((done) => work.finalReads(loop.now() + 30_000, done))).toBe(true)
  work.close()
  const { findings, acknowledged, valid } = judge(recorder.ops)
  expect({ findings, valid }).toEqual({ findings: [], valid: true })
  expect(acknowledged).toBeGreaterThan(100)
})

function refuses(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      done(false)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => done(error.code === 'ECONNREFUSED'))
  })
}

it('a killed broker refuses at its own address, and is back where others have dialled before', async () => {
  await start()
  await makeTopic()
  const { port } = cluster.address(2)
  const { port: own } = cluster.ownAddress(2)
  expect(own).not.toBe(port)
  expect(await refuses(own)).toBe(false)
  await new Promise((done) => cluster.kill(2, done))
  expect(await refuses(own)).toBe(true)
  await new Promise((done) => cluster.start(2, done))
  await until((info) => isWhole(info) && info.nodes.some((each) => each.node === 2 && each.port === port))
  expect(await refuses(cluster.ownAddress(2).port)).toBe(false)
})
