/**
 * Whether the broker of this container answers: exit 0 when the first listener that is not the controllers' replies to an
 * ApiVersions request (key 18, version 0), 1 when it does not within two seconds.
 */
import { connect } from 'node:net'

const correlationId = 18
const controllers = (process.env.KAFKA_CONTROLLER_LISTENER_NAMES ?? 'CONTROLLER').toUpperCase().split(',')
const listeners = (process.env.KAFKA_LISTENERS ?? '').split(',').map((text) => /^\s*([^:/]+):\/\/(.*):(\d+)\s*$/.exec(text))
const listener = listeners.find((each) => each !== null && !controllers.includes(each[1].toUpperCase())) ?? listeners[0]
const host = listener?.[2].replaceAll(/[[\]]/g, '') ?? ''
const isEverywhere = host === '' || host === '0.0.0.0' || host === '::'

const request = Buffer.alloc(14)
request.writeInt32BE(10, 0)
request.writeInt16BE(18, 4)
request.writeInt16BE(0, 6)
request.writeInt32BE(correlationId, 8)
request.writeInt16BE(-1, 12)

const socket = connect({ host: isEverywhere ? '127.0.0.1' : host, port: Number(listener?.[3] ?? 9092) })
const end = (code) => process.exit(code)
socket.setTimeout(2000, () => end(1))
socket.once('error', () => end(1))
socket.once('connect', () => socket.write(request))
let answer = Buffer.alloc(0)
socket.on('data', (bytes) => {
  answer = Buffer.concat([answer, bytes])
  if (answer.length >= 8) end(answer.readInt32BE(4) === correlationId ? 0 : 1)
})
