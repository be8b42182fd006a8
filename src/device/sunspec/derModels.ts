import type { ModelData } from './modelData';

/** SunSpec models: DER measurement and capacity (IEEE 1547-2018), as far as profiles use them. */
export const derModels = [
  // DER AC measurement.
  {
    model: 701,
    length: 153,
    points: [
      ['ACType', 2, 'enum16', 1, '', '', 'r'],
      ['St', 3, 'enum16', 1, '', '', 'r'],
      ['InvSt', 4, 'enum16', 1, '', '', 'r'],
      ['W', 10, 'int16', 1, 'W_SF', 'W', 'r'],
      ['W_SF', 116, 'sunssf', 1, '', '', 'r'],
    ],
  },
  // DER capacity.
  {
    model: 702,
    length: 50,
    points: [
      ['WMaxRtg', 2, 'uint16', 1, 'W_SF', 'W', 'r'],
      ['WMax', 26, 'uint16', 1, 'W_SF', 'W', 'rw'],
      ['W_SF', 45, 'sunssf', 1, '', '', 'r'],
    ],
  },
] as const satisfies readonly ModelData[];
