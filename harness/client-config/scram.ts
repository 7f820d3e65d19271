/** SCRAM (RFC 5802, RFC 7677) as Kafka has it: SHA-256 or SHA-512, no channel binding. The broker must prove itself too. */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Sasl, SaslConversation } from '../../workloads/client/sasl.ts'
import type { Credentials } from './jaas.ts'

const hashes: Readonly<Record<string, string>> = { 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-512': 'sha512' }

export const scramMechanisms: readonly string[] = Object.keys(hashes)

const gs2Header = 'n,,'
const iterationsMin = 4096
const nonceBytes = 24

/** `mechanism` is one of `scramMechanisms`. */
export function scram(mechanism: string, credentials: Credentials): Sasl {
  return { mechanism, begin: () => new ScramConversation(hashes[mechanism]!, credentials, randomBytes(nonceBytes).toString('base64url')) }
}

export class ScramConversation implements SaslConversation {
  readonly first: Uint8Array
  readonly #hash: string
  readonly #password: string
  readonly #nonce: string
  readonly #firstBare: string
  #serverSignature: Buffer | undefined
  #isOver = false

  constructor(hash: string, { username, password }: Credentials, nonce: string) {
    this.#hash = hash
    this.#password = password
    this.#nonce = nonce
    this.#firstBare = `n=${username.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`
    this.first = Buffer.from(gs2Header + this.#firstBare)
  }

  next(challenge: Uint8Array): Uint8Array | undefined {
    const text = Buffer.from(challenge).toString()
    if (this.#isOver) return undefined
    return this.#serverSignature === undefined ? this.#prove(text) : this.#check(text)
  }

  #prove(serverFirst: string): Uint8Array {
    const { r: nonce = '', s: salt = '', i: count = '' } = attributes(serverFirst)
    const iterations = Number(count)
    if (!nonce.startsWith(this.#nonce) || nonce === this.#nonce || !(iterations >= iterationsMin)) {
      throw new Error(`SASL: the broker's first SCRAM message is not one`)
    }
    const salted = pbkdf2Sync(this.#password, Buffer.from(salt, 'base64'), iterations, hashBytes(this.#hash), this.#hash)
    const clientKey = this.#hmac(salted, 'Client Key')
    const storedKey = createHash(this.#hash).update(clientKey).digest()
    const finalBare = `c=${Buffer.from(gs2Header).toString('base64')},r=${nonce}`
    const signed = `${this.#firstBare},${serverFirst},${finalBare}`
    const signature = this.#hmac(storedKey, signed)
    const proof = Buffer.from(clientKey.map((byte, at) => byte ^ signature[at]!))
    this.#serverSignature = this.#hmac(this.#hmac(salted, 'Server Key'), signed)
    return Buffer.from(`${finalBare},p=${proof.toString('base64')}`)
  }

  #check(serverFinal: string): undefined {
    const { v: told = '', e: error } = attributes(serverFinal)
    const signature = Buffer.from(told, 'base64')
    const expected = this.#serverSignature!
    if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
      throw new Error(`SASL: the broker could not prove that it knows the password${error === undefined ? '' : ` (${error})`}`)
    }
    this.#isOver = true
    return undefined
  }

  #hmac(key: Buffer, text: string): Buffer {
    return createHmac(this.#hash, key).update(text).digest()
  }
}

function hashBytes(hash: string): number {
  return createHash(hash).digest().length
}

/** `r=…,s=…,i=…`; values may contain `=`. */
function attributes(message: string): Readonly<Record<string, string>> {
  return Object.fromEntries(message.split(',').map((each) => [each.slice(0, 1), each.slice(2)]))
}
