/** Ways to change the request of an opening handshake; each leaves everything else as it was. */
import type { Field } from '../../protocol/http/field.js';
import type { Mutation } from '../probe-run.js';

const is =
  (name: string) =>
  (field: Field): boolean =>
    field[0].toLowerCase() === name.toLowerCase();

export const without =
  (name: string): Mutation =>
  ({ line, fields }) => ({ line, fields: fields.filter((field) => !is(name)(field)) });

/** The field with other values, in as many lines, in the place of the first. */
export const replaced =
  (name: string, ...values: string[]): Mutation =>
  ({ line, fields }) => ({
    line,
    fields: fields.flatMap((field) => (is(name)(field) ? values.map((value): Field => [field[0], value]) : [field])),
  });

export const added =
  (...more: Field[]): Mutation =>
  ({ line, fields }) => ({ line, fields: [...fields, ...more] });

export const line =
  (edit: (line: string) => string): Mutation =>
  (request) => ({ ...request, line: edit(request.line) });

export const doubled =
  (name: string): Mutation =>
  ({ line, fields }) => ({
    line,
    fields: fields.flatMap((field) => (is(name)(field) ? [field, field] : [field])),
  });

/** White space around the values that a handshake depends on. */
export const padded =
  (space: string): Mutation =>
  ({ line, fields }) => ({
    line,
    fields: fields.map(
      (field): Field =>
        /^(?:upgrade|connection|sec-websocket-key)$/i.test(field[0])
          ? [field[0], `${space}${field[1]}${space}`]
          : field,
    ),
  });

export const unchanged: Mutation = (request) => request;

/** The offer of subprotocols, instead of the user's own. */
export const offering =
  (...values: string[]): Mutation =>
  (request) =>
    added(...values.map((value): Field => ['Sec-WebSocket-Protocol', value]))(
      without('sec-websocket-protocol')(request),
    );

/** The offer of extensions, in as many lines, instead of the user's own. */
export const offeringExtensions =
  (...values: string[]): Mutation =>
  (request) =>
    added(...values.map((value): Field => ['Sec-WebSocket-Extensions', value]))(
      without('sec-websocket-extensions')(request),
    );
