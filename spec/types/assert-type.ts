/** Tests of types: what does not hold does not compile. */

/** Whether two types are the same, `any` and modifiers included; `extends` alone would take assignability. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** `assertType<Equal<A, B>>()` */
export function assertType<_Holds extends true>(): void {}
