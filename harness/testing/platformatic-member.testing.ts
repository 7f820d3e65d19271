/**
 * A program: a member of a group by @platformatic/kafka and the consumer protocol, which writes a line for each value it has
 * been given until it is told to end. It is a program of its own because the client may end its process: a request on a pool
 * of connections that is closed by then fails and is repeated without a pause, until the stack is full.
 */
import { Consumer, stringDeserializers } from '@platformatic/kafka'

const [bootstrap, name, clientId] = process.argv.slice(2) as [string, string, string]
const leaveMostMs = 5000
let member: Consumer<string, string, string, string>

process.once('SIGTERM', () => {
  setTimeout(() => process.exit(), leaveMostMs)
  void member.close(true).finally(() => process.exit())
})

/** Its stream ends with the first error it is not made for; then a new member takes its place. */
for (;;) {
  member = new Consumer({
    groupId: name, clientId, bootstrapBrokers: bootstrap.split(','), groupProtocol: 'consumer', deserializers: stringDeserializers,
    autocommit: 100, maxWaitTime: 200, retries: 20, retryDelay: 100, timeout: 2000, connectTimeout: 1000,
  })
  try {
    const stream = await member.consume({ topics: [name], mode: 'committed', fallbackMode: 'earliest' })
    for await (const message of stream) process.stdout.write(`${message.value}\n`)
  } catch {
    await member.close(true).catch(() => undefined)
  }
}
