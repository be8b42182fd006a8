/**
 * access — roles, what each may do, and time-boxed grants.
 *
 * Decides: whether a principal may do an action now. Must never: raise a bound, or let a single
 * principal do what needs two persons (two roles, two keys).
 * Source: SECURITY.md "Authority". Reducing risk needs one person, increasing it needs two.
 */
export { ACTIONS, type Action, permissions, ROLES, type Role } from './matrix';
export { authorize, type Authorization, type Principal } from './authorize';
export { activeGrant, type Grant, GRANT_MAX_ms, openGrant, serviceGrant } from './grant';
export {
  GRANT_DOCUMENT_MAX_BYTES,
  GRANT_DOCUMENT_MAX_ms,
  type GrantDocument,
  type GrantReading,
  type GrantRefusal,
  grantRefusal,
  readGrantDocument,
  type ServiceRole,
} from './grantDocument';
