/** All workloads there are, by name. */
import { aboutBank } from './bank/bank.ts'
import { aboutConsumeTransformProduce } from './consume-transform-produce/consume-transform-produce.ts'
import { aboutCommitStrategies } from './commit-strategies/commit-strategies.ts'
import { aboutGroupChurn } from './group-churn/group-churn.ts'
import { aboutKeyedAppend } from './keyed-append/keyed-append.ts'
import { aboutPoisonPill } from './poison-pill/poison-pill.ts'
import { aboutSlowConsumer } from './slow-consumer/slow-consumer.ts'
import { aboutTransactions } from './transactions/transactions.ts'
import type { About } from './workload.ts'

export const workloads: readonly About[] = [
  aboutKeyedAppend, aboutGroupChurn, aboutTransactions, aboutBank, aboutConsumeTransformProduce,
  aboutCommitStrategies, aboutPoisonPill, aboutSlowConsumer,
]
