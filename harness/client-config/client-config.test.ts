import { describe, expect, it } from 'vitest'
import { clientSecurity } from './client-config.ts'
import { parseJaas } from './jaas.ts'
import { ScramConversation } from './scram.ts'

const plainModule = 'org.apache.kafka.common.security.plain.PlainLoginModule'

describe('sasl.jaas.config', () => {
  it.each([
    [`${plainModule} required username="alice" password="secret";`, { username: 'alice', password: 'secret' }],
    [`${plainModule} required\n  username=alice\n  password=secret ;`, { username: 'alice', password: 'secret' }],
    [`${plainModule} required password="a \\"b\\" ; c" username="x=y,z" extra="1";`, { username: 'x=y,z', password: 'a "b" ; c' }],
  ])('%s names a user and a password', (config, credentials) => {
    expect(parseJaas(config)).toEqual(credentials)
  })

  it.each(['', 'alice:secret', `${plainModule} required username="alice";`, `${plainModule} required username="a" password="b"`])(
    '%j is not one',
    (config) => expect(parseJaas(config)).toBeUndefined(),
  )
})

describe('SCRAM', () => {
  // The example of RFC 7677.
  const nonce = 'rOprNGfwEbeRWgbNEkqO'
  const serverFirst = `r=${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`
  const begun = (): ScramConversation => new ScramConversation('sha256', { username: 'user', password: 'pencil' }, nonce)
  const text = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString()

  it('says what the example of its RFC says, and believes the server of it', () => {
    const conversation = begun()
    expect(text(conversation.first)).toBe(`n,,n=user,r=${nonce}`)
    expect(text(conversation.next(Buffer.from(serverFirst)))).toBe(
      `c=biws,r=${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
    )
    expect(conversation.next(Buffer.from('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='))).toBeUndefined()
  })

  it('refuses a server that does not know the password, or repeats the nonce, or asks for few iterations', () => {
    const conversation = begun()
    conversation.next(Buffer.from(serverFirst))
    expect(() => conversation.next(Buffer.from('v=AAAA'))).toThrow('prove')
    for (const first of [`r=${nonce},s=AAAA,i=4096`, `r=other,s=AAAA,i=4096`, `r=${nonce}x,s=AAAA,i=1`, '']) {
      expect(() => begun().next(Buffer.from(first))).toThrow('SCRAM')
    }
  })

  it('escapes what would end a user name', () => {
    const conversation = new ScramConversation('sha512', { username: 'a=b,c', password: 'x' }, 'n')
    expect(text(conversation.first)).toBe('n,,n=a=3Db=2Cc,r=n')
  })
})

describe('a Java client configuration', () => {
  const jaas = `${plainModule} required username="alice" password="secret";`

  it('without security.protocol speaks plain text, whatever else it says', () => {
    expect(clientSecurity({ 'bootstrap.servers': 'x:1', 'client.id': 'y' })).toEqual({})
  })

  it('with SASL says who it is', () => {
    const { sasl, tls } = clientSecurity({ 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': jaas })
    expect(tls).toBeUndefined()
    expect(Buffer.from(sasl!.begin().first).toString()).toBe('\0alice\0secret')
  })

  it('without endpoint identification does not look at the host name', () => {
    const { tls } = clientSecurity({ 'security.protocol': 'SSL', 'ssl.endpoint.identification.algorithm': '' })
    expect(tls!.checkServerIdentity!('elsewhere', {} as never)).toBeUndefined()
  })

  it.each([
    [{ 'security.protocol': 'TLS' }, 'SASL_SSL'],
    [{ 'security.protocol': 'SASL_SSL' }, 'GSSAPI is not one of PLAIN, SCRAM-SHA-256'],
    [{ 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'PLAIN' }, 'sasl.jaas.config'],
    [{ 'security.protocol': 'SSL', 'ssl.truststore.location': '/t.jks' }, 'keytool -importkeystore -srckeystore /t.jks'],
    [{ 'security.protocol': 'SSL', 'ssl.truststore.location': '/t.p12', 'ssl.truststore.type': 'PKCS12' }, 'openssl pkcs12 -in /t.p12'],
    [{ 'security.protocol': 'SSL', 'ssl.truststore.location': '/none.pem', 'ssl.truststore.type': 'PEM' }, 'ENOENT'],
    [{ 'security.protocol': 'SSL', 'ssl.keystore.certificate.chain': 'x' }, 'go together'],
    [{ 'security.protocol': 'SSL', 'ssl.keystore.certificate.chain': 'x', 'ssl.keystore.key': 'y' }, 'do not fit together'],
    [{ 'ssl.cipher.suites': 'x' }, 'ssl.cipher.suites is not understood'],
    [{ 'security.protocol': 'SSL', 'ssl.enabled.protocols': 'SSLv3' }, 'SSLv3'],
  ])('%j is refused in a sentence', (settings, says) => {
    expect(() => clientSecurity(settings)).toThrow(says)
  })
})
