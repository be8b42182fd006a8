/**
 * io/yaml — YAML text to a plain value and a path -> line map, so that findings name file and line.
 *
 * Decides nothing about content. Must never: resolve tags to objects, follow more than a few
 * aliases, or return a value from a text with syntax errors.
 */
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { PlainValue } from './plain';

export type { PlainValue } from './plain';

export type YamlText =
  | {
      readonly ok: true;
      readonly value: PlainValue;
      /** Line (from 1) of a path such as `stations[2].static_A`; nearest parent when absent. */
      readonly lineOf: (path: string) => number;
    }
  | { readonly ok: false; readonly line: number; readonly text: string };

/** A file above this is no site file. */
export const YAML_MAX_BYTES = 1024 * 1024;

/** Uses of one anchor: a site has up to 1000 stations that share one; nesting multiplies. */
const ALIASES_MAX = 2000;

/** Parses one document of the core schema, without custom tags. Never throws for what is in it. */
export function parseYaml(text: string): YamlText {
  if (text.length > YAML_MAX_BYTES) {
    return { ok: false, line: 1, text: `the file is longer than ${YAML_MAX_BYTES} bytes` };
  }
  try {
    return parseChecked(text);
  } catch (error) {
    // Nested too deeply for the parser, or aliases that multiply.
    const why = error instanceof Error ? error.message : 'not readable';
    const aliases = 'its aliases multiply to more than a file needs';
    const text = why.includes('alias') ? aliases : (why.split('\n')[0] ?? why);
    return { ok: false, line: 1, text };
  }
}

function parseChecked(text: string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    schema: 'core',
    strict: true,
    merge: true,
  });
  // A warning is a tag that nobody declared: refused like an error.
  const error = document.errors[0] ?? document.warnings[0];
  if (error !== undefined) {
    const [line] = (error.linePos ?? [{ line: 1 }]).map((p) => p.line);
    return { ok: false, line: line ?? 1, text: sentence(error) };
  }
  const places = new Map<string, number>();
  let oddKey: number | undefined;
  const visit = (node: unknown, path: string): void => {
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        if (isMap(key) || isSeq(key)) oddKey ??= lines.linePos(key.range?.[0] ?? 0).line;
        const name = isScalar(key) ? String(key.value) : '';
        const at = path === '' ? name : `${path}.${name}`;
        const range = isScalar(key) ? key.range : undefined;
        if (range !== null && range !== undefined) places.set(at, lines.linePos(range[0]).line);
        visit(value, at);
      }
    } else if (isSeq(node)) {
      node.items.forEach((item, i) => {
        const at = `${path}[${i}]`;
        const range = isMap(item) || isScalar(item) || isSeq(item) ? item.range : undefined;
        if (range !== null && range !== undefined) places.set(at, lines.linePos(range[0]).line);
        visit(item, at);
      });
    }
  };
  visit(document.contents, '');
  if (oddKey !== undefined) return { ok: false, line: oddKey, text: 'a key is a list or a block' };
  const plain: unknown = document.toJS({ maxAliasCount: ALIASES_MAX });
  return { ok: true, value: toPlain(plain), lineOf: (path) => nearest(places, path) };
}

/** The library's message for the person who mends the file: the line is told apart from it. */
function sentence({ code, message }: { readonly code: string; readonly message: string }): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document ("---") begins here: a file has one';
  return (message.split('\n')[0] ?? 'syntax error').replace(/ at line \d+, column \d+:?$/, '');
}

function nearest(places: ReadonlyMap<string, number>, path: string): number {
  for (let at = path; at !== '';) {
    const line = places.get(at);
    if (line !== undefined) return line;
    const parent = at.replace(/(\.[^.[]*|\[\d+\]|^[^.[]*)$/, '');
    // A key with brackets of its own ends the walk upwards.
    if (parent === at) return 1;
    at = parent;
  }
  return 1;
}

/**
 * The core schema yields nothing else; anything strange becomes null and is refused by the schema.
 */
function toPlain(value: unknown): PlainValue {
  if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') {
    return value;
  }
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value !== 'object' || value === null) return null;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, toPlain(v)]));
}
