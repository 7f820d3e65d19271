/** What one API is: its key, the versions it is served at, and the two messages. Pure data, one file an API in `apis/`. */
import type { Message } from './message.ts'
import { parseRange } from './versions.ts'

export type Listener = 'broker' | 'controller'

export interface Api<Req extends Message = Message, Res extends Message = Message> {
  readonly key: number
  readonly name: string
  /** Versions served; both ends included. */
  readonly versions: { readonly min: number; readonly max: number }
  /** What ApiVersions says instead of `versions.min`. */
  readonly advertisedMin?: number
  /** Where the API is served. */
  readonly listeners: readonly Listener[]
  readonly request: Req
  readonly response: Res
}

export type AnyApi = Api

type ApiFacts<Req extends Message, Res extends Message> = Omit<Api<Req, Res>, 'name' | 'versions'>

/** Name and versions follow from the request. */
export function api<Req extends Message, Res extends Message>(facts: ApiFacts<Req, Res>): Api<Req, Res> {
  const versions = parseRange(facts.request.versions)
  return { ...facts, name: facts.request.name.replace(/Request$/, ''), versions }
}
