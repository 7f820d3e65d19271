/** What clients ask the coordinators of groups. */
import type { BrokerNode } from '../node.ts'
import type { Handler } from '../server/server.ts'
import { offsetCommitHandler } from './08-offset-commit.ts'
import { offsetFetchHandler } from './09-offset-fetch.ts'
import { findCoordinatorHandler } from './10-find-coordinator.ts'
import { joinGroupHandler } from './11-join-group.ts'
import { heartbeatHandler } from './12-heartbeat.ts'
import { leaveGroupHandler } from './13-leave-group.ts'
import { syncGroupHandler } from './14-sync-group.ts'
import { describeGroupsHandler } from './15-describe-groups.ts'
import { listGroupsHandler } from './16-list-groups.ts'
import { deleteGroupsHandler } from './42-delete-groups.ts'
import { offsetDeleteHandler } from './47-offset-delete.ts'
import { consumerGroupHeartbeatHandler } from './68-consumer-group-heartbeat.ts'
import { consumerGroupDescribeHandler } from './69-consumer-group-describe.ts'

export function groupHandlers(node: BrokerNode): readonly Handler[] {
  return [
    offsetCommitHandler(node),
    offsetFetchHandler(node),
    findCoordinatorHandler(node),
    joinGroupHandler(node),
    heartbeatHandler(node),
    leaveGroupHandler(node),
    syncGroupHandler(node),
    describeGroupsHandler(node),
    listGroupsHandler(node),
    deleteGroupsHandler(node),
    offsetDeleteHandler(node),
    consumerGroupHeartbeatHandler(node),
    consumerGroupDescribeHandler(node),
  ]
}
