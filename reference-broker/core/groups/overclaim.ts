/**
 * What a member of the classic protocol says of its subscription is its own business, and is kept unread; but Apache Kafka reads the
 * topics in it when a generation begins, and fails on one that claims more than it holds (one that ends too early, or is of no
 * version, it passes over). There the group is then stuck for good; here such a join is refused, and changes nothing.
 */

const countAt = 2
const namesAt = 6

/** Lengths of another kind than what is left allows. */
export function claimsMoreThanItHolds(metadata: Uint8Array): boolean {
  const view = new DataView(metadata.buffer, metadata.byteOffset, metadata.byteLength)
  const end = metadata.length
  if (end < namesAt || view.getInt16(0) < 0) return false
  const topics = view.getInt32(countAt)
  if (topics < 0 || topics > end - namesAt) return true
  let at = namesAt
  for (let left = topics; left > 0; left--) {
    if (end - at < 2) return false
    const length = view.getInt16(at)
    at += 2
    if (length < 0 || length > end - at) return true
    at += length
  }
  return end - at >= 4 && view.getInt32(at) > end - at - 4
}
