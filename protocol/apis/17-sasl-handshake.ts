/**
 * SaslHandshake (key 17) names the mechanism by which a client will show who it is; an unknown one is answered with those
 * there are. v0 is followed by bare tokens without a header, v1 by SaslAuthenticate (KIP-152). No version is flexible.
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'SaslHandshakeRequest',
  versions: '0-1',
  flexible: 'none',
  fields: {
    mechanism: { string: '0+' },
  },
} as const

const response = {
  name: 'SaslHandshakeResponse',
  versions: '0-1',
  flexible: 'none',
  fields: {
    errorCode: { int16: '0+' },
    mechanisms: { array: '0+', of: 'string' },
  },
} as const

export const saslHandshake: Api<typeof request, typeof response> = api({
  key: 17,
  listeners: ['broker', 'controller'],
  request,
  response,
})

export type SaslHandshakeRequest = Decoded<typeof request>
export type SaslHandshakeRequestInput = Encodable<typeof request>
export type SaslHandshakeResponse = Decoded<typeof response>
export type SaslHandshakeResponseInput = Encodable<typeof response>
