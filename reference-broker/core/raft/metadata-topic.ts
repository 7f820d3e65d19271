/** The metadata log's reserved name and id (uuid 0:1), never listed to clients. */
export const metadataTopic = { name: '__cluster_metadata', id: 'AAAAAAAAAAAAAAAAAAAAAQ', dir: '__cluster_metadata-0' } as const
