/**
 * Differences that are meant, each with its reason. Anything else between two brokers is a finding. Where one of them fails on
 * a request (an exception nobody caught, no answer) it is the second that may: ours is to be named first.
 */
import type { StepDifference } from './compare.ts'
import type { Json, JsonObject, Step } from './step.ts'

interface Declared {
  /** Matches the signature. */
  readonly signature: RegExp
  /** Of which requests alone it is meant. */
  readonly where?: (step: Step) => boolean
  readonly reason: string
}

export const declared: readonly Declared[] = [
  {
    signature: /^Fetch sessionId: (0 or session\d+|session\d+ or 0)$/,
    reason: 'Our broker opens no fetch sessions; KIP-227 lets a broker answer a full fetch with session id 0.',
  },
  {
    signature: /^DescribeLogDirs results\[\]\.(totalBytes|usableBytes): (-1 or bytes|bytes or -1)$/,
    reason: 'Our Disk port does not ask for the size of the volume; KIP-827 has -1 for a broker that does not know it.',
  },
  {
    signature: /^DescribeConfigs .*[.]documentation: (null or text|text or null)$/,
    reason: 'The texts of the settings are Kafka\'s documentation; our broker has none to tell.',
  },
  {
    signature: /^CreateTopics topics\[\]\.errorCode: (INVALID_TOPIC_EXCEPTION or \w+|\w+ or INVALID_TOPIC_EXCEPTION)$/,
    where: ({ body }) => hasTwice((body['topics'] as readonly JsonObject[]).map(({ name }) => String(name).replaceAll('.', '_'))),
    reason: 'Kafka looks for colliding names (`.` and `_`) among the topics there are, not among those of the request; ours does both.',
  },
  {
    signature: /^Produce: a structure or no answer$/,
    where: ({ body }) => JSON.stringify(body).includes('"records":null'),
    reason: 'Kafka never answers a produce without records; ours says INVALID_RECORD.',
  },
  {
    signature: /^Produce( .*[.]errorCode: INVALID_RECORD or NONE|: closed or no answer)$/,
    where: ({ body }) => /"producerId":-1,[^}]*"transactional":true/.test(JSON.stringify(body)),
    reason: 'Kafka takes a transactional batch of no producer, which no marker can ever end; ours refuses it, and without acks closes the connection.',
  },
  {
    signature: /^DescribeGroups groups\[\]\.(errorCode|errorMessage|groupState): (GROUP_ID_NOT_FOUND or NONE|text or null|Dead or Empty)$/,
    reason: 'Kafka keeps an empty group in memory for a join that it has refused; ours makes a group with its first member or offset.',
  },
  {
    signature: /^JoinGroup errorCode: UNKNOWN_MEMBER_ID or INCONSISTENT_GROUP_PROTOCOL$/,
    where: ({ body }) => (body['protocols'] as readonly unknown[]).length === 0,
    reason: 'In such a group Kafka looks at the protocols before it looks for the member; where there is none both look for the member.',
  },
  {
    signature: /^OffsetCommit topics\[\]\.partitions\[\]\.errorCode: GROUP_ID_NOT_FOUND or UNKNOWN_MEMBER_ID$/,
    reason: 'The same, as a commit of a member finds it: no such group, or none such member of the empty one.',
  },
  {
    signature: /^ListOffsets topics\[\]\.partitions\[\]\.(offset|leaderEpoch): -1 or 0$/,
    where: ({ body }) => JSON.stringify(body).includes('"timestamp":-3'),
    reason: 'Asked for the newest timestamp where no record has one, Kafka names the first record, ours none.',
  },
  {
    signature: /^OffsetDelete errorCode: GROUP_ID_NOT_FOUND or NONE$/,
    reason: 'The same, as a deletion of nothing finds it: no such group, or nothing to delete in the empty one.',
  },
  {
    signature: /^JoinGroup: a structure or no answer$/,
    where: ({ body }) => hasTwice((body['protocols'] as readonly JsonObject[]).map(({ name }) => String(name))),
    reason: 'Kafka never answers a JoinGroup that names a protocol twice; ours takes its first.',
  },
  {
    signature: /^OffsetCommit topics\[\]: \d+ of them or \d+ of them$/,
    where: ({ version, body }) => version >= offsetTopicIdsSinceVersion && unknownTopics(body) > 1,
    reason: 'Kafka answers for several topics of one id that it does not know as for one; ours for each as it was asked.',
  },
  {
    signature: /^Produce responses\[\]\.partitionResponses\[\]\.errorCode: NONE or OUT_OF_ORDER_SEQUENCE_NUMBER$/,
    where: ({ version, body }) => version >= transactionsTwoSinceVersion && body['transactionalId'] !== null && !JSON.stringify(body).includes('"transactional":true'),
    reason: 'Behind a refused batch of a transaction Kafka wants sequence 0 also of a batch outside of it, which no client sends under a transactional id.',
  },
  {
    signature: /^ListGroups groups\[\]: \d+ of them or \d+ of them$/,
    reason: 'The same, as ListGroups tells it: the empty group of a join that was refused.',
  },
  {
    signature: /^Produce responses\[\]\.partitionResponses\[\]\.errorCode: /,
    where: ({ body }) => hasTwice((body['topicData'] as readonly JsonObject[]).flatMap(partitionsProduced)),
    reason: 'Of a partition that a request names twice, both append what was named last; Kafka answers with the refusal of another.',
  },
  {
    signature: /^JoinGroup errorCode: INCONSISTENT_GROUP_PROTOCOL or (MEMBER_ID_REQUIRED|NONE|UNKNOWN_SERVER_ERROR)$/,
    reason: 'Kafka lets members of the classic protocol into a group of the new one, and turns it back (KIP-848); ours keeps them apart.',
  },
  {
    signature: /^AddPartitionsToTxn: a structure or no answer$/,
    where: ({ version, body }) => version >= batchedSinceVersion && (body['transactions'] as readonly Json[]).length === 0,
    reason: 'Kafka never answers an AddPartitionsToTxn of no transaction, which no broker sends; ours answers with none.',
  },
  {
    signature: /^Fetch .*partitions\[\]\.errorCode: NONE or UNKNOWN_SERVER_ERROR$/,
    where: ({ body }) => /[mM]axBytes":-/.test(JSON.stringify(body)),
    reason: 'Kafka fails on a negative limit of bytes; ours takes it for none.',
  },
  {
    signature: /^Fetch errorCode: NONE or UNKNOWN_SERVER_ERROR$/,
    where: ({ version, body }) => version >= topicIdsSinceVersion && JSON.stringify(body).includes('"id:none"'),
    reason: 'Kafka fails on several partitions of the zero topic id, which no topic has; ours says UNKNOWN_TOPIC_ID of each.',
  },
  {
    signature: /^DescribeConfigs results\[\]\.configs\[/,
    where: (step) => resourceTypes(step).includes(brokerType),
    reason: 'A broker\'s own settings are its own: what it was started with, and those that only one of them knows.',
  },
  {
    signature: /^(Describe|Alter|IncrementalAlter)Configs (results|responses)\[\]\.errorCode: /,
    where: (step) => resourceTypes(step).some((type) => type !== topicType && type !== brokerType),
    reason: 'Our broker keeps settings of topics and brokers only: no loggers, client metrics, or groups.',
  },
  {
    signature: /^(Incremental)?AlterConfigs responses\[\]\.errorCode: (INVALID_REQUEST or NONE|NONE or INVALID_REQUEST)$/,
    where: (step) => resourceTypes(step).includes(brokerType),
    reason: 'While it runs, our broker changes what topics default to; Kafka also one broker alone, its threads, and names it does not know.',
  },
  {
    signature: /^AlterConfigs responses\[\]\.errorCode: INVALID_REQUEST or INVALID_CONFIG$/,
    where: (step) => resourceTypes(step).includes(brokerType),
    reason: 'The same: of a name it does not know Kafka says nothing, and goes on to that min.insync.replicas of the cluster would be removed.',
  },
  {
    signature: /^IncrementalAlterConfigs responses\[\]\.errorCode: /,
    where: ({ body }) => /"configOperation":(-|[4-9])/.test(JSON.stringify(body)),
    reason: 'Of an operation that is none Kafka fails in several ways; ours refuses the request.',
  },
  {
    signature: /^DescribeTopicPartitions topics\[\]\.errorCode: NONE or UNKNOWN_SERVER_ERROR$/,
    where: ({ body }) => JSON.stringify(body).includes('"name":""'),
    reason: 'Kafka fails on an empty name and takes the other topics with it; ours says INVALID_TOPIC_EXCEPTION of that one.',
  },
  {
    signature: /^AlterConfigs: a structure or no answer$/,
    where: ({ body }) => hasTwice((body['resources'] as readonly JsonObject[]).map((each) => JSON.stringify([each['resourceType'], each['resourceName']]))),
    reason: 'Kafka never answers an AlterConfigs that names a resource twice; ours refuses it as an IncrementalAlterConfigs.',
  },
  {
    signature: /^Metadata errorCode: NONE or UNKNOWN_SERVER_ERROR$/,
    where: ({ body }) => JSON.stringify(body).includes('"topicId":"id:none","name":null'),
    reason: 'Kafka fails on a topic with neither name nor id; ours finds no topic in it.',
  },
  {
    signature: /: (?!NONE )\w+ or UNKNOWN_SERVER_ERROR$/,
    reason: 'UNKNOWN_SERVER_ERROR is an exception nobody caught; the other broker says what is wrong with the request.',
  },
]

const topicType = 2
const brokerType = 4

function resourceTypes({ body }: Step): Json[] {
  return (body['resources'] as readonly JsonObject[]).map(({ resourceType }) => resourceType ?? null)
}

export function reasonFor({ signature, step }: Pick<StepDifference, 'signature' | 'step'>): string | undefined {
  return declared.find((each) => each.signature.test(signature) && (each.where?.(step) ?? true))?.reason
}

function partitionsProduced({ name, topicId, partitionData }: JsonObject): string[] {
  return (partitionData as readonly JsonObject[]).map(({ index }) => `${String(name ?? topicId)} ${String(index)}`)
}

function unknownTopics({ topics }: JsonObject): number {
  return (topics as readonly JsonObject[]).filter(({ topicId }) => topicId === 'id:stranger' || topicId === 'id:~new').length
}

function hasTwice(names: readonly string[]): boolean {
  return new Set(names).size < names.length
}

const topicIdsSinceVersion = 13
const batchedSinceVersion = 4
const offsetTopicIdsSinceVersion = 10
const transactionsTwoSinceVersion = 12
