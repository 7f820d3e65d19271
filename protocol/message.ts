/**
 * The notation in which messages are described, and the types that follow from it.
 *
 * A descriptor is plain data written `as const`: one object covers all versions of a message, and the order of its
 * fields is the order on the wire. A field names its type and the versions it exists in (`{ int32: '4+' }`); `'0+'` means
 * every version in which its message or struct exists. An array has `of`, the name of a primitive or the fields of a
 * struct; a struct has `fields`. Beside these a field may have
 * - `nullable`: the versions in which null may be sent;
 * - `tag`: it travels in the tagged-field section of its struct under this number, and only when it is not its default;
 * - `default`: what absence means (else 0, false, '', zero uuid, empty);
 * - `ignorable`: dropped in silence by a version without it (else a value other than the default cannot be encoded there).
 *
 * The same descriptors serve requests, responses and data messages such as records of a log. Encodings: Kafka protocol
 * guide, KIP-482 (tagged fields).
 */
import type { Range } from './versions.ts'

interface PrimitiveValues {
  bool: boolean
  int8: number
  int16: number
  uint16: number
  int32: number
  int64: bigint
  string: string
  uuid: string
  bytes: Uint8Array
  records: Uint8Array
}
export type PrimitiveName = keyof PrimitiveValues

interface FieldOptions {
  readonly nullable?: Range
  readonly tag?: number
  readonly ignorable?: true
}

type PrimitiveField = {
  [P in PrimitiveName]: { readonly [Q in P]: Range } & FieldOptions & {
      readonly default?: Exclude<PrimitiveValues[P], Uint8Array> | null
    }
}[PrimitiveName]
export interface ArrayField extends FieldOptions {
  readonly array: Range
  readonly of: PrimitiveName | Fields
  readonly default?: null
}
/** One that is tagged is never null: no message has such a one. */
export interface StructField extends FieldOptions {
  readonly struct: Range
  readonly fields: Fields
  readonly default?: null
}
export type Field = PrimitiveField | ArrayField | StructField
export interface Fields {
  readonly [name: string]: Field
}

export interface Message {
  readonly name: string
  readonly versions: Range
  /** Versions with compact lengths and tagged fields. */
  readonly flexible: Range | 'none'
  readonly fields: Fields
}

type NullOf<F> = F extends { readonly nullable: string } ? null : never

type DecodedValue<F> = F extends { readonly array: string; readonly of: infer E }
  ? (E extends PrimitiveName ? PrimitiveValues[E] : DecodedFields<E>)[]
  : F extends { readonly struct: string; readonly fields: infer G }
    ? DecodedFields<G>
    : PrimitiveValues[keyof F & PrimitiveName]

type DecodedFields<Fs> = { -readonly [K in keyof Fs]: DecodedValue<Fs[K]> | NullOf<Fs[K]> }

/** What decoding gives: every field, a field absent from the version holding its default. Owned by the receiver. */
export type Decoded<M extends Message> = DecodedFields<M['fields']>

type EncodableValue<F> = F extends { readonly array: string; readonly of: infer E }
  ? readonly (E extends PrimitiveName ? PrimitiveValues[E] : EncodableFields<E>)[]
  : F extends { readonly struct: string; readonly fields: infer G }
    ? EncodableFields<G>
    : PrimitiveValues[keyof F & PrimitiveName]

type RangeOf<F> = F[keyof F & (PrimitiveName | 'array' | 'struct')]
type IsOptional<F> = F extends { readonly default: unknown } | { readonly tag: number }
  ? true
  : RangeOf<F> extends '0+'
    ? false
    : true
type OptionalKeys<Fs> = { [K in keyof Fs]: IsOptional<Fs[K]> extends true ? K : never }[keyof Fs]

type Flat<T> = { [K in keyof T]: T[K] }
type EncodableFields<Fs> = Flat<
  { readonly [K in Exclude<keyof Fs, OptionalKeys<Fs>>]: EncodableValue<Fs[K]> | NullOf<Fs[K]> } & {
    readonly [K in OptionalKeys<Fs>]?: EncodableValue<Fs[K]> | NullOf<Fs[K]> | undefined
  }
>

/** What encoding takes: a field may be left out when it has a default, is tagged, or is not in every version. */
export type Encodable<M extends Message> = EncodableFields<M['fields']>
