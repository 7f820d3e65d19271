/**
 * The one error class of this room. Bytes come from anywhere, so every reader here either returns a value or throws
 * this; a caller that catches it has caught everything hostile bytes can cause.
 */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage'

  /** Puts the name of the enclosing field in front, so that the message ends up as a path. */
  within(field: string): this {
    this.message = `${field}: ${this.message}`
    return this
  }
}

/** There may be nothing wrong with it but its size, which the reader will not take. */
export class TooLarge extends MalformedMessage {}
