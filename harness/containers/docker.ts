/** The Docker engine, or one sentence why there is none to be had. */
import Docker from 'dockerode'
import { exitCodes, UserError } from '../exit-codes.ts'

export type { Docker }

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no Docker engine runs here (there is no socket)',
  ECONNREFUSED: 'no Docker engine answers at its socket',
  EACCES: 'you may not use the socket of the Docker engine; join the group docker, or run as root',
  EPERM: 'you may not use the socket of the Docker engine; join the group docker, or run as root',
  ENOTFOUND: 'the host in DOCKER_HOST is not known',
}

/** Undefined when an engine answers. */
export async function whyNoDocker(): Promise<string | undefined> {
  try {
    await new Docker().ping()
    return undefined
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return reasons[code ?? ''] ?? `the Docker engine does not answer (${message.split('\n')[0]})`
  }
}

/** Throws a UserError, exit code 2. */
export async function openDocker(): Promise<Docker> {
  const why = await whyNoDocker()
  if (why !== undefined) throw new UserError(`Containers need Docker, and ${why}; --target processes needs none.`, exitCodes.unknown)
  return new Docker()
}
