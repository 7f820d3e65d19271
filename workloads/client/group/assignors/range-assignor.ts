/**
 * `range`: each topic for itself is cut into ranges as equal as can be, the first members having the longer ones. Partitions
 * of one number of several topics so meet in one member, and the first members may have more by one of each topic.
 */
import { inOrder, noPartitions, partitionsOf, topicsRead, type ClassicAssignor } from './assignor.ts'

export const rangeAssignor: ClassicAssignor = {
  name: 'range',
  isCooperative: false,
  assign(members, counts) {
    const assignment = noPartitions(members)
    const ordered = inOrder(members)
    for (const topic of topicsRead(members, counts)) {
      const readers = ordered.filter(({ topics }) => topics.includes(topic))
      const partitions = partitionsOf(topic, counts)
      const share = Math.floor(partitions.length / readers.length)
      const longer = partitions.length % readers.length
      for (const [place, { memberId }] of readers.entries()) {
        const first = place * share + Math.min(place, longer)
        assignment.get(memberId)!.push(...partitions.slice(first, first + share + (place < longer ? 1 : 0)))
      }
    }
    return assignment
  },
}
