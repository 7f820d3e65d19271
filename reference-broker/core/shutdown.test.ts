import { expect, it } from 'vitest'
import { nodeName, RoleCluster } from '../../simulator/role-cluster.testing.ts'
import { cleanShutdownFile as nodeMark } from './boot.ts'
import { cleanShutdownFile as logMark } from './log/clean-shutdown.ts'

it('a broker that stops in order closes every log before it leaves the mark that says so', () => {
  const cluster = new RoleCluster({ roles: ['both', 'both', 'both'] })
  cluster.untilUp()
  cluster.create('t', { replicas: [[1, 2, 3], [2, 3, 1], [3, 1, 2]] })
  for (const index of [0, 1, 2]) cluster.untilProduced('t', index, 5)
  const dirs = [...cluster.running.get(1)!.replicas!.all()].map(({ log }) => log.dir)
  expect(dirs).toHaveLength(3)
  const disk = cluster.world.disk(nodeName(1))
  const closed = (): boolean => dirs.every((dir) => disk.contents(logMark(dir)) !== undefined)
  let stopped = false
  cluster.running.get(1)!.shutDown(() => {
    stopped = true
  })
  cluster.until(() => {
    if (disk.contents(nodeMark) !== undefined) expect(closed()).toBe(true)
    return stopped
  }, 'stopped')
  expect(disk.contents(nodeMark)).toBeDefined()
  for (const index of [0, 1, 2]) expect(cluster.partitionImage('t', index)!.leader).not.toBe(1)
})
