import { parseArgs } from 'node:util';
import { MODE_WISHES, type ModeWish } from '../processes/modeDoor';
import { ask, snapshotOf, unanswered, type LiveSnapshot } from './live';
import { refuse, surplus } from './refuse';

/** A wish acts with the next cycle; its effect is looked for this long. */
const EFFECT_ms = 4000;
const LOOK_ms = 250;

const USE = `use: holdfast mode ${MODE_WISHES.join('|')} [--who NAME] [--socket PATH]`;

/** `holdfast mode WISH`: what one person may ask of the running gateway. */
export async function mode(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      socket: { type: 'string', default: 'holdfast-state/console.sock' },
      who: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const { socket, who, json } = values;
  const no = (code: 1 | 2, text: string): number => refuse('mode', json, code, text);
  const [word] = positionals;
  const wish = MODE_WISHES.find((w) => w === word);
  if (wish === undefined) return no(2, word === undefined ? USE : `"${word}" is no wish; ${USE}`);
  const wrong = surplus(positionals, 1);
  if (wrong !== undefined) return no(2, wrong);
  const asked = await ask(socket, 'mode', { wish, ...(who === undefined ? {} : { who }) });
  if (asked === undefined) return no(2, unanswered(socket));
  const text = String(asked.get('text'));
  if (asked.get('ok') !== true) {
    if (json) process.stdout.write(`${JSON.stringify({ wish, ok: false, text })}\n`);
    return json ? 1 : no(1, text);
  }
  const seen = await effect(socket, wish);
  const now = seen.snapshot;
  const { done } = seen;
  const hint = !done && wish === 'acknowledge-stop' ? '; free the stop contact first' : '';
  const line = now === undefined ? text : `${text}; mode ${now.mode}: ${now.modeWhy}${hint}`;
  if (json) process.stdout.write(`${JSON.stringify({ wish, ok: done, text, ...now })}\n`);
  else process.stdout.write(`${line}\n`);
  return done ? 0 : 1;
}

/** Looks until the wish shows in the mode, or the time is over. */
async function effect(
  socket: string,
  wish: ModeWish,
): Promise<{ readonly done: boolean; readonly snapshot?: LiveSnapshot }> {
  const end = performance.now() + EFFECT_ms;
  for (;;) {
    const snapshot = await snapshotOf(socket);
    const done = snapshot !== undefined && shows(wish, snapshot);
    if (done || performance.now() > end)
      return { done, ...(snapshot === undefined ? {} : { snapshot }) };
    await new Promise((resolve) => setTimeout(resolve, LOOK_ms));
  }
}

/** Whether the mode is what the wish leads to; other reasons may still hold it at static. Pure. */
export function shows(wish: ModeWish, now: LiveSnapshot): boolean {
  switch (wish) {
    case 'force-static':
      return now.mode !== 'normal' && now.mode !== 'blind';
    case 'leave-static':
      return !now.modeWhy.includes('forced static');
    case 'acknowledge-stop':
      return !now.modeWhy.includes('emergency stop');
    case 'release':
      return !now.modeWhy.includes('latched');
  }
}
