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
  'meter-energy': entry(
    'critical',
    'ten minutes of energy contradict the grid meter’s power: it reads too low or too high',
    'check ratio and phase of the current transformers; compare power and energy with a clamp meter',
    'ten minutes pass without contradiction (nothing is raised before ten good records)',
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
  'expiry-changed': entry(
    'critical',
    'a battery or inverter would not fall back as declared when its lease ends',
    'find who else writes to it; its registers are written again with the next setpoint',
    'an hourly read-back shows the declared values again',
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
  'station-credentials': entry(
    'warning',
    'a station, or somebody in its name, was refused at login at least three times in ten minutes',
    'enter the password issued for it, or issue a new one; `gate` = identities nobody declared',
    'it logs in, or no login was refused for ten minutes',
  ),
  'station-certificate': entry(
    'warning',
    'a station showed a certificate that is not taken (name, issuer, expired or denied)',
    'install a certificate of this site’s issuer with its identity as name; the text says why',
    'it logs in, or no certificate was refused for ten minutes',
  ),
  'station-certificate-expired': entry(
    'warning',
    'the certificate of a connected station has expired; it is kept at static for the grace time',
    'renew its certificate before the grace time ends',
    'it logs in with a valid certificate, or it disconnects',
  ),
  'station-identity-conflict': entry(
    'critical',
    'a second device logs in with identity and password of a station that is connected',
    'find both devices: a copied configuration or a stolen password; issue new passwords',
    'no second login for ten minutes',
  ),
  'station-flood': entry(
    'warning',
    'a station sent too many messages, or does not read its own; it was disconnected',
    'check its meter value interval and firmware',
    'it behaves for ten minutes',
  ),
  'station-floor-failed': entry(
    'critical',
    'a station did not take its safe static limit; it counts at rated power and is never raised',
    'switch smart charging on in its set-up; run `holdfast station self-test`; use its cut input',
    'the limit is written and read back, or the station disconnects',
  ),
  'station-clock': entry(
    'warning',
    'the clock of a station is more than 5 s off; limits could end late, so it is not raised',
    'let it take its time from this gateway (Heartbeat); check its time source',
    'its time stamps are right again',
  ),
  'station-lease-rejected': entry(
    'warning',
    'a station refused a limit above static; it stays at its safe static limit',
    'run `holdfast station self-test`: unit or stack levels may differ from the site file',
    'it accepts a limit again, or disconnects',
  ),
  'station-limit-not-applied': entry(
    'warning',
    'a station accepted a limit, and its own meter still shows more after its reaction time',
    'check its firmware and profile support; if it lasts the station is isolated',
    'it keeps its limit for a minute, or disconnects',
  ),
  'station-backlog-full': entry(
    'warning',
    'no room for billing records while the CPMS is away; stations keep their own',
    'bring the CPMS back; check the disk of the gateway',
    'a minute without a refused record',
  ),
  'deny-list-unusable': entry(
    'warning',
    'the deny-list of certificates cannot be read or verified; the last good one is used',
    'install a list signed by a trusted key; nobody is thrown out because of this',
    'a list verifies again',
  ),
  'stations-silent': entry(
    'critical',
    'the process that talks to the stations is silent; each station counts at its worst',
    'see its log; the supervisor ends it when it hangs, systemd or the launcher starts it again',
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
  'line-stuck': entry(
    'critical',
    'a watchdog line gets no edges but its feedback contact says that the relay holds',
    'look for a welded contact or a bridged input; the line protects nothing until it drops',
    'the contact says that the relay has dropped',
  ),
  'limit-exceeded': entry(
    'critical',
    'a measured current is above the limit of its node',
    'nothing: loads are being reduced; call service if it lasts longer than a minute',
    'the measured current is below the limit',
  ),
  'forecast-bias': entry(
    'warning',
    'the load forecast has been wrong in one direction for days: the site changed, or data is false',
    'compare meters with the bill; look for a new load; check who may change prices and history',
    'forecasts of the last days are right again',
  ),
  'off-plan': entry(
    'warning',
    'yesterday cost, peak, cycles or export were worse than planned or than doing nothing',
    '`holdfast why plan`; check prices, battery efficiency and the caps in the site file',
    'the next day is as planned',
  ),
  'uplink-down': entry(
    'info',
    'the CPO broker is not reachable; the site goes on locally',
    'check the uplink; messages are kept',
    'the broker is connected',
  ),
  'dynamic-latched-off': entry(
    'critical',
    'three automatic returns within an hour: static charging only; or an excess at the breaker: the line stays open; until a person acts',
    'find the cause, then: holdfast mode release',
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
  'bess-off': entry(
    'warning',
    'the BESS says that it is off or in fault: it supports nothing and stores nothing',
    'look at its own display for the cause (trip, isolation, temperature); reset it there',
    'it says that it is on or standing by',
  ),
  'drill-overdue': entry(
    'warning',
    'a drill was not repeated in time: the device counts as one that does not fall back by itself',
    'run the drill that the text names; it takes a minute while the station charges',
    'the drill passes',
  ),
  'clock-jumped': entry(
    'warning',
    'the wall clock jumped by more than a day while the gateway ran; drills are judged without it',
    'check the time source (NTP) of the gateway, then restart it',
    'the clock is back, or a start with the right time',
  ),
  'drill-failed': entry(
    'critical',
    'a drill failed: the station stays at its safe static limit until one passes',
    'read the result; check the station’s profile support, meter and wiring, then drill again',
    'the drill passes',
  ),
  'cycle-overrun': entry(
    'warning',
    'a decision cycle took too long or was missed',
    'check the load of the gateway',
    'the next cycle in time',
  ),
} as const satisfies Readonly<Record<string, AlarmEntry>>;

export type AlarmId = keyof typeof CATALOGUE;
