/** Types of the SunSpec Information Model Specification that the models here use. */
export type SunspecType =
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'acc16'
  | 'acc32'
  | 'acc64'
  | 'uint64'
  | 'float32'
  | 'enum16'
  | 'enum32'
  | 'bitfield16'
  | 'bitfield32'
  | 'sunssf'
  | 'count'
  | 'string';

/** Offset counts from the id register, so 2 is the first register after the length. */
export type SunspecPointData = readonly [
  name: string,
  offset: number,
  type: SunspecType,
  words: number,
  scaleFactor: string,
  unit: string,
  access: 'r' | 'rw',
];

/** One information model; `length` is L, the registers after the header, without repeats. */
export interface ModelData {
  readonly model: number;
  readonly length: number;
  readonly points: readonly SunspecPointData[];
  readonly repeat?: {
    readonly from: number;
    readonly every: number;
    readonly points: readonly SunspecPointData[];
  };
}
