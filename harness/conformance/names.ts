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
  /** Ids that groups have handed out. */
  readonly members: string[] = []

  constructor(prefix: string, zeroMs: number) {
    this.prefix = prefix
    this.zeroMs = zeroMs
  }

  /** `~a`, or `member:0`, as the broker has it; a member that nobody was made is `nobody`. */
  real(name: string): string {
    const member = /^member:(\d+)$/.exec(name)?.[1]
    if (member !== undefined) return this.members[Number(member)] ?? 'nobody'
    return name.startsWith('~') ? this.prefix + name.slice(1) : name
  }

  /** The reverse. */
  symbolic(name: string): string {
    const member = this.members.indexOf(name)
    if (member >= 0) return `member:${member}`
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
