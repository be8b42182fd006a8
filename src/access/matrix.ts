/** The seven roles; `device` is the gateway acting by itself. */
export const ROLES = [
  'cpo-admin',
  'cpo-operator',
  'ems-vendor',
  'integrator',
  'field-tech',
  'auditor',
  'device',
] as const;
export type Role = (typeof ROLES)[number];

export const ACTIONS = [
  'read-telemetry',
  'read-minimised',
  'request-setpoint',
  'force-static',
  'leave-static',
  'change-bounds',
  'change-allow-list',
  'open-vendor-window',
  'open-service',
  'bus-read',
  'bus-write',
  'run-drill',
  'install-update',
  'rotate-keys',
  'export-evidence',
  'disable-guard-rule',
  'grant-exception',
] as const;
export type Action = (typeof ACTIONS)[number];

/**
 * `alone`: one person suffices. `grant`: only inside an open service grant. `two`: one of the two
 * signatures of a two-person document. Absent: never.
 */
export type Permission = 'alone' | 'grant' | 'two';

type Row = Readonly<Partial<Record<Role, Permission>>>;

const MATRIX: Readonly<Record<Action, Row>> = {
  'read-telemetry': {
    'cpo-admin': 'alone',
    'cpo-operator': 'alone',
    integrator: 'grant',
    'field-tech': 'alone',
    auditor: 'alone',
    device: 'alone',
  },
  'read-minimised': {
    'cpo-admin': 'alone',
    'cpo-operator': 'alone',
    'ems-vendor': 'alone',
    auditor: 'alone',
    device: 'alone',
  },
  'request-setpoint': {
    'cpo-admin': 'alone',
    'cpo-operator': 'alone',
    'ems-vendor': 'alone',
    integrator: 'grant',
    'field-tech': 'grant',
    device: 'alone',
  },
  'force-static': {
    'cpo-admin': 'alone',
    'cpo-operator': 'alone',
    integrator: 'alone',
    'field-tech': 'alone',
    device: 'alone',
  },
  'leave-static': { 'cpo-admin': 'alone', 'cpo-operator': 'alone', 'field-tech': 'alone' },
  'change-bounds': { 'cpo-admin': 'two', 'cpo-operator': 'two' },
  'change-allow-list': { 'cpo-admin': 'two', integrator: 'two' },
  'open-vendor-window': { 'cpo-admin': 'alone', 'cpo-operator': 'alone' },
  'open-service': { 'cpo-admin': 'alone', 'cpo-operator': 'alone', 'field-tech': 'grant' },
  'bus-read': { integrator: 'alone', 'field-tech': 'alone', auditor: 'alone', device: 'alone' },
  'bus-write': { integrator: 'grant', 'field-tech': 'grant' },
  'run-drill': {
    'cpo-operator': 'alone',
    integrator: 'alone',
    'field-tech': 'alone',
    device: 'alone',
  },
  'install-update': { 'cpo-admin': 'two', 'cpo-operator': 'two' },
  'rotate-keys': { 'cpo-admin': 'alone', integrator: 'grant', device: 'alone' },
  'export-evidence': { 'cpo-admin': 'alone', 'cpo-operator': 'alone', auditor: 'alone' },
  'disable-guard-rule': { 'cpo-admin': 'two', 'cpo-operator': 'two' },
  'grant-exception': { 'cpo-admin': 'two', auditor: 'two' },
};

/** What `role` may do with `action`, if anything. Pure. */
export const permissions = (action: Action, role: Role): Permission | undefined =>
  MATRIX[action][role];
