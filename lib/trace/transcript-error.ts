/** A transcript that cannot be read or replayed. The message has the line number, what was expected and what came. */
export class TranscriptError extends Error {
  override readonly name = 'TranscriptError';
  /** From 1. */
  readonly line: number;

  constructor(line: number, expected: string, got: string) {
    super(`line ${line}: expected ${expected}, got ${got}`);
    this.line = line;
  }
}
