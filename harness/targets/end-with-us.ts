/**
 * Whoever was started for us ends when we do, even when we were killed and could do nothing any more: a shell waits for the end
 * of a pipe whose other end only we hold. We end it ourselves as well where we exit: a Ctrl-C that ends us may have ended the
 * shell, in the moment before it had a process group of its own.
 */
import { spawn, type ChildProcess } from 'node:child_process'

export function endWithUs(child: ChildProcess): void {
  if (child.pid === undefined) return
  const end = (): void => void child.kill('SIGKILL')
  process.once('exit', end)
  const shell = spawn('/bin/sh', ['-c', 'read -r _; kill -9 "$0"', String(child.pid)], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  shell.once('error', () => undefined)
  shell.unref()
  // When it has ended, its id may be another's.
  child.once('exit', () => {
    process.off('exit', end)
    shell.kill('SIGKILL')
  })
}
