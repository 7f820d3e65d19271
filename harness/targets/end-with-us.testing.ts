/** A harness in small: starts one process that is to end with it, says which, and exits in order when it is told to. */
import { spawn } from 'node:child_process'
import { endWithUs } from './end-with-us.ts'

const child = spawn('/bin/sleep', ['600'], { detached: true, stdio: 'ignore' })
endWithUs(child)
process.once('SIGTERM', () => process.exit(0))
process.stdout.write(`${child.pid}\n`)
