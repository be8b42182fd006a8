/** The house as data: which module stands on which rank (design, "The house"). */
export const RANKS: Readonly<Record<string, number>> = {
  units: 0,
  time: 1,
  model: 2,
  site: 3,
  alarm: 3,
  journal: 3,
  modbus: 3,
  ocpp: 3,
  telemetry: 3,
  board: 3,
  mode: 3,
  allocation: 3,
  planning: 3,
  lease: 3,
  access: 3,
  device: 4,
  guard: 5,
  monitor: 5,
  runtime: 6,
  supervisor: 6,
  drill: 6,
  io: 7,
  sim: 8,
};

/** Modules that may import npm packages and node:*. */
export const RIM = ['io', 'sim'] as const;
