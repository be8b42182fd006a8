import type { Instant } from '../time';
import { activeGrant, type Grant } from './grant';
import { type Action, permissions, type Role } from './matrix';

export interface Principal {
  readonly who: string;
  readonly role: Role;
}

export type Authorization =
  | { readonly allowed: true; readonly by: 'role' | 'grant' }
  | {
      readonly allowed: false;
      readonly reason: 'role' | 'no-grant' | 'two-persons';
      readonly text: string;
    };

/**
 * Whether `principal` may do `action` now, alone. Actions that need two persons are always refused
 * here: they arrive as documents with two signatures and are judged there. Pure.
 */
export function authorize(
  principal: Principal,
  action: Action,
  grants: readonly Grant[],
  now: Instant,
): Authorization {
  const permission = permissions(action, principal.role);
  switch (permission) {
    case 'alone':
      return { allowed: true, by: 'role' };
    case 'grant': {
      if (activeGrant(grants, principal, action, now)) return { allowed: true, by: 'grant' };
      const text = `${action} needs an open service session; ask the CPO to open one`;
      return { allowed: false, reason: 'no-grant', text };
    }
    case 'two': {
      const text = `${action} needs a document signed by two persons in two roles`;
      return { allowed: false, reason: 'two-persons', text };
    }
    case undefined:
      return {
        allowed: false,
        reason: 'role',
        text: `role ${principal.role} may not ${action}`,
      };
  }
}
