/** `roundrobin`: all partitions of all topics in a row are dealt out one by one; who does not read a topic is passed over. */
import { inOrder, noPartitions, partitionsOf, topicsRead, type ClassicAssignor } from './assignor.ts'

export const roundRobinAssignor: ClassicAssignor = {
  name: 'roundrobin',
  isCooperative: false,
  assign(members, counts) {
    const assignment = noPartitions(members)
    const ordered = inOrder(members)
    let at = 0
    for (const partition of topicsRead(members, counts).flatMap((topic) => partitionsOf(topic, counts))) {
      while (!ordered[at % ordered.length]!.topics.includes(partition.topic)) at++
      assignment.get(ordered[at++ % ordered.length]!.memberId)!.push(partition)
    }
    return assignment
  },
}
