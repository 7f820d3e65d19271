/** What a producer says of a record, as the op that ends its send. The key is that of the partition the client really used. */
import type { NewOp } from '../../history/op.ts'
import type { SendOutcome } from '../client/client.ts'
import { keyOf } from '../workload.ts'

export interface OpenSend {
  readonly process: number
  readonly topic: string
  /** Where it was meant to go. */
  readonly key: string
  readonly value: string
}

const unacknowledged = { code: 'NOT_ACKNOWLEDGED', definite: false, message: 'acks 0 has no answer' }

export function completionOf({ process, topic, key: meant, value }: OpenSend, outcome: SendOutcome, acks: 0 | 1 | -1): NewOp {
  const key = outcome.partition === undefined ? meant : keyOf(topic, outcome.partition)
  const micro = { f: 'send', key, value } as const
  const { attempts, node } = outcome
  const common = { process, f: 'send', ...(attempts === undefined ? {} : { attempts }), ...(node === undefined ? {} : { node }) }
  if (outcome.type !== 'ok') return { ...common, type: outcome.type, value: [micro], error: outcome.error }
  if (acks === 0) return { ...common, type: 'info', value: [micro], error: unacknowledged }
  const { offset } = outcome
  return { ...common, type: 'ok', value: [offset === undefined ? micro : { ...micro, offset }] }
}
