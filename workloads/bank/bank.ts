/**
 * Transfers between accounts: each is a transaction of two records on two partitions whose amounts cancel out, so whoever
 * reads whole transactions only sees a sum of 0. A transfer that is aborted or torn leaves money lost or made.
 *
 * Ops as those of transactions; values as in history/transfer-value.ts.
 */
import { transferValue } from '../../history/transfer-value.ts'
import { randomBetween, randomInt, type Random } from '../../ports/random.ts'
import { encodeValue } from '../keyed-append/values.ts'
import { Transacting } from '../transactions/transacting.ts'
import type { Script, Step } from '../transactions/transaction-script.ts'
import type { TransactingOptions } from '../transactions/transactions-options.ts'
import { keyOf, type About, type TopicSpec, type Workload } from '../workload.ts'

export interface BankOptions extends Omit<TransactingOptions, 'polls'> {
  /** Of one transfer, at most. */
  readonly amountMax: number
}

interface Account {
  readonly topic: string
  readonly partition: number
}

/** One partition is one account. */
export class TransferScript implements Script {
  readonly #random: Random
  readonly #accounts: readonly Account[]
  readonly #amountMax: number

  /** Programmer error for less than two accounts. */
  constructor(random: Random, topics: readonly TopicSpec[], amountMax: number) {
    this.#random = random
    this.#amountMax = amountMax
    this.#accounts = topics.flatMap(({ name, partitions }) => Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition })))
    if (this.#accounts.length < 2) throw new Error('a transfer needs two accounts')
  }

  draw(producer: string, nextSequence: () => number): Step[] {
    const from = randomInt(this.#random, this.#accounts.length)
    const to = (from + 1 + randomInt(this.#random, this.#accounts.length - 1)) % this.#accounts.length
    const amount = randomBetween(this.#random, 1, this.#amountMax)
    return [this.#entry(from, transferValue(producer, nextSequence(), -amount)), this.#entry(to, transferValue(producer, nextSequence(), amount))]
  }

  #entry(at: number, value: string): Step {
    const { topic, partition } = this.#accounts[at]!
    return { f: 'send', record: { topic, partition, key: null, value: encodeValue(value, 0) }, micro: { f: 'send', key: keyOf(topic, partition), value } }
  }
}

export const aboutBank: About = {
  name: 'bank',
  describes: 'Transfers between accounts: two records of one transaction that cancel out, so the sum never changes.',
}

export function bank(options: BankOptions): Workload {
  return {
    ...aboutBank,
    start: (context) => new Transacting(context, { ...options, polls: false }, new TransferScript(context.random, context.topics, options.amountMax)),
  }
}
