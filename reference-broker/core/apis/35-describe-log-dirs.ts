/**
 * DescribeLogDirs v1-5 (KIP-113): what this broker keeps in its one data directory, and how large it is. Partitions it does
 * not host are left out. How much room the disk has is not known here (-1), and no directory is ever cordoned.
 *
 * Version notes: v3 top-level error; v4 total and usable bytes; v5 cordoned.
 */
import { apis } from '../../../protocol/apis.ts'
import type { DescribeLogDirsRequest, DescribeLogDirsResponseInput } from '../../../protocol/apis/35-describe-log-dirs.ts'
import { errorCode } from '../../../protocol/errors.ts'
import { toBigInt } from '../../../protocol/int64.ts'
import type { BrokerNode } from '../node.ts'
import type { Partition } from '../replication/partition.ts'
import { handler, type Handler } from '../server/server.ts'

type TopicAnswer = DescribeLogDirsResponseInput['results'][number]['topics'][number]

export function describeLogDirsHandler(node: BrokerNode): Handler {
  return handler(apis.DescribeLogDirs, (_context, request, respond) => {
    const partitions = [...node.replicas.all()].filter(isAsked(request))
    const topics = Map.groupBy(partitions, ({ options }) => options.topic)
    const results = [{
      errorCode: errorCode.NONE,
      logDir: node.config.logDir,
      topics: [...topics].map(([name, hosted]): TopicAnswer => ({ name, partitions: hosted.map(sizeOf) })),
    }]
    respond({ errorCode: errorCode.NONE, results })
  })
}

function isAsked({ topics }: DescribeLogDirsRequest): (partition: Partition) => boolean {
  if (topics === null) return () => true
  const asked = new Set(topics.flatMap(({ topic, partitions }) => partitions.map((index) => `${topic}-${index}`)))
  return ({ key }) => asked.has(key)
}

/** The lag counts from the high watermark down to the log's end: only a copy that is being moved could be behind it. */
function sizeOf({ options, log, highWatermark }: Partition): TopicAnswer['partitions'][number] {
  return {
    partitionIndex: options.index,
    partitionSize: toBigInt(log.sizeBytes()),
    offsetLag: toBigInt(Math.max(0, highWatermark - log.logEndOffset)),
    isFutureKey: false,
  }
}
