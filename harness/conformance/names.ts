/** What one sequence knows on one broker: its names there, its topics' ids, the producers it was given. */
import { createHash } from 'node:crypto'
import { zeroUuid } from '../../protocol/uuid.ts'

const strangerId = createHash('md5').update('a topic nobody has').digest('base64url')

export class Names {
  /** Stands before every name of this sequence. */
  readonly prefix: string
  /** What the sequence calls zero, milliseconds since 1970. */
  readonly zeroMs: number
  readonly topicIds: Map<string, string> = new Map()
  readonly producers: number[] = []

  constructor(prefix: string, zeroMs: number) {
    this.prefix = prefix
    this.zeroMs = zeroMs
  }

  /** `~a` as the broker has it. */
  real(name: string): string {
    return name.startsWith('~') ? this.prefix + name.slice(1) : name
  }

  /** The reverse. */
  symbolic(name: string): string {
    return name.startsWith(this.prefix) ? `~${name.slice(this.prefix.length)}` : name
  }

  topicId(reference: string): string {
    const name = reference.replace(/^id:/, '')
    if (name === 'none') return zeroUuid
    return this.topicIds.get(name) ?? strangerId
  }

  /** `id:~a`, when it is one of this sequence's. */
  idReference(id: string): string | undefined {
    if (id === zeroUuid) return 'id:none'
    if (id === strangerId) return 'id:stranger'
    for (const [name, known] of this.topicIds) if (known === id) return `id:${name}`
    return undefined
  }

  /** A number nobody was given where `p0` has not been handed out. */
  producerId(reference: number | string): number {
    if (typeof reference === 'number') return reference
    return this.producers[Number(reference.slice(1))] ?? 987_654
  }
}
