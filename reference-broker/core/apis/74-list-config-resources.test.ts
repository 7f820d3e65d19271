import { expect, it } from 'vitest'
import { apis } from '../../../protocol/apis.ts'
import { errorName } from '../../../protocol/errors.ts'
import { RoleCluster } from '../../../simulator/role-cluster.testing.ts'

it('ListConfigResources names topics, brokers and their loggers, of the types that were asked for', () => {
  const cluster = new RoleCluster({ roles: ['both', 'broker'] })
  cluster.untilUp()
  cluster.create('t', {})
  const ask = (resourceTypes: readonly number[], version = 1): string[] => {
    const answer = cluster.ask(2, apis.ListConfigResources, version === 0 ? {} : { resourceTypes }, { version })
    if (answer.errorCode !== 0) return [errorName(answer.errorCode)]
    return answer.configResources.map(({ resourceType, resourceName }) => `${resourceType} ${resourceName}`)
  }
  expect(ask([])).toEqual(['2 t', '4 1', '4 2', '8 1', '8 2'])
  expect(ask([4, 2, 4])).toEqual(['4 1', '4 2', '2 t'])
  expect(ask([16, 32])).toEqual([])
  expect(ask([2, 1])).toEqual(['UNSUPPORTED_VERSION'])
  expect(ask([], 0)).toEqual([])
})
