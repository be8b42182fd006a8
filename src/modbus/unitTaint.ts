import type { Instant } from '../time';
import { functionCodeOf, quantityOf, type PduRequest } from './pdu';

/**
 * RTU replies carry no transaction id, so shape and time must tell a late reply from a true one. A
 * request that stayed unanswered taints its shape on that unit: until the late window is over, or
 * the late reply was seen, no request of the same shape goes to the unit.
 */

/** Shapes remembered per unit; when more are tainted at once the whole unit is. */
const SHAPE_LIMIT = 8;

/**
 * What a reply reveals of its request: function code and quantity for reads; function code, address
 * and quantity or value for writes, since these are echoed. Pure.
 */
export function shapeKey(request: PduRequest): number {
  const functionCode = functionCodeOf(request);
  switch (request.kind) {
    case 'read':
      return functionCode * 0x100000000 + request.count;
    case 'read-bits':
      return functionCode * 0x100000000 + Math.ceil(request.count / 8);
    case 'write': {
      const echoed = request.single === true ? (request.values[0] ?? 0) : quantityOf(request);
      return functionCode * 0x100000000 + request.address * 0x10000 + echoed;
    }
    case 'write-coil':
      return functionCode * 0x100000000 + request.address * 0x10000 + (request.value ? 0xff00 : 0);
  }
}

/** The shape key of a request that a valid reply ADU would answer; undefined for exceptions. Pure. */
export function shapeKeyOfReply(adu: Uint8Array): number | undefined {
  const functionCode = adu[1] ?? 0;
  const base = functionCode * 0x100000000;
  if (functionCode === 3 || functionCode === 4) return base + (adu[2] ?? 0) / 2;
  if (functionCode === 1 || functionCode === 2) return base + (adu[2] ?? 0);
  if (functionCode === 5 || functionCode === 6 || functionCode === 16) {
    const high = ((adu[2] ?? 0) << 8) | (adu[3] ?? 0);
    return base + high * 0x10000 + (((adu[4] ?? 0) << 8) | (adu[5] ?? 0));
  }
  return undefined;
}

export class UnitTaint {
  #shapes: { readonly key: number; readonly until: Instant }[] = [];
  #whole: Instant | undefined;

  /** A late reply of this shape may arrive until `until`. */
  add(key: number, until: Instant, now: Instant): void {
    this.#prune(now);
    if (this.#shapes.length < SHAPE_LIMIT) this.#shapes.push({ key, until });
    else if (this.#whole === undefined || until > this.#whole) this.#whole = until;
  }

  /** One late reply of this shape came. Returns whether one was expected. */
  settle(key: number): boolean {
    const index = this.#shapes.findIndex((shape) => shape.key === key);
    if (index < 0) return false;
    this.#shapes.splice(index, 1);
    return true;
  }

  /** When a request of this shape may go out; undefined = now. */
  blockedUntil(key: number, now: Instant): Instant | undefined {
    if (this.#shapes.length === 0 && this.#whole === undefined) return undefined;
    this.#prune(now);
    return this.#whole ?? this.#shapes.findLast((shape) => shape.key === key)?.until;
  }

  /** Whether any late reply of the unit is feared. */
  active(now: Instant): boolean {
    if (this.#shapes.length === 0 && this.#whole === undefined) return false;
    this.#prune(now);
    return this.#whole !== undefined || this.#shapes.length > 0;
  }

  #prune(now: Instant): void {
    if (this.#whole !== undefined && now >= this.#whole) this.#whole = undefined;
    this.#shapes = this.#shapes.filter((shape) => now < shape.until);
  }
}
