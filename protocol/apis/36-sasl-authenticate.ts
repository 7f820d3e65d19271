/**
 * SaslAuthenticate (key 36) carries the tokens of a SASL mechanism, one round a request (KIP-152).
 * v1 sessionLifetimeMs, after which the connection must authenticate anew (KIP-368). v2 flexible.
 */
import { api, type Api } from '../api.ts'
import type { Decoded, Encodable } from '../message.ts'

const request = {
  name: 'SaslAuthenticateRequest',
  versions: '0-2',
  flexible: '2+',
  fields: {
    authBytes: { bytes: '0+' },
  },
} as const

const response = {
  name: 'SaslAuthenticateResponse',
  versions: '0-2',
  flexible: '2+',
  fields: {
    errorCode: { int16: '0+' },
    errorMessage: { string: '0+', nullable: '0+' },
    authBytes: { bytes: '0+' },
    sessionLifetimeMs: { int64: '1+', default: 0n, ignorable: true },
  },
} as const

export const saslAuthenticate: Api<typeof request, typeof response> = api({
  key: 36,
  listeners: ['broker', 'controller'],
  request,
  response,
})

export type SaslAuthenticateRequest = Decoded<typeof request>
export type SaslAuthenticateRequestInput = Encodable<typeof request>
export type SaslAuthenticateResponse = Decoded<typeof response>
export type SaslAuthenticateResponseInput = Encodable<typeof response>
