/** Requests as bytes, for sockets that belong to no client. */
import type { Api } from '../../protocol/api.ts'
import { encodeRequest } from '../../protocol/frames.ts'
import type { Encodable, Message } from '../../protocol/message.ts'

/** With its size in front. */
export function framedRequest<Req extends Message, Res extends Message>(
  api: Api<Req, Res>,
  version: number,
  body: Encodable<NoInfer<Req>>,
): Uint8Array {
  const frame = encodeRequest(api, version, { correlationId: 7, clientId: 'stranger' }, body)
  const bytes = new Uint8Array(4 + frame.length)
  new DataView(bytes.buffer).setInt32(0, frame.length)
  bytes.set(frame, 4)
  return bytes
}
