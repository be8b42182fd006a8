import type { Frame, JsonObject } from './frame';

/** Longest message of OCPP 1.6 we take; its longest legal ones stay far below. */
export const MAX_TEXT_16 = 64 * 1024;
/** Longest message of OCPP 2.0.1 we take (reports and certificate chains). */
export const MAX_TEXT_201 = 256 * 1024;
/** OCPP-J: message ids are at most 36 characters (UUID). */
export const MAX_ID = 36;
/** The deepest legal message nests 9 levels; more is an attack on recursive readers. */
const MAX_DEPTH = 16;
/** Values in one message, so that a list of empty lists stays cheap to walk. */
const MAX_NODES = 20_000;

export const REFUSAL_REASONS = [
  'too-long',
  'not-json',
  'not-an-array',
  'message-type',
  'message-id',
  'action',
  'payload',
  'too-deep',
  'forbidden-key',
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

export type Parsed =
  | { readonly ok: true; readonly frame: Frame }
  /** `id` is there when an answer can be addressed to the sender's message. */
  | {
      readonly ok: false;
      readonly reason: RefusalReason;
      readonly id?: string;
      /** The message type where it was a number: not all of them may be answered. */
      readonly messageType?: number;
    };

/** Whether `value` is a JSON object (not null, not an array). Pure. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads one OCPP-J text message (OCPP-J 1.6, 4.1; 2.0.1 part 4, 4.2). Pure; never throws.
 * @param text - one WebSocket text message
 * @param maxLength - characters, see MAX_TEXT_16 and MAX_TEXT_201
 */
export function parseFrame(text: string, maxLength: number): Parsed {
  if (text.length > maxLength) return { ok: false, reason: 'too-long' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'not-json' };
  }
  if (!Array.isArray(value)) return { ok: false, reason: 'not-an-array' };
  const parts: readonly unknown[] = value;
  const [type, id] = parts;
  if (typeof id !== 'string' || id.length === 0 || id.length > MAX_ID) {
    return { ok: false, reason: type === 2 || type === 3 ? 'message-id' : 'message-type' };
  }
  const shape = shapeOf(parts);
  const parsed = shape === undefined ? frameOf(parts, type, id, text) : refused(shape, id);
  return parsed.ok || typeof type !== 'number' ? parsed : { ...parsed, messageType: type };
}

const refused = (reason: RefusalReason, id: string): Parsed => ({ ok: false, reason, id });

function frameOf(parts: readonly unknown[], type: unknown, id: string, raw: string): Parsed {
  const [, , third, fourth] = parts;
  if (type === 2) {
    if (typeof third !== 'string' || third.length === 0 || third.length > 50) {
      return { ok: false, reason: 'action', id };
    }
    if (!isObject(fourth)) return { ok: false, reason: 'payload', id };
    return { ok: true, frame: { type: 'call', id, action: third, payload: fourth, raw } };
  }
  if (type === 3) {
    if (!isObject(third)) return { ok: false, reason: 'payload', id };
    return { ok: true, frame: { type: 'result', id, payload: third, raw } };
  }
  if (type === 4) {
    const code = typeof third === 'string' ? third.slice(0, 50) : 'GenericError';
    const description = typeof fourth === 'string' ? fourth.slice(0, 255) : '';
    return { ok: true, frame: { type: 'error', id, code, description, raw } };
  }
  return { ok: false, reason: 'message-type', id };
}

/** Bounds depth and size without recursion and finds keys that could reach a prototype. */
function shapeOf(root: object): RefusalReason | undefined {
  let level: readonly object[] = [root];
  let nodes = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) return 'too-deep';
    const next: object[] = [];
    for (const value of level) {
      const isList = Array.isArray(value);
      if (!isList && Object.hasOwn(value, '__proto__')) return 'forbidden-key';
      const children: readonly unknown[] = isList ? value : Object.values(value);
      nodes += children.length;
      if (nodes > MAX_NODES) return 'too-deep';
      for (const child of children) {
        if (typeof child === 'object' && child !== null) next.push(child);
      }
    }
    level = next;
  }
  return undefined;
}

/**
 * Whether some object of a message names a key twice. JSON.parse keeps the last of them, many
 * stations the first: relayed byte for byte, such a message would be judged as one thing and
 * obeyed as another. Each member has one colon outside of texts. Pure.
 */
export function repeatsKey({ raw }: Frame): boolean {
  if (raw === undefined) return false;
  const colons = raw.replace(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1;
  let members = 0;
  let level: unknown[] = [JSON.parse(raw)];
  while (level.length > 0) {
    const next: unknown[] = [];
    for (const value of level) {
      if (isObject(value)) members += Object.keys(value).length;
      if (typeof value === 'object' && value !== null) {
        for (const [, child] of Object.entries(value)) next.push(child);
      }
    }
    level = next;
  }
  return colons !== members;
}

/** The text of a frame: byte for byte the original one where there is one. Pure. */
export function encodeFrame(frame: Frame): string {
  if (frame.raw !== undefined) return frame.raw;
  switch (frame.type) {
    case 'call':
      return JSON.stringify([2, frame.id, frame.action, frame.payload]);
    case 'result':
      return JSON.stringify([3, frame.id, frame.payload]);
    case 'error':
      return JSON.stringify([4, frame.id, frame.code, frame.description, {}]);
  }
}
