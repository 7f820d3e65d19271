/** Whether the value of an op is what docs/history.md says of its kind: other tools write other things under these names. */

type Raw = Readonly<Record<string, unknown>>
type Shape = (value: Raw) => boolean

function isKey(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number'
}

function areKeys(value: unknown): boolean {
  return Array.isArray(value) && value.every(isKey)
}

function areOffsets(value: unknown): boolean {
  return Array.isArray(value) && value.every(each => Array.isArray(each) && isKey(each[0]) && typeof each[1] === 'number')
}

function isMember({ memberId, generation }: Raw): boolean {
  return typeof memberId === 'string' && typeof generation === 'number'
}

function isAbsentOr(is: (value: unknown) => boolean, value: unknown): boolean {
  return value === undefined || is(value)
}

const shapes: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ['join', ({ topics, memberId, generation }) => areKeys(topics) && (memberId === undefined || isMember({ memberId, generation }))],
  ['assigned', value => isMember(value) && areKeys(value['keys']) && isAbsentOr(areOffsets, value['starts'])],
  ['revoked', value => areKeys(value['keys'])],
  ['lost', value => areKeys(value['keys'])],
  ['letter', value => isMember(value) && isKey(value['key']) && typeof value['offset'] === 'number' && isAbsentOr(of => areOffsets([of]), value['of'])],
  ['paused', value => areKeys(value['keys'])],
  ['subscribed', value => isMember(value) && areKeys(value['topics'])],
  ['heard', ({ sentAt }) => typeof sentAt === 'number'],
  ['process', ({ key, offsets }) => isKey(key) && Array.isArray(offsets) && offsets.length === 2],
  ['commit', value => isMember(value) && areOffsets(value['offsets'])],
  ['offsets', ({ offsets }) => isAbsentOr(areOffsets, offsets)],
  ['reset-offsets', ({ offsets }) => areOffsets(offsets)],
  ['leave', () => true],
  ['group-state', ({ members }) => Array.isArray(members) && members.every(each => areKeys((each as Raw | null)?.['keys']))],
])

/** Names its group, and has what its kind needs. */
export function isGroupOp(f: string, value: unknown): value is { readonly group: string } {
  const shape = shapes.get(f)
  if (shape === undefined || typeof value !== 'object' || value === null) return false
  return typeof (value as Raw)['group'] === 'string' && shape(value as Raw)
}
