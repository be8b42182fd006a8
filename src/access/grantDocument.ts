import { GRANT_MAX_ms } from './grant';
import { type Action, ACTIONS, permissions } from './matrix';

/** Roles that work in a service session. */
const SERVICE_ROLES = ['field-tech', 'integrator'] as const;
export type ServiceRole = (typeof SERVICE_ROLES)[number];

/** What a CPO person signs to let a technician in: one session, opened once. */
export interface GrantDocument {
  readonly site: string;
  readonly who: string;
  readonly role: ServiceRole;
  readonly actions: readonly Action[];
  /** Longest session, more than 0 and at most 8. */
  readonly hours: number;
  readonly reason: string;
  /** Greater than that of every document of the same key before. */
  readonly sequence: number;
  /** Wall time at and after which it opens nothing, ms since 1970 UTC. */
  readonly notAfter_ms: number;
}

export type GrantRefusal =
  'malformed' | 'wrong-site' | 'not-grantable' | 'expired' | 'valid-too-long' | 'replayed';

export type GrantReading =
  | { readonly ok: true; readonly document: GrantDocument }
  | { readonly ok: false; readonly refusal: GrantRefusal; readonly text: string };

/** A signed document that opens nothing for longer than this is worth too much when it is lost. */
export const GRANT_DOCUMENT_MAX_ms = 31 * 24 * 3600 * 1000;
/** Longest document that is looked at, bytes. */
export const GRANT_DOCUMENT_MAX_BYTES = 4096;
const TEXT_MAX = 200;
const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z$/;
const KEYS = ['site', 'who', 'role', 'actions', 'hours', 'reason', 'sequence', 'notAfter'];

const refuse = (refusal: GrantRefusal, text: string): GrantReading & { ok: false } => ({
  ok: false,
  refusal,
  text,
});

/** Reads a document whose signature has been verified over exactly these bytes. Pure. */
export function readGrantDocument(text: string): GrantReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse('malformed', 'the document is no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse('malformed', 'the document is no JSON object');
  const given = new Map<string, unknown>(Object.entries(value));
  const stranger = [...given.keys()].find((k) => !KEYS.includes(k));
  if (stranger !== undefined) return refuse('malformed', `the document has a key "${stranger}"`);
  return fieldsOf(given);
}

function fieldsOf(given: ReadonlyMap<string, unknown>): GrantReading {
  const words = (key: string): string | undefined => {
    const v = given.get(key);
    return typeof v === 'string' && v.trim() !== '' && v.length <= TEXT_MAX ? v : undefined;
  };
  const site = words('site');
  const who = words('who');
  const reason = words('reason');
  const role = SERVICE_ROLES.find((r) => r === given.get('role'));
  const hours = given.get('hours');
  const sequence = given.get('sequence');
  const notAfter = words('notAfter') ?? '';
  const notAfter_ms = UTC.test(notAfter) ? Date.parse(notAfter) : Number.NaN;
  if (site === undefined || who === undefined || reason === undefined)
    return refuse('malformed', `site, who and reason are texts of 1 to ${TEXT_MAX} characters`);
  if (role === undefined) return refuse('malformed', `role is one of ${SERVICE_ROLES.join(', ')}`);
  const longest = GRANT_MAX_ms / 3_600_000;
  if (typeof hours !== 'number' || !(hours > 0 && hours <= longest))
    return refuse('malformed', `hours is a number above 0 and at most ${longest}`);
  if (typeof sequence !== 'number' || !Number.isSafeInteger(sequence) || sequence < 1)
    return refuse('malformed', 'sequence is a whole number from 1 on');
  if (!Number.isFinite(notAfter_ms))
    return refuse('malformed', 'notAfter is a time such as 2026-11-22T18:00:00Z');
  const actions = actionsOf(given.get('actions'), role);
  if ('refusal' in actions) return actions;
  const document = { site, who, role, ...actions, hours, reason, sequence, notAfter_ms };
  return { ok: true, document };
}

/** Only what the matrix lets this role do alone or with a grant can be granted. */
function actionsOf(
  given: unknown,
  role: ServiceRole,
): { readonly actions: readonly Action[] } | (GrantReading & { ok: false }) {
  if (!Array.isArray(given) || given.length === 0 || given.length > ACTIONS.length)
    return refuse('malformed', 'actions is a list of at least one action');
  const out: Action[] = [];
  for (const one of given) {
    const action = ACTIONS.find((a) => a === one);
    if (action === undefined)
      return refuse('malformed', `"${String(one).slice(0, 40)}" is no action`);
    const permission = permissions(action, role);
    if (permission !== 'grant' && permission !== 'alone')
      return refuse('not-grantable', `no grant lets a ${role} ${action}`);
    if (!out.includes(action)) out.push(action);
  }
  return { actions: out };
}

/**
 * Why a well-formed document opens nothing here and now; undefined when it does. `highest`: the
 * highest sequence of its key that was ever accepted. Pure.
 */
export function grantRefusal(
  document: GrantDocument,
  here: { readonly site: string; readonly wall_ms: number; readonly highest: number },
): (GrantReading & { ok: false }) | undefined {
  const { site, sequence, notAfter_ms } = document;
  if (site !== here.site) return refuse('wrong-site', `it is for site ${site}, not ${here.site}`);
  if (here.wall_ms >= notAfter_ms) {
    const at = new Date(notAfter_ms).toISOString();
    return refuse('expired', `it could be used until ${at}; ask for a new one`);
  }
  if (notAfter_ms - here.wall_ms > GRANT_DOCUMENT_MAX_ms)
    return refuse('valid-too-long', 'notAfter is more than 31 days ahead; sign a shorter one');
  if (sequence <= here.highest) {
    const text = `its sequence ${sequence} is not above ${here.highest}, which was used already`;
    return refuse('replayed', `${text}; each document opens one session`);
  }
  return undefined;
}
