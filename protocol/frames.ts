/**
 * Requests and responses as frames, without their four length bytes. The header version follows from the API and its
 * version (KIP-482). ApiVersions, which must work before versions are agreed, has two exceptions (KIP-511): its response
 * header is always v0, and a request version the broker does not know is answered with UNSUPPORTED_VERSION in the v0
 * layout, which a reader recognises by the error code in front.
 */
import type { AnyApi, Api } from './api.ts'
import { apiByKey } from './apis.ts'
import { codecOf, decodeFrom, isFlexible, written } from './codec.ts'
import { errorCode } from './errors.ts'
import { MalformedMessage } from './malformed.ts'
import type { Decoded, Encodable, Message } from './message.ts'
import { Reader } from './reader.ts'

const apiVersionsKey = 18
/** More than all partitions of the largest clusters known; a frame of the largest size could bring a hundred million. */
const requestElementsMax = 1 << 18

export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
  /** Where the body begins; -1 when this API or version is not served, so that the body cannot be read. */
  readonly bodyStart: number
}

export function encodeRequest<Req extends Message, Res extends Message>(
  api: Api<Req, Res>,
  version: number,
  header: { readonly correlationId: number; readonly clientId: string | null },
  body: Encodable<NoInfer<Req>>,
): Uint8Array {
  const codec = codecOf(api.request, version)
  return written((writer) => {
    writer.int16(api.key)
    writer.int16(version)
    writer.int32(header.correlationId)
    if (header.clientId === null) writer.int16(-1)
    else writer.string(header.clientId, false)
    if (isFlexible(api.request, version)) writer.uvarint(0)
    codec.write(writer, body as never)
  })
}

/** MalformedMessage when there is no header; an unreadable client id of an API that is not served reads as null. */
export function decodeRequestHeader(frame: Uint8Array): RequestHeader {
  const reader = new Reader(frame)
  const apiKey = reader.int16()
  const apiVersion = reader.int16()
  const correlationId = reader.int32()
  const api = apiByKey(apiKey)
  if (api === undefined || apiVersion < api.versions.min || apiVersion > api.versions.max) {
    return { apiKey, apiVersion, correlationId, clientId: clientIdIfReadable(reader), bodyStart: -1 }
  }
  const clientId = readClientId(reader)
  if (isFlexible(api.request, apiVersion)) reader.skipTags()
  return { apiKey, apiVersion, correlationId, clientId, bodyStart: reader.at }
}

/** Its length is two bytes in every header version. */
function readClientId(reader: Reader): string | null {
  const length = reader.length(false, true)
  return length < 0 ? null : reader.text(length)
}

function clientIdIfReadable(reader: Reader): string | null {
  try {
    return readClientId(reader)
  } catch (error) {
    if (error instanceof MalformedMessage) return null
    throw error
  }
}

/**
 * `bodyStart` is what the header says. Byte fields are views of the frame. MalformedMessage also when its arrays have more
 * than 262144 elements in all.
 */
export function decodeRequestBody<Req extends Message, Res extends Message>(
  api: Api<Req, Res>,
  version: number,
  frame: Uint8Array,
  bodyStart: number,
): Decoded<Req> {
  const reader = new Reader(frame, bodyStart)
  reader.elementsLeft = requestElementsMax
  return decodeFrom(api.request, version, reader)
}

/** For the answer to an ApiVersions request of an unknown version pass version 0. */
export function encodeResponse<Req extends Message, Res extends Message>(
  api: Api<Req, Res>,
  version: number,
  correlationId: number,
  body: Encodable<NoInfer<Res>>,
): Uint8Array {
  const codec = codecOf(api.response, version)
  return written((writer) => {
    writer.int32(correlationId)
    if (hasHeaderTags(api, version)) writer.uvarint(0)
    codec.write(writer, body as never)
  })
}

/** `version` is that of the request. Byte fields are views of the frame. */
export function decodeResponse<Req extends Message, Res extends Message>(
  api: Api<Req, Res>,
  version: number,
  frame: Uint8Array,
): { correlationId: number; body: Decoded<Res> } {
  const reader = new Reader(frame)
  const correlationId = reader.int32()
  if (hasHeaderTags(api, version)) reader.skipTags()
  return { correlationId, body: decodeFrom(api.response, bodyVersion(api, version, frame), reader) }
}

function hasHeaderTags(api: AnyApi, version: number): boolean {
  return api.key !== apiVersionsKey && isFlexible(api.response, version)
}

function bodyVersion(api: AnyApi, version: number, frame: Uint8Array): number {
  if (api.key !== apiVersionsKey || frame.length < 6) return version
  return ((frame[4]! << 8) | frame[5]!) === errorCode.UNSUPPORTED_VERSION ? 0 : version
}

/** The correlation id of a response frame. */
export function readCorrelationId(frame: Uint8Array): number {
  return new Reader(frame).int32()
}
