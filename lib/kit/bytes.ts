/** Bytes in memory of their own, exactly as large as they are: programs of the platform send `bytes.buffer`. */
export type Bytes = Uint8Array & { readonly buffer: ArrayBuffer };
