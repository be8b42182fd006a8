import {
  encodeRaw,
  encodeText,
  rawRange,
  readPoint,
  sunspecModel,
  type DeviceProfile,
  type ModelData,
  type PlacedModel,
  type Point,
  type PointValue,
  type RegisterImage,
  type RegisterType,
  type SunspecPointData,
  type SunspecType,
} from '../../device';

type Table = 'holding' | 'input';
const WORDS = 0x10000;

/** First word of the sentinel of a type; 0xffff in every word where it is not listed. */
const SENTINELS: Readonly<Partial<Record<SunspecType, readonly number[]>>> = {
  int16: [0x8000],
  sunssf: [0x8000],
  int32: [0x8000, 0],
  float32: [0x7fc0, 0],
};
const EMPTY_IS_ZERO: readonly SunspecType[] = ['acc16', 'acc32', 'acc64', 'string'];

/** What a SunSpec device shows in a point it does not implement. Pure. */
function sentinelWords([, , type, words]: SunspecPointData): readonly number[] {
  const filler = EMPTY_IS_ZERO.includes(type) ? 0 : 0xffff;
  return SENTINELS[type] ?? new Array<number>(words).fill(filler);
}

/** Exponent that a maker would choose: fine, but with room for one and a half times the rating. */
function exponentFor(profile: DeviceProfile, point: Point): number {
  if (point.declaredExponent !== undefined) return point.declaredExponent;
  const { power_W, energy_Wh } = profile.rating;
  const usual: Readonly<Record<string, readonly [exponent: number, greatest: number]>> = {
    W: [0, 1.5 * power_W],
    VA: [0, 1.5 * power_W],
    Wh: [0, point.words > 1 ? 1e9 : 1.1 * (energy_Wh ?? 0)],
    A: [-2, power_W / 50],
    V: [-1, 1000],
    '%': [-1, 100],
    Hz: [-2, 65],
  };
  const [from, greatest] = usual[point.unit] ?? [0, 0];
  const most = point.type === 'string' ? 1 : rawRange(point.type)[1];
  let exponent = from;
  while (greatest / 10 ** exponent > most) exponent += 1;
  return exponent;
}

interface NumericPoint {
  readonly point: Point;
  readonly type: Exclude<RegisterType, 'string'>;
  /** Unit of the point over raw unit, the exponent this device chose included. */
  readonly scale: number;
}

/** Registers of one simulated device, filled and read by the points of its profile. */
export class RegisterBank {
  readonly #words: Readonly<Record<Table, Uint16Array>> = {
    holding: new Uint16Array(WORDS),
    input: new Uint16Array(WORDS),
  };
  readonly #mapped: Readonly<Record<Table, Uint8Array>> = {
    holding: new Uint8Array(WORDS),
    input: new Uint8Array(WORDS),
  };
  readonly #writable = new Uint8Array(WORDS);
  readonly #profile: DeviceProfile;
  /** What `set` needs of a numeric point: looked up for every register of every reply. */
  readonly #numbers = new Map<string, NumericPoint>();
  /** The whole register space as an image, without a copy. */
  readonly image: RegisterImage;

  constructor(profile: DeviceProfile) {
    this.#profile = profile;
    this.image = [
      { table: 'holding', address: 0, values: this.#words.holding },
      { table: 'input', address: 0, values: this.#words.input },
    ];
    if (profile.data.sunspec !== undefined) this.#placeSunspec(profile.data.sunspec.base);
    else
      for (const { request } of profile.reads)
        this.#map(request.table, request.address, request.count);
    for (const point of profile.points.values()) this.#placePoint(point);
    for (const hole of profile.data.holes ?? [])
      this.#mapped[hole.table].fill(0, hole.address, hole.address + hole.count);
  }

  #map(table: Table, address: number, count: number): void {
    this.#mapped[table].fill(1, address, address + count);
  }

  #placeSunspec(base: number): void {
    const words = this.#words.holding;
    words.set([0x5375, 0x6e53], base);
    this.#map('holding', base, 2);
    let end = base + 2;
    for (const placed of this.#profile.models) {
      const { model, address, length } = placed;
      words.set([model, length], address);
      this.#map('holding', address, length + 2);
      const data = sunspecModel(model);
      if (data !== undefined) this.#fillModel(placed, data);
      end = address + length + 2;
    }
    words.set([0xffff, 0], end);
    this.#map('holding', end, 2);
  }

  #fillModel({ address, length }: PlacedModel, data: ModelData): void {
    const fill = (point: SunspecPointData, from: number): void => {
      if (from + point[3] > address + length + 2) return;
      this.#words.holding.set(sentinelWords(point), from);
      if (point[6] === 'rw') this.#writable.fill(1, from, from + point[3]);
    };
    for (const point of data.points) fill(point, address + point[1]);
    const group = data.repeat;
    if (group === undefined) return;
    for (let at = group.from; at + group.every <= length + 2; at += group.every)
      for (const point of group.points) fill(point, address + at + point[1]);
  }

  #placePoint(point: Point): void {
    this.#map(point.table, point.address, point.words);
    if (point.write !== undefined)
      this.#writable.fill(1, point.address, point.address + point.words);
    const exponent = exponentFor(this.#profile, point);
    if (point.scaleFactor !== undefined) {
      this.#map(point.table, point.scaleFactor, 1);
      this.#words[point.table][point.scaleFactor] = exponent & 0xffff;
    }
    if (point.type === 'string') return;
    const scale = point.scale * 10 ** (point.scaleFactor === undefined ? 0 : exponent);
    this.#numbers.set(point.name, { point, type: point.type, scale });
    // A writable point starts at 0: no setpoint, no timeout, not enabled.
    const start = this.#startOf(point);
    if (point.write !== undefined || start !== 0) this.set(point.name, start);
  }

  /** What a point holds before anything is measured or set: in the middle of its fingerprint. */
  #startOf(point: Point): number {
    const { identity } = this.#profile.data;
    for (const one of identity)
      if (one.point === point.name && 'min' in one) return (one.min + one.max) / 2;
    return 0;
  }

  /** Whether all these registers exist. */
  exists(table: Table, address: number, count: number): boolean {
    const mapped = this.#mapped[table];
    for (let i = address; i < address + count; i += 1) if (mapped[i] !== 1) return false;
    return true;
  }

  /** Whether all these registers may be written. */
  writable(address: number, count: number): boolean {
    for (let i = address; i < address + count; i += 1) if (this.#writable[i] !== 1) return false;
    return true;
  }

  words(table: Table, address: number, count: number): Uint16Array {
    return this.#words[table].slice(address, address + count);
  }

  /** A copy of all registers as they are now. */
  snapshot(): Readonly<Record<Table, Uint16Array>> {
    return { holding: this.#words.holding.slice(), input: this.#words.input.slice() };
  }

  write(address: number, values: readonly number[]): void {
    this.#words.holding.set(values, address);
  }

  /** Value of a point or derived value, as a client of this device would decode it. */
  get(name: string): PointValue {
    return readPoint(this.#profile, name, this.image);
  }

  /** Sets a point in its unit and our sign, rounded and cut to what its registers hold. */
  set(name: string, value: number): void {
    const known = this.#numbers.get(name);
    if (known === undefined) return;
    const { point, type, scale } = known;
    const flag = point.negativeIf;
    if (flag !== undefined) this.#raise(flag, value < 0);
    const exact =
      (point.sign * (flag === undefined ? value : Math.abs(value)) - point.offset) / scale;
    const range = rawRange(type);
    const whole = type === 'float32' ? exact : Math.round(exact);
    const raw = Math.min(range[1], Math.max(range[0], whole));
    this.#words[point.table].set(encodeRaw(type, raw, point.wordOrder), point.address);
  }

  /** Sets or clears the bit that carries a sign. */
  #raise(flag: { readonly point: string; readonly mask: number }, isSet: boolean): void {
    const point = this.#profile.points.get(flag.point);
    if (point === undefined) return;
    const words = this.#words[point.table];
    const word = words[point.address] ?? 0;
    words[point.address] = isSet ? word | flag.mask : word & ~flag.mask;
  }

  setText(name: string, text: string): void {
    const point = this.#profile.points.get(name);
    if (point?.type !== 'string') return;
    this.#words[point.table].set(encodeText(text, point.words), point.address);
  }

  /** Fills a numeric point with "no value here" in its own encoding. */
  setMissing(name: string): void {
    const point = this.#profile.points.get(name);
    if (point === undefined || point.type === 'string') return;
    const words = this.#words[point.table];
    if (point.type === 'float32') {
      const nan = point.wordOrder === 'hi-lo' ? [0x7fc0, 0] : [0, 0x7fc0];
      words.set(nan, point.address);
      return;
    }
    const sentinel = point.missing[0];
    if (sentinel === undefined) return;
    words.set(encodeRaw(point.type, Number(sentinel), point.wordOrder), point.address);
  }

  /** Copies a point's registers into those of another point of the same type. */
  copy(from: string, to: string): void {
    const source = this.#profile.points.get(from);
    const target = this.#profile.points.get(to);
    if (source === undefined || target === undefined) return;
    this.#words[target.table].set(
      this.words(source.table, source.address, source.words),
      target.address,
    );
  }
}
