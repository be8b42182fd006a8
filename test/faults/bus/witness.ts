import { respondAdu, type BusResult, type PduRequest } from '../../../src/modbus';
import type { Instant } from '../../../src/time';

/**
 * A device that knows what it did. Each request it answers gets a number of its own, and every
 * register of the answer is made of that number, so that a value tells which request it answers.
 */
export class WitnessDevice {
  readonly unit: number;
  readonly #answered = new Map<number, Instant>();
  readonly #executed = new Map<number, Instant>();
  #now: Instant | undefined;
  #number = 0;

  constructor(unit: number) {
    this.unit = unit;
  }

  /** When each write was executed, by the tag it carries. */
  get executed(): ReadonlyMap<number, Instant> {
    return this.#executed;
  }

  respond(adu: Uint8Array, now: Instant): Uint8Array | null {
    this.#now = now;
    return respondAdu(this.unit, adu, {
      readRegisters: (_table, address, count) => {
        this.#number = (this.#number + 1) & 0xffff;
        this.#answered.set(this.#number, now);
        return registersOf(this.unit, this.#number, address, count);
      },
      writeRegisters: (_address, values) => {
        const [tag] = values;
        if (tag !== undefined && this.#now !== undefined) this.#executed.set(tag, this.#now);
        return undefined;
      },
    });
  }

  /** Why this answer is not what the device said to this very request; undefined when it is. */
  contradicts(request: PduRequest, result: Extract<BusResult, { ok: true }>): string | undefined {
    if (request.kind === 'write') {
      const [tag] = request.values;
      const executed_at = tag === undefined ? undefined : this.#executed.get(tag);
      return executed_at === undefined
        ? `write ${tag ?? -1} was acknowledged, not executed`
        : undefined;
    }
    if (request.kind !== 'read') return 'the workload only reads and writes registers';
    const [number] = result.registers;
    if (number === undefined) return 'no registers';
    const answered_at = this.#answered.get(number);
    if (answered_at === undefined) return `answer ${number} was never given`;
    const expected = registersOf(this.unit, number, request.address, request.count);
    if (expected.some((value, i) => value !== result.registers[i]))
      return `answer ${number} differs`;
    // An answer counts only for the request it was given to: half a character of rounding allowed.
    return answered_at >= result.sent_at - 0.5 && answered_at <= result.received_at + 0.5
      ? undefined
      : `answer ${number} of ${answered_at} was taken for the request of ${result.sent_at}`;
  }
}

function registersOf(unit: number, number: number, address: number, count: number): number[] {
  const registers = [number];
  for (let i = 1; i < count; i += 1) {
    registers.push((Math.imul(number + 1, 40_503) + Math.imul(address + i, 2_654) + unit) & 0xffff);
  }
  return registers;
}
