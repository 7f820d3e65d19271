/**
 * Which partition of an internal topic a group id or transactional id belongs to. Clients do not compute it, but every broker
 * must come to the same answer, and tools that read the topics rely on Kafka's.
 */

/** Java's String.hashCode: over UTF-16 units, in 32 bits. */
export function javaStringHash(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}

/** The absolute value of the hash, that of -2^31 being 0, modulo the partition count. */
export function partitionOfKey(key: string, partitions: number): number {
  const hash = javaStringHash(key)
  return (hash === -0x80000000 ? 0 : Math.abs(hash)) % partitions
}
