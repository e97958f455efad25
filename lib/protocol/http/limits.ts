/** Bounds on a head, whatever the chunking (RFC 6455 §10.4); apart from what reads heads, which an import does without. */
export interface HeadLimits {
  /** Bytes of the start line, all field lines and line ends. */
  readonly maxHeadSize: number;
  readonly maxHeadFields: number;
}

/** The limits of this package, wherever a head is read. */
export const defaultHeadLimits: HeadLimits = Object.freeze({ maxHeadSize: 16384, maxHeadFields: 128 });
