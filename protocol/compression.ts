/**
 * The four codecs of record batches, by the numbers of the batch attributes. Compressed bytes are hostile: every
 * decompression is bounded before or while it runs, never after, and whatever a codec says of bad bytes comes out as
 * MalformedMessage.
 */
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { decompressLz4, compressLz4 } from './lz4.ts'
import { MalformedMessage, TooLarge } from './malformed.ts'
import { compressSnappy, decompressSnappy } from './snappy.ts'

/** In the order of their numbers: `compressions[0]` is `'none'`. */
export const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Compression = (typeof compressions)[number]

export function compress(compression: Compression, bytes: Uint8Array): Uint8Array {
  return compression === 'none' ? bytes : plain(compressWith(compression, bytes))
}

function compressWith(compression: Exclude<Compression, 'none'>, bytes: Uint8Array): Uint8Array {
  switch (compression) {
    case 'gzip':
      return gzipSync(bytes)
    case 'snappy':
      return compressSnappy(bytes)
    case 'lz4':
      return compressLz4(bytes)
    case 'zstd':
      return zstdCompressSync(bytes)
  }
}

/** MalformedMessage when the bytes are not in that format; TooLarge when they would give more than `maxBytes`. */
export function decompress(compression: Compression, bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (compression === 'none') return bytes
  try {
    return plain(decompressWith(compression, bytes, maxBytes))
  } catch (error) {
    if (error instanceof MalformedMessage) throw error
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new TooLarge(`${compression}: more than ${maxBytes} bytes`)
    throw new MalformedMessage(`${compression}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function decompressWith(compression: Exclude<Compression, 'none'>, bytes: Uint8Array, maxBytes: number): Uint8Array {
  switch (compression) {
    case 'gzip':
      return gunzipSync(bytes, { maxOutputLength: maxBytes })
    case 'snappy':
      return decompressSnappy(bytes, maxBytes)
    case 'lz4':
      return decompressLz4(bytes, maxBytes)
    case 'zstd':
      return zstdDecompressSync(bytes, { maxOutputLength: maxBytes })
  }
}

/** The codecs return Buffers, whose `slice` is not that of a Uint8Array. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
