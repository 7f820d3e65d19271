import { RestError } from './rest-error.ts'

/** Throws RestError for anything but an object. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new RestError(422, 'The request is a JSON object.')
  return value as Readonly<Record<string, unknown>>
}

/** Of a small request. Throws RestError. */
export function parsedBody(body: Buffer): unknown {
  if (body.length === 0) return undefined
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new RestError(400, 'Bad Request: the body is not JSON')
  }
}
