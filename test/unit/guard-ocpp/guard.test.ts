import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createOcppGuard, OCPP_DENY_REASONS, STRICT_POLICY } from '../../../src/guard/ocpp';
import type { OcppDenyReason, OcppPolicy } from '../../../src/guard/ocpp';
import { FLOOR_PROFILE, LEASE_PROFILE } from '../../../src/ocpp';
import type { JsonObject, OcppProtocol } from '../../../src/ocpp';
import { instant } from '../../../src/time';
import { STATION } from '../ocpp/bench';
import { profile16 } from '../ocpp/relayBench';

const NOW = instant(0);
const WALL = Date.UTC(2026, 5, 1);
const seen = new Set<string>();

function guardWith(policy: Partial<OcppPolicy> = {}): ReturnType<typeof createOcppGuard> {
  return createOcppGuard({ ...STRICT_POLICY, ...policy }, () => WALL);
}

/** 'allowed' or the reason; every denial must carry an answer. */
function fromCpms(
  action: string,
  payload: JsonObject,
  protocol: OcppProtocol = 'ocpp1.6',
  guard = guardWith(),
): string {
  const call = { type: 'call', id: '1', action, payload } as const;
  const verdict = guard.fromCpms(STATION, { protocol, booted: true }, call, NOW);
  if (verdict.allowed) return 'allowed';
  seen.add(verdict.reason);
  assert.ok(verdict.reply.kind === 'error' ? verdict.reply.code : verdict.reply.payload);
  return verdict.reason;
}

function fromStation(action: string, payload: JsonObject, booted = true): string {
  const call = { type: 'call', id: '1', action, payload } as const;
  const verdict = guardWith().fromStation(STATION, { protocol: 'ocpp1.6', booted }, call, NOW);
  if (verdict.allowed) return 'allowed';
  seen.add(verdict.reason);
  return verdict.reason;
}

const set16 = (profile: JsonObject, connectorId = 1): JsonObject => ({
  connectorId,
  csChargingProfiles: profile,
});

describe('guard/ocpp towards the station', () => {
  const cases: readonly (readonly [string, JsonObject, OcppDenyReason, OcppProtocol?])[] = [
    ['Fancy', {}, 'action-unknown'],
    ['BootNotification', {}, 'action-direction'],
    ['SetChargingProfile-Signed', {}, 'signed-message'],
    ['UpdateFirmware', { location: 'https://evil.example/fw' }, 'firmware-host'],
    ['UpdateFirmware', {}, 'malformed'],
    ['SignedUpdateFirmware', { firmware: { location: 'https://x.example' } }, 'firmware-host'],
    ['GetDiagnostics', { location: 'ftp://user:pass@host/' }, 'log-host'],
    ['GetLog', { log: { remoteLocation: 'http://169.254.169.254/' } }, 'log-host'],
    ['InstallCertificate', {}, 'certificates'],
    ['DeleteCertificate', {}, 'certificates'],
    ['DataTransfer', { vendorId: 'backdoor' }, 'data-transfer'],
    ['SendLocalList', { updateType: 'Full', localAuthorizationList: [] }, 'local-list-empty'],
    ['SendLocalList', { updateType: 'Full' }, 'local-list-empty'],
    ['ChangeConfiguration', { key: 'AuthorizationKey', value: 'x' }, 'credentials'],
    ['ChangeConfiguration', { key: 'authorizationkey', value: 'x' }, 'credentials'],
    ['ChangeConfiguration', { key: 'SecurityProfile', value: '0' }, 'credentials'],
    ['ChangeConfiguration', { key: 'HeartbeatInterval', value: '86400' }, 'variable'],
    ['ChangeConfiguration', { key: 'Unheard', value: '1' }, 'variable'],
    ['ChangeConfiguration', { key: 'MeterValueSampleInterval', value: '9999' }, 'variable-range'],
    ['ChangeConfiguration', { key: 'MeterValueSampleInterval', value: '0x1' }, 'variable-range'],
    ['ChangeConfiguration', {}, 'malformed'],
    ['SetNetworkProfile', {}, 'network-profile', 'ocpp2.0.1'],
    ['SetVariables', {}, 'malformed', 'ocpp2.0.1'],
    [
      'SetVariables',
      {
        setVariableData: [
          {
            component: { name: 'SmartChargingCtrlr' },
            variable: { name: 'Enabled' },
            attributeValue: 'false',
          },
        ],
      },
      'variable',
      'ocpp2.0.1',
    ],
    ['SetChargingProfile', { connectorId: 1 }, 'malformed'],
    ['SetChargingProfile', set16(profile16({ chargingProfileId: 900_001 })), 'profile-reserved'],
    ['SetChargingProfile', set16(profile16({ stackLevel: 99 })), 'profile-level'],
    ['SetChargingProfile', set16(profile16({ stackLevel: -1 })), 'profile-level'],
    [
      'SetChargingProfile',
      set16(profile16({ chargingProfilePurpose: 'ChargingStationExternalConstraints' })),
      'profile-purpose',
    ],
    ['SetChargingProfile', set16(profile16({}, { chargingRateUnit: 'kW' })), 'profile-unit'],
    ['SetChargingProfile', set16(profile16({}, { duration: -5 })), 'profile-duration'],
    ['SetChargingProfile', set16(profile16({}, { startSchedule: 'soon' })), 'profile-start'],
    [
      'SetChargingProfile',
      set16(profile16({}, { startSchedule: '2030-01-01T00:00:00Z' })),
      'profile-start',
    ],
    ['SetChargingProfile', set16(profile16({}, { chargingSchedulePeriod: [] })), 'profile-periods'],
    [
      'SetChargingProfile',
      set16(profile16({}, { chargingSchedulePeriod: [{ startPeriod: 5, limit: 6 }] })),
      'profile-periods',
    ],
    [
      'SetChargingProfile',
      set16(profile16({}, { chargingSchedulePeriod: [{ startPeriod: 0, limit: -5 }] })),
      'profile-limit',
    ],
    [
      'SetChargingProfile',
      set16(profile16({}, { chargingSchedulePeriod: [{ startPeriod: 0, limit: 99 }] })),
      'profile-limit',
    ],
    [
      'RemoteStartTransaction',
      { idTag: 'T', chargingProfile: profile16({ chargingProfilePurpose: 'TxDefaultProfile' }) },
      'profile-purpose',
    ],
  ];
  for (const [action, payload, reason, protocol] of cases) {
    it(`[deny:${reason}] ${action} ${JSON.stringify(payload).slice(0, 60)}`, () => {
      assert.equal(fromCpms(action, payload, protocol), reason);
    });
  }

  it('[deny:rate] bounds resets and profile changes per station', () => {
    const guard = guardWith({ resetsPerHour: 2, profilesPerMinute: 1 });
    const reset = (): string => fromCpms('Reset', { type: 'Soft' }, 'ocpp1.6', guard);
    assert.deepEqual([reset(), reset(), reset()], ['allowed', 'allowed', 'rate']);
    const set = (): string => fromCpms('SetChargingProfile', set16(profile16()), 'ocpp1.6', guard);
    assert.deepEqual([set(), set()], ['allowed', 'rate']);
  });

  it('lets everyday calls and what the policy names pass', () => {
    const policy = {
      firmwareHosts: ['fw.example'],
      logHosts: ['logs.example'],
      certificates: true,
      dataTransferVendors: ['v'],
    };
    const guard = guardWith(policy);
    const allowed: readonly (readonly [string, JsonObject])[] = [
      ['RemoteStartTransaction', { idTag: 'T' }],
      ['UnlockConnector', { connectorId: 1 }],
      ['TriggerMessage', { requestedMessage: 'MeterValues' }],
      ['ChangeConfiguration', { key: 'MeterValueSampleInterval', value: '30' }],
      ['UpdateFirmware', { location: 'https://fw.example/a.bin' }],
      ['GetDiagnostics', { location: 'https://logs.example/x' }],
      ['InstallCertificate', {}],
      ['DataTransfer', { vendorId: 'v' }],
      ['SetChargingProfile', set16(profile16())],
      ['ClearChargingProfile', {}],
    ];
    for (const [action, payload] of allowed) {
      assert.equal(fromCpms(action, payload, 'ocpp1.6', guard), 'allowed', action);
    }
    const tricks = [
      'http://fw.example/',
      'https://fw.example:8443/',
      'https://u@fw.example/',
      'https://fw.example.evil/',
      'https://fw.example@evil/',
    ];
    for (const location of tricks) {
      assert.notEqual(fromCpms('UpdateFirmware', { location }, 'ocpp1.6', guard), 'allowed');
    }
  });

  it('never lets a profile above the rating or in the reserved range pass (property)', () => {
    const profile = fc.record({
      chargingProfileId: fc.integer({ min: 899_990, max: 900_110 }),
      limit: fc.double({ min: -10, max: 80, noNaN: true }),
      unit: fc.constantFrom('A', 'W'),
    });
    fc.assert(
      fc.property(profile, ({ chargingProfileId, limit, unit }) => {
        const chargingSchedulePeriod = [{ startPeriod: 0, limit }];
        const schedule = { chargingRateUnit: unit, chargingSchedulePeriod };
        const verdict = fromCpms(
          'SetChargingProfile',
          set16(profile16({ chargingProfileId }, schedule)),
          'ocpp1.6',
          guardWith(),
        );
        if (verdict !== 'allowed') return;
        assert.ok(chargingProfileId < 900_000 || chargingProfileId > 900_099);
        assert.ok(limit >= 0 && (unit === 'W' || limit <= 32.04));
      }),
      { numRuns: 200 },
    );
  });
});

describe('guard/ocpp towards the CPMS', () => {
  it('[deny:not-booted] lets only a boot pass before the boot is accepted', () => {
    assert.equal(fromStation('Heartbeat', {}, false), 'not-booted');
    assert.equal(fromStation('BootNotification', {}, false), 'allowed');
  });

  it('denies unknown actions, those of a CPMS, and unlisted vendors', () => {
    assert.equal(fromStation('Fancy', {}), 'action-unknown');
    assert.equal(fromStation('Reset', {}), 'action-direction');
    assert.equal(fromStation('DataTransfer', { vendorId: 'x' }), 'data-transfer');
    assert.equal(fromStation('MeterValues', {}), 'allowed');
  });
});

describe('guard/ocpp for our own calls', () => {
  const own = (action: string, payload: JsonObject): string => {
    const verdict = guardWith().own(STATION, { type: 'call', id: '1', action, payload }, NOW);
    if (verdict.allowed) return 'allowed';
    seen.add(verdict.reason);
    return verdict.reason;
  };
  const profile = (id: number, limit: number, duration?: number): JsonObject =>
    set16(
      profile16(
        { chargingProfileId: id, chargingProfilePurpose: 'ChargePointMaxProfile' },
        {
          chargingSchedulePeriod: [{ startPeriod: 0, limit }],
          ...(duration !== undefined && { duration }),
        },
      ),
      0,
    );

  it('[deny:own-floor] allows the floor at the safe static limit and nothing higher', () => {
    assert.equal(own('SetChargingProfile', profile(FLOOR_PROFILE, 8)), 'allowed');
    assert.equal(own('SetChargingProfile', profile(FLOOR_PROFILE, 9)), 'own-floor');
    assert.equal(own('SetChargingProfile', profile(FLOOR_PROFILE, 8, 30)), 'own-floor');
    assert.equal(own('ClearChargingProfile', {}), 'own-floor');
    // One level only: floor, lease, floor.
    const single = (first: number, lease: number, seconds: number): string => {
      const chargingSchedulePeriod = [
        { startPeriod: 0, limit: first },
        { startPeriod: 86_400, limit: lease },
        { startPeriod: 86_400 + seconds, limit: 8 },
      ];
      const names = { chargingProfileId: FLOOR_PROFILE };
      const purpose = { chargingProfilePurpose: 'ChargePointMaxProfile' };
      const inner = profile16({ ...names, ...purpose }, { chargingSchedulePeriod });
      return own('SetChargingProfile', set16(inner, 0));
    };
    assert.equal(single(8, 32, 30), 'allowed');
    assert.equal(single(8, 32, 31), 'own-floor');
    assert.equal(single(9, 32, 30), 'own-floor');
    assert.equal(single(8, 33, 30), 'own-floor');
  });

  it('[deny:own-lease] allows a lease with an end within the TTL and the rating', () => {
    assert.equal(own('SetChargingProfile', profile(LEASE_PROFILE, 32, 30)), 'allowed');
    assert.equal(own('SetChargingProfile', profile(LEASE_PROFILE, 32)), 'own-lease');
    assert.equal(own('SetChargingProfile', profile(LEASE_PROFILE, 32, 31)), 'own-lease');
    assert.equal(own('SetChargingProfile', profile(LEASE_PROFILE, 33, 30)), 'own-lease');
    assert.equal(own('SetChargingProfile', profile(7, 10, 30)), 'own-lease');
    assert.equal(own('UnlockConnector', {}), 'action-unknown');
  });

  it('[deny:rate] counts resets of our own against those of the hour', () => {
    const guard = guardWith();
    const call = { type: 'call', id: '1', action: 'Reset', payload: { type: 'Hard' } } as const;
    for (let i = 0; i < 4; i += 1) assert.ok(guard.own(STATION, call, NOW).allowed);
    const verdict = guard.own(STATION, call, NOW);
    assert.ok(!verdict.allowed && verdict.reason === 'rate');
  });

  it('every reason of the catalogue is reached by these tests', () => {
    const missing = OCPP_DENY_REASONS.filter((reason) => !seen.has(reason));
    assert.deepEqual(missing, []);
  });
});
