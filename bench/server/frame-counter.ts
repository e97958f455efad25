import type { Buffer } from 'node:buffer';

/** Counts masked data frames however the bytes are cut, and notices a Close; looks at nothing else of them. */
export class FrameCounter {
  private readonly head: number[] = [];
  private left = 0;
  private inPayload = false;
  /** A Close frame has come. */
  closed = false;

  /** How many data frames end in these bytes. */
  count(chunk: Buffer): number {
    let frames = 0;
    for (let at = 0; at < chunk.length || (this.inPayload && this.left === 0); ) {
      if (!this.inPayload) {
        this.head.push(chunk[at++]!);
        this.begin();
        continue;
      }
      const now = Math.min(this.left, chunk.length - at);
      at += now;
      this.left -= now;
      if (this.left > 0) break;
      const opcode = this.head[0]! & 0x0f;
      if (opcode === 8) this.closed = true;
      else if (opcode < 8) frames++;
      this.inPayload = false;
      this.head.length = 0;
    }
    return frames;
  }

  /** Once the header is whole (RFC 6455 §5.2), the payload begins. */
  private begin(): void {
    const { head } = this;
    if (head.length < 2) return;
    const short = head[1]! & 0x7f;
    const extended = short < 126 ? 0 : short === 126 ? 2 : 8;
    if (head.length < 2 + extended + 4) return;
    this.left = extended === 0 ? short : head.slice(2, 2 + extended).reduce((sum, byte) => sum * 256 + byte, 0);
    this.inPayload = true;
  }
}
