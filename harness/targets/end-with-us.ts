/**
 * Whoever was started for us ends when we do, even when we were killed and could do nothing any more: a shell waits for the end
 * of a pipe whose other end only we hold.
 */
import { spawn } from 'node:child_process'

/** Returns how to call it off: when the process has ended, its id may be another's. */
export function endWithUs(pid: number): () => void {
  const shell = spawn('/bin/sh', ['-c', 'read -r _; kill -9 "$0"', String(pid)], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  shell.once('error', () => undefined)
  shell.unref()
  return () => void shell.kill('SIGKILL')
}
