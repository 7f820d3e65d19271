/**
 * Values that the history can account for: who sent it, in which order, and a checksum, as our own workloads write them
 * (history/value-checksum.ts; a test holds both together). `k6.<scenario>.<place>-<request>-<checksum>`: requests count on, so
 * that each place of the batches is a producer of its own, and the history can keep its records as numbers.
 */

/** FNV-1a, 32 bits, over UTF-16 code units, as 8 hexadecimal digits. */
function checksum(text: string): string {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}

/** Of the record at one place of a request's batch. */
export function valueOf(scenario: string, request: number, place: number): string {
  const body = `k6.${scenario}.${place}-${request}`
  return `${body}-${checksum(body)}`
}
