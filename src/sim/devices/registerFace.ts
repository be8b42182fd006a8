import type { DeviceProfile } from '../../device';
import { EXCEPTION_CODE, respondAdu, type RegisterAccess } from '../../modbus';
import type { Instant } from '../../time';
import { LeaseTimer } from './leaseTimer';
import { RegisterBank } from './registerBank';

/**
 * What is wrong with a simulated device.
 * `frozen`: its registers stop changing and writes have no effect, its power stage and lease live
 * on. `silent`: no answer. `deaf`: writes are accepted and read back but not executed.
 * `implausible`: values no site can have. `sign-flipped`, `low-9-percent`: power (and current) read
 * wrong; `low-9-percent-all`: energy too. `nan`: sentinels instead of values.
 */
export type SimFault =
  | 'none'
  | 'frozen'
  | 'silent'
  | 'deaf'
  | 'implausible'
  | 'sign-flipped'
  | 'low-9-percent'
  | 'low-9-percent-all'
  | 'nan';

/** Factor by which a fault changes the power a device reports. Pure. */
export function reportFactor(fault: SimFault): number {
  if (fault === 'sign-flipped') return -1;
  return fault === 'low-9-percent' || fault === 'low-9-percent-all' ? 0.91 : 1;
}

export interface SimDeviceOptions {
  /** Injected clock. */
  readonly now: () => Instant;
  /** Seeded, in [0, 1). */
  readonly random: () => number;
  /** Unit id on the segment; the profile's by default. */
  readonly unit?: number;
  readonly maker?: string;
  readonly model?: string;
  readonly serial?: string;
}

/** The Modbus side that all simulated devices share. */
export class RegisterFace {
  readonly bank: RegisterBank;
  readonly lease: LeaseTimer;
  readonly access: RegisterAccess;
  readonly unit: number;
  readonly #profile: DeviceProfile;
  readonly #now: () => Instant;
  readonly #refresh: () => void;
  #fault: SimFault = 'none';
  #frozen: Readonly<Record<'holding' | 'input', Uint16Array>> | undefined;
  /** Called before the fault changes. */
  onFault: (fault: SimFault) => void = () => undefined;

  /** `refresh` fills the bank with what the device measures now. */
  constructor(profile: DeviceProfile, options: SimDeviceOptions, refresh: () => void) {
    this.#profile = profile;
    this.#now = options.now;
    this.#refresh = refresh;
    this.unit = options.unit ?? profile.data.transport.unit;
    this.bank = new RegisterBank(profile);
    this.lease = new LeaseTimer(profile, this.bank);
    this.bank.setText('maker', options.maker ?? profile.data.maker);
    this.bank.setText('model', options.model ?? profile.data.model);
    this.bank.setText('version', '1.0');
    this.bank.setText('serial', options.serial ?? 'SIM-0001');
    this.access = {
      readRegisters: (table, address, count) => this.#read(table, address, count),
      writeRegisters: (address, values) => this.#write(address, values),
    };
  }

  get fault(): SimFault {
    return this.#fault;
  }

  set fault(fault: SimFault) {
    if (fault === this.#fault) return;
    this.onFault(fault);
    // A device that freezes keeps what it showed in this moment.
    if (fault === 'frozen') this.#show();
    this.#frozen = fault === 'frozen' ? this.bank.snapshot() : undefined;
    this.#fault = fault;
  }

  /** Answer to an RTU ADU on a segment; null = the device says nothing. */
  answer(adu: Uint8Array): Uint8Array | null {
    return this.#fault === 'silent' ? null : respondAdu(this.unit, adu, this.access);
  }

  #show(): void {
    const now = this.#now();
    this.lease.expire(now);
    this.#refresh();
    const { lease } = this.#profile.data;
    if (lease.mechanism !== 'none' && lease.remaining !== undefined)
      this.bank.set(lease.remaining, this.lease.left_s(now));
  }

  #read(
    table: 'holding' | 'input',
    address: number,
    count: number,
  ): ArrayLike<number> | { readonly exception: number } {
    if (!this.bank.exists(table, address, count))
      return { exception: EXCEPTION_CODE.illegalAddress };
    if (this.#frozen !== undefined) return this.#frozen[table].slice(address, address + count);
    this.#show();
    this.lease.wasRead(this.#now());
    return this.bank.words(table, address, count);
  }

  #write(address: number, values: readonly number[]): { readonly exception: number } | undefined {
    if (!this.bank.writable(address, values.length))
      return { exception: EXCEPTION_CODE.illegalAddress };
    if (this.#fault === 'frozen') return undefined;
    const now = this.#now();
    this.lease.expire(now);
    const before = this.bank.words('holding', address, values.length);
    this.bank.write(address, values);
    const changed = values.some((value, i) => value !== before[i]);
    this.lease.written(address, values.length, changed, now);
    return undefined;
  }
}
