/** What a client may do, as bits (KIP-430): nothing is forbidden here, so everything. */

const bits = (operations: readonly number[]): number => operations.reduce((sum, operation) => sum | (1 << operation), 0)

/** Read, write, create, delete, alter, describe, describe and alter configs. */
export const allTopicOperations: number = bits([3, 4, 5, 6, 7, 8, 10, 11])
/** Create, alter, describe, cluster action, describe and alter configs, idempotent write. */
export const allClusterOperations: number = bits([5, 7, 8, 9, 10, 11, 12])
/** Read, delete, describe, describe and alter configs. */
export const allGroupOperations: number = bits([3, 6, 8, 10, 11])
export const operationsNotAsked = -2147483648
