/**
 * The promises on trial: everything users of a Kafka-like log are told to rely on, one row each, and as
 * important, what they are not promised. A row without checkers is not tested yet. `promised: false` rows
 * never convict: they are shown, measured, or lawful.
 */
export type Area =
  | 'order and placement'
  | 'durability and replication'
  | 'producers'
  | 'consumers and groups'
  | 'transactions'
  | 'retention'
  | 'operations'
  | 'security'
  | 'ecosystem'

export interface Guarantee {
  readonly id: string
  readonly area: Area
  /** One sentence. */
  readonly promise: string
  readonly promised: boolean
  /** Names of the checkers that test it. */
  readonly checkers: readonly string[]
}

type Row = readonly [id: string, promise: string, checkers?: readonly string[]]

function area(name: Area, rows: readonly Row[], notPromised: readonly string[] = []): Guarantee[] {
  return rows.map(([id, promise, checkers = []]) => {
    return { id, area: name, promise, promised: !notPromised.includes(id), checkers }
  })
}

const pollOrder = ['poll-skip', 'nonmonotonic-poll', 'int-poll-skip', 'int-nonmonotonic-poll']
const sendOrder = ['nonmonotonic-send', 'int-nonmonotonic-send']
const loss = ['lost-write', 'unseen']

const order = area(
  'order and placement',
  [
    [
      'ORD-1',
      'The offsets of a partition only grow, and every reader gets its records in that order.',
      [...pollOrder, ...sendOrder, 'int-send-skip', 'stale-offset-ack'],
    ],
    [
      'ORD-2',
      'As long as the number of partitions stays, records with one key all go to one partition.',
      ['key-moved'],
    ],
    [
      'ORD-3',
      'When partitions are added, keys may move, and with them the order per key may break at that point.',
    ],
    [
      'ORD-4',
      'A written record never changes, and its offset means it until retention or compaction takes it away.',
      ['inconsistent-offsets', 'phantom-record', 'vanished-read', 'leader-epoch-regression', 'log-start-regression'],
    ],
    ['ORD-5', 'A skewed key makes one partition hot, which figures show and no record pays for.'],
    ['ORD-6', 'Records without a key are spread evenly over the partitions.'],
  ],
  ['ORD-3'],
)

const durability = area('durability and replication', [
  [
    'DUR-1',
    'acks says who has an acknowledged record: nobody for sure (0), the leader (1), every in-sync replica (all).',
    loss,
  ],
  [
    'DUR-2',
    'With acks=all, three replicas and min.insync.replicas=2, losing one broker loses nothing and stops little.',
    [...loss, 'stuck'],
  ],
  [
    'DUR-3',
    'While fewer replicas are in sync than the minimum, acks=all writes are refused and reads go on.',
    ['G1a'],
  ],
  [
    'DUR-4',
    'A replica behind for longer than replica.lag.time.max.ms leaves the in-sync set and returns once it has caught up.',
  ],
  [
    'DUR-5',
    'Readers get nothing at or above the high watermark, and below it every in-sync replica has everything.',
    ['vanished-read', 'read-beyond-high-watermark', 'high-watermark-regression'],
  ],
  [
    'DUR-6',
    'Only in-sync or eligible replicas become leader, unless unclean election is on and its losses are named.',
    ['two-leaders', 'leader-epoch-regression'],
  ],
  [
    'DUR-7',
    'A leader cut off from the others acknowledges no acks=all write, and drops its unreplicated end once healed.',
    ['two-leaders'],
  ],
  ['DUR-8', 'Losing the active controller pauses changes and no data; the quorum names another.'],
  ['DUR-9', 'Clocks that disagree between brokers corrupt no index, remove no replica and lose no record.'],
  [
    'DUR-10',
    'The replicas of a partition are on different brokers, and on different racks where racks are known.',
  ],
  [
    'DUR-11',
    'Reassignment, decommissioning, rolling restarts and preferred elections lose nothing and can be throttled.',
  ],
  [
    'DUR-12',
    'A full disk refuses writes, keeps what was acknowledged, and serves again once there is room.',
  ],
])

const producers = area(
  'producers',
  [
    [
      'PRO-1',
      'With idempotence, and up to five requests in flight, retries neither repeat nor reorder records.',
      ['duplicate', ...sendOrder],
    ],
    ['PRO-2', 'Without idempotence, a retry may write a record again.'],
    [
      'PRO-3',
      'Batching, lingering and any compression change neither the content nor the order of records.',
      ['phantom-record'],
    ],
    ['PRO-4', 'Towards a slow broker the producer waits or fails; it drops nothing silently.'],
    ['PRO-5', 'A record above max.message.bytes is refused with the error that says so.'],
  ],
  ['PRO-2'],
)

const groups = area('consumers and groups', [
  [
    'GRP-1',
    'Within one group a partition has one owner at a time; groups do not affect one another.',
    ['double-owner', 'orphan-partition', 'group-crosstalk'],
  ],
  [
    'GRP-2',
    'Partitions are shared out evenly; those of a crashed member move after its session, from the committed offset.',
    ['orphan-partition', 'unbalanced-assignment'],
  ],
  [
    'GRP-3',
    'Range, round-robin, sticky and cooperative-sticky assign as documented, and the sticky ones move little.',
    ['unbalanced-assignment'],
  ],
  [
    'GRP-4',
    'A group rebalances when members, partitions or subscriptions change: eagerly all of it, cooperatively what moves.',
    ['stuck-rebalance'],
  ],
  ['GRP-5', 'A static member that is back within its session causes no rebalance.', ['static-rebalance']],
  [
    'GRP-6',
    'A committed offset is kept per group and partition, is not lost, and does not go back by itself.',
    ['offset-regression', 'lost-commit'],
  ],
  [
    'GRP-7',
    'Committing before the work gives at most once, after it at least once.',
    ['skipped-record', 'reprocessed-record'],
  ],
  ['GRP-8', 'A member whose partitions were given to others cannot commit for them.', ['unfenced-zombie']],
  [
    'GRP-9',
    'Lag is the log end less the committed offset, is reported right, and drains once producers stop.',
    ['undrained-lag'],
  ],
  [
    'GRP-10',
    'auto.offset.reset decides where to begin without a committed offset, and offsets can be set back to read again.',
    ['wrong-start'],
  ],
  [
    'GRP-11',
    'A record that cannot be processed holds up its partition only, and can be put aside with its origin and cause.',
    ['skipped-record', 'lost-dead-letter', 'false-dead-letter', 'blocked-partition'],
  ],
  [
    'GRP-12',
    'max.poll.records, fetch.min.bytes, fetch.max.wait.ms, pause and resume bound what a consumer takes.',
    ['overfull-poll'],
  ],
  ['GRP-13', 'Consumers that assign themselves partitions never disturb a group.', ['group-crosstalk']],
])

const transactions = area(
  'transactions',
  [
    [
      'TXN-1',
      'To read_committed readers the records of a transaction appear together in all partitions, or never.',
      ['G0', 'G1b', 'G1c', 'torn-transaction', 'bank-imbalance'],
    ],
    [
      'TXN-2',
      'Output records and the input offsets they came from commit together: each input has one effect in the log.',
      ['exactly-once-violation', 'repeated-side-effect'],
    ],
    ['TXN-3', 'A newer producer with the same transactional id shuts out the older one.', ['zombie-write']],
    [
      'TXN-4',
      'read_committed readers stop at the last stable offset and never get an aborted record.',
      ['G1a', 'G1b', 'G1c', 'precommitted-read', 'lso-regression'],
    ],
    [
      'TXN-5',
      'The transaction of a vanished producer is aborted after its timeout and blocks nobody for ever.',
      ['stuck-transaction'],
    ],
    ['TXN-6', 'When the coordinator fails half-way, the outcome it had decided is carried out, once.', ['torn-transaction']],
    ['TXN-7', 'Effects outside the log (mail, payments, other databases) may happen twice.'],
    ['TXN-8', 'What idempotence and transactions cost in latency and throughput is measured.'],
  ],
  ['TXN-7', 'TXN-8'],
)

const retention = area('retention', [
  ['RET-1', 'Only whole segments past retention.ms or beyond retention.bytes go, and nothing younger.'],
  [
    'RET-2',
    'Compaction keeps the latest record of each key at its offset, and tombstones for delete.retention.ms.',
  ],
  ['RET-3', 'compact,delete does both.'],
  ['RET-4', 'Records moved to tiered storage are read as if they were local, only slower.'],
  ['RET-5', 'Compaction and retention neither block nor lose writes, also when a crash interrupts them.'],
])

const operations = area(
  'operations',
  [
    [
      'OPS-1',
      'Lag, replication state, rates, latencies, disk use, groups and elections can be seen as metrics and logs.',
    ],
    ['OPS-2', 'How many partitions a load needs and a broker carries is measured, not believed.'],
  ],
  ['OPS-2'],
)

const security = area('security', [
  ['SEC-1', 'With TLS, mTLS or SASL on a listener, nobody without credentials gets in.'],
  [
    'SEC-2',
    'Access lists hold per topic, group and transactional id; a denial has the right error and is audited.',
  ],
  ['SEC-3', 'Quotas hold back a greedy client without harm to others.'],
])

const ecosystem = area('ecosystem', [
  [
    'ECO-1',
    'Where a schema registry is used, an incompatible producer is stopped or its records are put aside.',
  ],
  [
    'ECO-2',
    'Stream processors, connectors and mirroring tools run unmodified, with exact results across crashes.',
  ],
])

export const guarantees: readonly Guarantee[] = [
  ...order,
  ...durability,
  ...producers,
  ...groups,
  ...transactions,
  ...retention,
  ...operations,
  ...security,
  ...ecosystem,
]
