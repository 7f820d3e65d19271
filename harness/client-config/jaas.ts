/** What of sasl.jaas.config a client needs: the user name and the password. */
export interface Credentials {
  readonly username: string
  readonly password: string
}

/** `org.apache….PlainLoginModule required username="alice" password="secret";`; undefined when it is not that. */
export function parseJaas(config: string): Credentials | undefined {
  const match = /^\s*[\w.$]+\s+(?:required|requisite|sufficient|optional)\s+([^]*?);\s*$/i.exec(config)
  if (match === null) return undefined
  const options = Object.fromEntries(
    [...match[1]!.matchAll(/([\w.]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|(\S+))/g)].map(([, name, quoted, bare]) => {
      return [name!, quoted === undefined ? bare! : quoted.replaceAll(/\\(.)/g, '$1')]
    }),
  )
  const { username, password } = options
  return username === undefined || password === undefined ? undefined : { username, password }
}
