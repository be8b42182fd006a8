/** The keys of `site.yaml`, with units, ranges and one sentence each. */
import {
  bool,
  byDefault,
  type Infer,
  list,
  maybe,
  num,
  object,
  type PlainObject,
  str,
  word,
} from './schema';
import { cpms, ocpp } from './ocppKeys';

const id = str(/^[a-z][a-z0-9-]{0,31}$/, 'an id: small letters, digits, "-", at most 32');
const text = str(/^[ -~\u00a0-\uffff]{1,120}$/u, 'a line of text');
const curve = object(
  {
    preset: maybe(
      word(['iec60898-B', 'iec60898-C', 'iec60898-D', 'iec60947-2'], 'guaranteed non-trip points'),
    ),
    rating_A: num('A', 1, 6300, 'rated current In of the installed device'),
    points: maybe(
      list(
        object(
          {
            ratio: num('I/In', 1, 50, 'multiple of the rated current'),
            hold_s: num('s', 0.001, 100_000, 'earliest trip time (lower edge of the band, hot)'),
          },
          'one guaranteed non-trip point',
        ),
        20,
        'points of the maker’s lower edge, rising in ratio',
      ),
    ),
    cooling_s: maybe(num('s', 1, 100_000, 'declared cooling time constant')),
  },
  'breaker or fuse',
);
const lease = object(
  {
    honours_duration: bool('the station falls back by itself when the profile duration ends'),
    storage: word(['ram', 'flash'], 'where the station keeps the lease profile'),
    storage_source: maybe(text),
    min_renew_s: byDefault(num('s', 1, 3600, 'shortest time between two profile writes'), 10),
    writes_per_year_max: byDefault(
      num('1/a', 0, 1e8, 'flash budget in profile writes a year'),
      20_000,
    ),
    max_stack_level: byDefault(num('level', 0, 100, 'greatest stack level the station takes'), 8),
    rate_unit: byDefault(word(['A', 'W'], 'unit of limits'), 'A'),
    zero_allowed: byDefault(bool('a limit of 0 A pauses and resumes reliably'), true),
    last_drill_days: maybe(num('days', 0, 3650, 'days since the last passed silence drill')),
  },
  'what the station does with an expiring limit',
);
const cut = object(
  {
    via: word(
      ['limit_input', 'pause_input', 'contactor', 'none'],
      'how the line reaches the station',
    ),
    active: byDefault(word(['open', 'closed', 'energised'], 'when the input limits'), 'open'),
    value_A: num('A', 0, 1000, 'current per phase while the input acts'),
    reaction_s: byDefault(num('s', 0, 30, 'input to current'), 1),
    after_release: byDefault(
      word(['resumes', 'stays'], 'what happens when the input is released'),
      'resumes',
    ),
    verified_by_drill: byDefault(bool('a line drill showed it'), false),
  },
  'cut input of the station',
);
const station = object(
  {
    id,
    node: id,
    kind: byDefault(word(['ac', 'dc'], 'AC or DC charging'), 'ac'),
    connectors: byDefault(num('count', 1, 8, 'connectors'), 1),
    phases: byDefault(
      word(['L1L2L3', 'L2L3L1', 'L3L1L2', 'L1', 'L2', 'L3'], 'rotation at the terminals'),
      'L1L2L3',
    ),
    max_A: num('A', 6, 1000, 'rated current per phase'),
    connector_max_A: maybe(
      num('A', 6, 1000, 'rated current per phase of one connector, where less than the station’s'),
    ),
    static_A: num('A', 0, 1000, 'safe static limit per phase, valid without the gateway'),
    min_start_A: byDefault(num('A', 0, 1000, 'smallest useful current'), 6),
    min_W: byDefault(num('W', 0, 1e6, 'smallest useful DC power'), 0),
    installer_cap_A: maybe(num('A', 0, 1000, 'cap set inside the station by the installer')),
    pre_boot_A: maybe(num('A', 0, 1000, 'measured current after power-up before BootNotification')),
    model: byDefault(text, 'unknown'),
    ocpp: byDefault(
      word(['any', '1.6', '2.0.1', '2.1'], 'OCPP version; any = 1.6 or 2.0.1'),
      'any',
    ),
    weight: byDefault(num('weight', 0.1, 100, 'share in the fair allocation'), 1),
    priority: byDefault(num('rank', 0, 9, 'smaller comes first'), 5),
    line: maybe(id),
    cut,
    lease,
  },
  'one charging station',
);
const device = {
  id,
  profile: str(/^[a-z0-9][a-z0-9-]{1,60}$/, 'a device profile id'),
  bus: id,
  unit: num('unit id', 1, 247, 'Modbus unit id'),
  host: maybe(str(/^[A-Za-z0-9.:-]{1,255}$/, 'host:port for Modbus TCP')),
  node: id,
};
const meter = object(
  {
    ...device,
    role: byDefault(word(['grid', 'sub'], 'what it measures'), 'sub'),
    lag_s: byDefault(num('s', 0, 5, 'meter lag'), 1),
    poll_ms: byDefault(num('ms', 200, 60_000, 'poll period'), 500),
  },
  'one meter',
);
const bess = object(
  {
    ...device,
    charge_W: num('W', 0, 1e7, 'rated charge power'),
    discharge_W: num('W', 0, 1e7, 'rated discharge power'),
    capacity_Wh: num('Wh', 100, 1e9, 'usable energy'),
    soc_min: byDefault(num('share', 0, 1, 'lowest state of charge used'), 0.1),
    soc_max: byDefault(num('share', 0, 1, 'highest state of charge used'), 0.95),
    soc_reserve: byDefault(num('share', 0, 1, 'kept for N-1'), 0.2),
    expiry_min_W: num('W', -1e7, 1e7, 'worst (most charging) power after the lease ended'),
    expiry_max_W: num('W', -1e7, 1e7, 'worst (most discharging) power after the lease ended'),
    auxiliary_W: byDefault(num('W', 0, 1e5, 'own consumption'), 0),
    reaction_s: byDefault(num('s', 0.1, 60, 'command to power'), 1.5),
    stop_input: byDefault(bool('wired stop input behind the line’s off-delay'), false),
    lease_s: maybe(num('s', 1, 86_400, 'discharge lease where the device forces a longer one')),
  },
  'one battery storage system',
);
const pv = object(
  {
    ...device,
    rated_W: num('W', 100, 1e7, 'rated AC power'),
    expiry_W: num('W', 0, 1e7, 'greatest power after the lease ended'),
    power_on_W: maybe(num('W', 0, 1e7, 'limit stored in the inverter, before the first lease')),
    reaction_s: byDefault(num('s', 0.1, 60, 'command to power'), 2),
  },
  'one PV inverter',
);
const envelope = {
  base_load_max_A: num(
    'A',
    0,
    6300,
    'greatest base load per phase (everything but stations and BESS)',
  ),
  base_load_min_W: byDefault(num('W', 0, 1e7, 'smallest base load'), 0),
  base_load_step_A: byDefault(num('A', 0, 6300, 'largest step of the base load'), 0),
};

/** A contact that is closed while the limit holds (EN 50549-2 clause 4.11; VDE-AR-N 4105 5.5). */
const operator = object(
  {
    inputs: list(
      object(
        {
          input: text,
          limit_W: num('W', 0, 1e8, 'import limit while the contact is closed'),
        },
        'one contact of the grid operator',
      ),
      8,
      'contacts; several closed: the lowest limit holds',
    ),
    fail_safe_duration_s: byDefault(
      num('s', 7200, 86_400, 'least time at the fail-safe limit after the signal was lost'),
      7200,
    ),
    self_determined_W: maybe(
      num('W', 0, 1e8, 'holds when the signal stays lost; absent: the fail-safe limit'),
    ),
  },
  'signal of the grid operator; needs operator_fail_safe_W',
);
const planning = object(
  {
    prices_file: maybe(text),
    second_prices_file: maybe(text),
    import_adder_per_MWh: byDefault(num('1/MWh', 0, 2000, 'grid fees and taxes on import'), 0),
    export_share: byDefault(num('share', 0, 1, 'of the spot price that export earns'), 1),
    flat_price_per_MWh: byDefault(num('1/MWh', 0, 5000, 'import price without a price file'), 200),
    demand_charge_per_kW: byDefault(num('1/kW', 0, 1000, 'price of the month’s highest import'), 0),
    cycle_cost_per_kWh: byDefault(num('1/kWh', 0, 10, 'wear of moving one kWh through it'), 0.02),
    efficiency: byDefault(num('share', 0.5, 1, 'one way'), 0.95),
    cycles_per_day_max: byDefault(num('count', 0, 20, 'full cycles before a finding'), 2),
    export_per_day_max_kWh: byDefault(num('kWh', 0, 1e6, 'export before a finding'), 1e6),
    holidays: byDefault(
      list(str(/^\d{4}-\d{2}-\d{2}$/, 'a day such as 2027-07-14'), 200, 'counted as Sundays'),
      [],
    ),
  },
  'how battery and sun are planned; absent: greedy peak shaving',
);

export const siteFile = object(
  {
    version: word([1], 'version of the file format'),
    site: object({ id, name: text, timezone: byDefault(text, 'UTC') }, 'which site'),
    connection_point: object(
      {
        import_A: num('A', 1, 6300, 'import limit per phase'),
        apparent_VA: num('VA', 1000, 1e8, 'contracted apparent power'),
        power_factor: byDefault(num('cos phi', 0.5, 1, 'of the contract'), 1),
        nominal_V: byDefault(num('V', 100, 400, 'phase-to-neutral voltage'), 230),
        export_W: num('W', 0, 1e8, 'export limit'),
        contract_10min_W: maybe(num('W', 1000, 1e8, 'averaged contract over 10 minutes')),
        unbalance_A: maybe(num('A', 0, 6300, 'greatest difference between phases')),
        neutral_A: maybe(num('A', 0, 6300, 'neutral current limit')),
        busbar_A: maybe(num('A', 1, 6300, 'rating of the busbar: gross flow per phase')),
        ride_through: byDefault(
          word(['react', 'reserve'], 'envelope kept free as headroom'),
          'react',
        ),
        control_margin: byDefault(num('share', 0, 0.5, 'kept below each limit'), 0.03),
        operator_fail_safe_W: maybe(
          num('W', 0, 1e8, 'lowest binding grid-operator fail-safe limit'),
        ),
        operator: maybe(operator),
        curve,
        ...envelope,
      },
      'grid connection point',
    ),
    circuits: byDefault(
      list(
        object(
          {
            id,
            parent: id,
            import_A: num('A', 1, 6300, 'limit per phase'),
            neutral_A: maybe(num('A', 0, 6300, 'neutral limit')),
            busbar_A: maybe(num('A', 1, 6300, 'rating of the busbar: gross flow per phase')),
            curve,
            base_load_max_A: byDefault(num('A', 0, 6300, 'base load on this circuit'), 0),
          },
          'one circuit',
        ),
        200,
        'circuits below the connection point',
      ),
      [],
    ),
    lines: byDefault(
      list(
        object(
          {
            id,
            node: id,
            kind: word(['watchdog', 'isolate'], 'watchdog line or isolator'),
            reaction_s: byDefault(num('s', 0.1, 30, 'hang to contact open'), 4),
          },
          'one watchdog line',
        ),
        32,
        'lines',
      ),
      [],
    ),
    buses: list(
      object(
        {
          id,
          kind: word(['rtu', 'tcp'], 'RS-485 or Ethernet'),
          port: maybe(text),
          baud: byDefault(word([9600, 19200, 38400, 57600, 115200], 'line speed'), 19200),
          parity: byDefault(word(['none', 'even', 'odd'], 'parity'), 'none'),
          turnaround_ms: byDefault(num('ms', 0, 1000, 'slowest device answer delay'), 20),
          latency_ms: byDefault(num('ms', 0, 32, 'worst delay of the adapter, 16: USB as sold'), 0),
          dead_devices_max: byDefault(num('count', 0, 32, 'dead devices the budget must carry'), 1),
        },
        'one field bus',
      ),
      16,
      'field buses',
    ),
    meters: list(meter, 64, 'meters'),
    bess: byDefault(list(bess, 16, 'battery storage'), []),
    pv: byDefault(list(pv, 32, 'PV inverters'), []),
    stations: list(station, 1000, 'charging stations'),
    drills: byDefault(
      object(
        {
          line_days: byDefault(num('days', 1, 365, 'a line drill counts so long'), 30),
          silence_days: byDefault(num('days', 1, 3650, 'a silence drill counts so long'), 90),
        },
        'how often drills are repeated; the first ones are due so long after the first start',
      ),
      { line_days: 30, silence_days: 90 },
    ),
    leases: byDefault(
      object(
        {
          station_ttl_s: byDefault(num('s', 5, 3600, 'lease on stations'), 30),
          bess_charge_ttl_s: byDefault(num('s', 5, 3600, 'lease on charging'), 15),
          bess_discharge_ttl_s: byDefault(num('s', 5, 3600, 'lease on discharging'), 60),
        },
        'lease lengths',
      ),
      { station_ttl_s: 30, bess_charge_ttl_s: 15, bess_discharge_ttl_s: 60 },
    ),
    planning: maybe(planning),
    uplinks: byDefault(
      list(
        object(
          {
            id,
            kind: word(['cpo', 'vendor'], 'whose'),
            url: str(/^mqtts?:\/\/[^\s]+$/, 'an mqtt:// or mqtts:// address'),
          },
          'one uplink',
        ),
        4,
        'uplinks',
      ),
      [],
    ),
    ocpp,
    cpms,
    third_parties: byDefault(
      list(
        object(
          {
            id,
            via: word(['modbus-tcp', 'modbus-rtu'], 'how'),
            access: byDefault(word(['readonly', 'propose'], 'what it may do'), 'readonly'),
          },
          'a third party',
        ),
        16,
        'third parties',
      ),
      [],
    ),
    accepted_risks: byDefault(
      list(
        object(
          { code: text, subject: id, by: list(text, 2, 'two persons'), reason: text },
          'an accepted residual risk',
        ),
        32,
        'residual risks two persons accepted',
      ),
      [],
    ),
  },
  'a Holdfast site',
);
export type SiteFile = NonNullable<Infer<typeof siteFile>>;

/** JSON Schema (2020-12) of the site file, for editors. Pure. */
export function siteJsonSchema(): PlainObject {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Holdfast site file',
    ...siteFile.json,
  };
}
