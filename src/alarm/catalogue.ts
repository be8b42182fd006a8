export type Severity = 'critical' | 'warning' | 'info';

/** What a person needs at the console: meaning, what to do, and when it goes away. */
export interface AlarmEntry {
  readonly severity: Severity;
  readonly meaning: string;
  readonly whatToDo: string;
  readonly clearsWhen: string;
}

const entry = (
  severity: Severity,
  meaning: string,
  whatToDo: string,
  clearsWhen: string,
): AlarmEntry => ({ severity, meaning, whatToDo, clearsWhen });

/** The one catalogue. Every id has a test that raises and clears it. */
export const CATALOGUE = {
  'meter-silent': entry(
    'critical',
    'the grid meter does not answer; nothing is raised above static limits',
    'check the RS-485 plug, its supply and termination; `holdfast bus doctor`',
    'the meter answers again (nothing is raised before ten good records)',
  ),
  'meter-frozen': entry(
    'critical',
    'the grid meter repeats the same reading while the site must have changed',
    'power-cycle the meter; replace it if this returns',
    'its registers change again (nothing is raised before ten good records)',
  ),
  'meter-implausible': entry(
    'critical',
    'the grid meter reading cannot be true (bounds, signs, phases against total)',
    'check wiring and current-transformer direction; compare with a clamp meter',
    'a reading is plausible again (nothing is raised before ten good records)',
  ),
  'meter-mismatch': entry(
    'warning',
    'grid meter and the sum of stations, BESS and PV disagree beyond the base load declared',
    'look for a station that draws more than told, or an undeclared load',
    'the difference is back within the declared envelope',
  ),
  'device-silent': entry(
    'warning',
    'a field device does not answer; its worst case is taken from the headroom',
    'check its plug, address and supply',
    'the device answers again and its identity matches',
  ),
  'device-identity': entry(
    'critical',
    'another device answers at this address; writes to it are disabled',
    'compare maker, model and serial number with the site file',
    'the declared device answers',
  ),
  'device-not-responding': entry(
    'warning',
    'the device confirms setpoints but its measured power does not follow',
    'check its operating mode and remote-control permission',
    'measured power follows the setpoint again',
  ),
  'device-frozen': entry(
    'warning',
    'readings of the device do not change although its power must',
    'power-cycle its communication module',
    'readings change again',
  ),
  'lease-not-acknowledged': entry(
    'warning',
    'a lease write was not confirmed by read-back; its worst case is reserved',
    'see the device’s log; check that remote control is permitted',
    'a later write is confirmed',
  ),
  'station-offline': entry(
    'warning',
    'a station is not connected; it falls to its safe static limit by itself',
    'check its network, credentials and power',
    'the station is connected again (raised only after its floor profile is verified)',
  ),
  'station-overdraw': entry(
    'critical',
    'a station draws more than it was told; its maximum is reserved and it is isolated',
    'check its firmware and profile support; use its cut input',
    'it keeps its limit for a minute',
  ),
  'stations-silent': entry(
    'critical',
    'the process that talks to the stations is silent; each station counts at its worst',
    'see its log; it is restarted by the supervisor',
    'it reports again',
  ),
  'supervisor-silent': entry(
    'critical',
    'the supervisor does not answer; the line drops without it',
    'see its log; it is restarted by the system',
    'it answers again',
  ),
  'line-dropped': entry(
    'critical',
    'the watchdog line is open: all chargers are at their static limits by wire',
    'read "why not fed" in the supervisor’s state',
    'the line is energised again by the return rules',
  ),
  'limit-exceeded': entry(
    'critical',
    'a measured current is above the limit of its node',
    'nothing: loads are being reduced; call service if it lasts longer than a minute',
    'the measured current is below the limit',
  ),
  'uplink-down': entry(
    'info',
    'the CPO broker is not reachable; the site goes on locally',
    'check the uplink; messages are kept',
    'the broker is connected',
  ),
  'dynamic-latched-off': entry(
    'critical',
    'three automatic returns within an hour: static charging only until a person acts',
    'find the cause, then leave static by hand',
    'a person releases the latch',
  ),
  'emergency-stop': entry(
    'critical',
    'the emergency stop or fire contact is active; BESS and PV are at their safe value',
    'act on the emergency; acknowledge on site afterwards',
    'the contact is released and a person on site has acknowledged',
  ),
  'bess-backup': entry(
    'warning',
    'the BESS is in backup operation; the site runs static with its rating as limit',
    'wait for the grid to return',
    'the BESS follows the grid again',
  ),
  'cycle-overrun': entry(
    'warning',
    'a decision cycle took too long or was missed',
    'check the load of the gateway',
    'the next cycle in time',
  ),
} as const satisfies Readonly<Record<string, AlarmEntry>>;

export type AlarmId = keyof typeof CATALOGUE;
