/**
 * Who a client is, told to a broker after the versions and before anything else: SaslHandshake (the mechanism, then bare
 * SaslAuthenticate rounds, KIP-152). What a mechanism says is computed outside, because it takes cryptography.
 */
export interface Sasl {
  /** As in Kafka's sasl.mechanism. */
  readonly mechanism: string
  /** For each connection one. */
  begin(): SaslConversation
}

export interface SaslConversation {
  readonly first: Uint8Array
  /** The answer to a broker's bytes; undefined when all is said. Throws an Error with the reason when the broker is not whom it should be. */
  next(challenge: Uint8Array): Uint8Array | undefined
}
