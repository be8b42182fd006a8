import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import {
  type Action,
  ACTIONS,
  activeGrant,
  authorize,
  type Grant,
  GRANT_MAX_ms,
  grantRefusal,
  openGrant,
  permissions,
  readGrantDocument,
  ROLES,
  serviceGrant,
} from '../../../src/access';
import { instant, later } from '../../../src/time';

const NOW = instant(1_000_000);
const grantFor = (change: Partial<Grant> = {}): Grant => ({
  who: 'ann',
  role: 'field-tech',
  actions: [...ACTIONS],
  from: instant(NOW - 10),
  until: later(NOW, 1000),
  reason: 'visit',
  ...change,
});

describe('access', () => {
  it('lets nobody do alone what needs two persons, over the whole matrix and with every grant', () => {
    const two = ACTIONS.filter((a) => ROLES.some((r) => permissions(a, r) === 'two'));
    assert.deepEqual(two, [
      'change-bounds',
      'change-allow-list',
      'install-update',
      'disable-guard-rule',
      'grant-exception',
    ]);
    for (const action of two) {
      for (const role of ROLES) {
        const grants = ROLES.map((r) => grantFor({ role: r }));
        const verdict = authorize({ who: 'ann', role }, action, grants, NOW);
        assert.equal(verdict.allowed, false, `${role} ${action}`);
        // Each needs two roles: no role may be the only one that can sign.
        assert(ROLES.filter((r) => permissions(action, r) === 'two').length >= 2);
      }
    }
  });

  it('never gives the vendor or the device an action that could raise anything', () => {
    const vendor = ACTIONS.filter((a) => permissions(a, 'ems-vendor') !== undefined);
    assert.deepEqual(vendor, ['read-minimised', 'request-setpoint']);
    for (const action of [
      'leave-static',
      'bus-write',
      'open-service',
      'open-vendor-window',
    ] as const) {
      assert.equal(permissions(action, 'device'), undefined);
    }
  });

  it('needs one person to reduce risk', () => {
    for (const role of [
      'cpo-admin',
      'cpo-operator',
      'integrator',
      'field-tech',
      'device',
    ] as const) {
      assert.deepEqual(authorize({ who: 'x', role }, 'force-static', [], NOW), {
        allowed: true,
        by: 'role',
      });
    }
  });

  it('answers each cell of the matrix with its own reason', () => {
    const wanted = { alone: 'ok', grant: 'no-grant', two: 'two-persons' } as const;
    for (const action of ACTIONS) {
      for (const role of ROLES) {
        const verdict = authorize({ who: 'x', role }, action, [], NOW);
        const permission = permissions(action, role);
        const reason = verdict.allowed ? 'ok' : verdict.reason;
        assert.equal(reason, permission === undefined ? 'role' : wanted[permission]);
        if (!verdict.allowed) assert.match(verdict.text, new RegExp(action));
      }
    }
  });

  it('honours a grant only of this person in this role, for this action, from its begin to its end', () => {
    const ask = (grant: Grant, action: Action = 'bus-write'): boolean =>
      authorize({ who: 'ann', role: 'field-tech' }, action, [grant], NOW).allowed;
    assert.equal(ask(grantFor()), true);
    assert.equal(ask(grantFor({ who: 'bob' })), false);
    assert.equal(ask(grantFor({ role: 'integrator' })), false);
    assert.equal(ask(grantFor({ actions: ['bus-read'] })), false);
    assert.equal(ask(grantFor({ until: NOW })), false);
    assert.equal(ask(grantFor({ from: later(NOW, 1) })), false);
    assert.equal(ask(grantFor(), 'change-bounds'), false);
  });

  it('opens no grant for longer than eight hours, and none that began before it was opened', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e12, max: 1e12, noNaN: true }), (length_ms) => {
        const wish = {
          who: 'ann',
          role: 'field-tech',
          actions: ['bus-write'],
          reason: 'x',
          length_ms,
        } as const;
        const grant = openGrant(wish, NOW);
        assert(grant.from === NOW && grant.until >= NOW && grant.until - NOW <= GRANT_MAX_ms);
        assert.equal(activeGrant([grant], grant, 'bus-write', later(NOW, GRANT_MAX_ms)), undefined);
      }),
      { seed: 91 },
    );
    const forever = {
      who: 'a',
      role: 'field-tech',
      actions: [],
      reason: '',
      length_ms: Infinity,
    } as const;
    assert.equal(openGrant(forever, NOW).until - NOW, GRANT_MAX_ms);
  });

  it('puts the site into service only for a grant that may write to the bus, while it is open', () => {
    assert.equal(serviceGrant([grantFor({ actions: ['bus-read'] })], NOW), undefined);
    assert.equal(serviceGrant([grantFor({ until: NOW })], NOW), undefined);
    assert.equal(serviceGrant([grantFor({ from: later(NOW, 5) })], NOW), undefined);
    assert.notEqual(serviceGrant([grantFor()], NOW), undefined);
  });

  it('a grant document of any shape is read or refused with a sentence, never more than granted', () => {
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('demo', 'field-tech', ['bus-write']));
    const keys = ['site', 'who', 'role', 'actions', 'hours', 'reason', 'sequence', 'notAfter', 'x'];
    const texts = fc.oneof(
      fc.string(),
      fc.dictionary(fc.constantFrom(...keys), value).map((d) => JSON.stringify(d)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const read = readGrantDocument(text);
        if (!read.ok) return assert(read.text.length > 5);
        for (const action of read.document.actions)
          assert.notEqual(permissions(action, read.document.role), 'two');
      }),
      { seed: 92, numRuns: 500 },
    );
    const good = {
      site: 'demo',
      who: 'ann',
      role: 'field-tech',
      actions: ['bus-write'],
      hours: 8,
      reason: 'visit',
      sequence: 5,
      notAfter: '2026-01-01T10:00:00Z',
    };
    const read = readGrantDocument(JSON.stringify(good));
    assert(read.ok);
    const wall_ms = Date.UTC(2026, 0, 1, 9);
    assert.equal(grantRefusal(read.document, { site: 'demo', wall_ms, highest: 4 }), undefined);
    for (const notAfter of ['2026-01-01', 'tomorrow', '2026-01-01T10:00:00+02:00', '']) {
      const other = readGrantDocument(JSON.stringify({ ...good, notAfter }));
      assert(!other.ok && other.refusal === 'malformed');
    }
  });
});
