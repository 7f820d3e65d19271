/**
 * The records of `__consumer_offsets` that Kafka documents by what its tools read: committed offsets and classic groups. A key
 * is an int16 type and a message; a value is an int16 version and a message.
 */
export const offsetKeyTypes = { old: 0, current: 1 } as const
export const classicGroupKeyType = 2

export const offsetKeySchema = {
  name: 'OffsetCommitKey',
  versions: '0-1',
  flexible: 'none',
  fields: { group: { string: '0+' }, topic: { string: '0+' }, partition: { int32: '0+' } },
} as const

export const offsetValueSchema = {
  name: 'OffsetCommitValue',
  versions: '0-4',
  flexible: '4+',
  fields: {
    offset: { int64: '0+' },
    leaderEpoch: { int32: '3+', default: -1, ignorable: true },
    metadata: { string: '0+' },
    commitTimestamp: { int64: '0+' },
    expireTimestamp: { int64: '1', default: -1n, ignorable: true },
    topicId: { uuid: '4+', tag: 0, ignorable: true },
  },
} as const

export const groupKeySchema = {
  name: 'GroupMetadataKey',
  versions: '0-2',
  flexible: 'none',
  fields: { group: { string: '0+' } },
} as const

export const classicGroupSchema = {
  name: 'GroupMetadataValue',
  versions: '0-3',
  flexible: 'none',
  fields: {
    protocolType: { string: '0+' },
    generation: { int32: '0+' },
    protocol: { string: '0+', nullable: '0+' },
    leader: { string: '0+', nullable: '0+' },
    currentStateTimestamp: { int64: '2+', default: -1n, ignorable: true },
    members: {
      array: '0+',
      of: {
        memberId: { string: '0+' },
        groupInstanceId: { string: '3+', nullable: '3+', default: null, ignorable: true },
        clientId: { string: '0+' },
        clientHost: { string: '0+' },
        rebalanceTimeoutMs: { int32: '1+', default: -1, ignorable: true },
        sessionTimeoutMs: { int32: '0+' },
        subscription: { bytes: '0+' },
        assignment: { bytes: '0+' },
      },
    },
  },
} as const
