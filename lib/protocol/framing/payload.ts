/**
 * The memory behind a payload, from the engine itself: the object's own properties may say anything, and a `length` that
 * is too large would send what lies behind it in the output.
 */

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;

function getterOf<T>(prototype: object, name: string | symbol): (view: ArrayBufferView) => T {
  const { get } = Object.getOwnPropertyDescriptor(prototype, name)!;
  return (view) => get!.call(view) as T;
}

/** The number of elements of a typed array: the bytes of a `Uint8Array`. 0 when its buffer is detached. */
export const sizeOf = getterOf<number>(typedArray, 'length');
const tagOf = getterOf<string | undefined>(typedArray, Symbol.toStringTag);
const ofArray = {
  buffer: getterOf<ArrayBuffer>(typedArray, 'buffer'),
  byteOffset: getterOf<number>(typedArray, 'byteOffset'),
  byteLength: getterOf<number>(typedArray, 'byteLength'),
};
const ofDataView = {
  buffer: getterOf<ArrayBuffer>(DataView.prototype, 'buffer'),
  byteOffset: getterOf<number>(DataView.prototype, 'byteOffset'),
  byteLength: getterOf<number>(DataView.prototype, 'byteLength'),
};

/** Whether it is a `Uint8Array`, of any realm, whatever its prototype and its properties say. */
export function isByteArray(view: ArrayBufferView): view is Uint8Array {
  return tagOf(view) === 'Uint8Array';
}

/**
 * The bytes of any view, not copied, in an array that has no properties of its own.
 *
 * @throws {TypeError} the buffer is detached, or has become too small for the view
 */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  const isDataView = tagOf(view) === undefined;
  const { buffer, byteOffset, byteLength } = isDataView ? ofDataView : ofArray;
  if (!isDataView) Uint8Array.prototype.keys.call(view); // throws where the getters say 0
  return new Uint8Array(buffer(view), byteOffset(view), byteLength(view));
}

/** Some of the bytes of an array, not copied, in one that has no properties of its own. */
export function sliceOf(payload: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(ofArray.buffer(payload), ofArray.byteOffset(payload) + start, end - start);
}
