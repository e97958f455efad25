/** The opcodes of RFC 6455 §5.2 (and §11.8). */
export const Opcode = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** One of the six opcodes that RFC 6455 defines. */
export type Opcode = (typeof Opcode)[keyof typeof Opcode];

const names: ReadonlyMap<number, string> = new Map(Object.entries(Opcode).map(([name, opcode]) => [opcode, name]));

/** Whether the opcode is reserved: 0x3–0x7 for data frames, 0xB–0xF for control frames (RFC 6455 §5.2). */
export function isReservedOpcode(opcode: number): boolean {
  return !names.has(opcode);
}

/** Whether the frame is a control frame: the highest bit of the opcode is set (RFC 6455 §5.5). */
export function isControlOpcode(opcode: number): boolean {
  return opcode >= 0x8;
}

/** `text`, `ping`, …, or `reserved 0x3`. */
export function opcodeName(opcode: number): string {
  return names.get(opcode) ?? `reserved 0x${opcode.toString(16)}`;
}
