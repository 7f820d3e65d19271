/**
 * What is asked of both brokers: plain data, so that it can be generated, made smaller, printed and read again.
 *
 * A body has the field names of the API's request; what the version does not have is left out, and what is missing holds its
 * default. A string that begins with `~` is a name of this sequence (`~a`): every sequence has names of its own on the
 * broker. `id:~a` is that topic's id, `id:none` no id, `id:stranger` one that no topic has. A producer id is a number or
 * `p0`: the first that was handed out in this sequence. `member:0` is the first member id that a group handed out in it.
 * Records are described as in record-spec.ts.
 */
import type { ApiName } from '../../protocol/apis.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }
export interface JsonObject {
  readonly [name: string]: Json
}

export interface Step {
  readonly api: ApiName
  readonly version: number
  readonly body: JsonObject
  /** Steps with the same name share a connection; `main` when missing. */
  readonly connection?: string
}

/** An answer as it is compared: the normalised body, or in words what came instead (`closed`, `no answer`, …). */
export type Answer = Json
