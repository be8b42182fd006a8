import { strict as assert } from 'node:assert';
import path from 'node:path';
import { RANKS, RIM } from './ranks';
import { importsOf, sourceFiles } from './sources';

interface Import {
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly module: string;
  readonly target: string;
}

const moduleOf = (file: string): string => file.split('/')[1] ?? '';

function localImports(): readonly Import[] {
  return sourceFiles('src').flatMap((file) =>
    importsOf(file)
      .filter((to) => to.startsWith('.'))
      .map((to) => {
        const target = path.posix.normalize(path.posix.join(path.posix.dirname(file), to));
        return { file, from: to, to: target, module: moduleOf(file), target: moduleOf(target) };
      }),
  );
}

describe('tidy: ranks', () => {
  it('knows every module of src', () => {
    const modules = new Set(sourceFiles('src').map(moduleOf));
    for (const module of modules) assert.ok(module in RANKS, `src/${module} has no rank`);
  });

  it('lets a module import itself and lower ranks only', () => {
    const wrong = localImports().filter(({ module, target }) => {
      if (module === target) return false;
      return !((RANKS[target] ?? 99) < (RANKS[module] ?? -1));
    });
    assert.deepEqual(
      wrong.map((w) => `${w.file} imports ${w.to}`),
      [],
    );
  });

  it('lets outsiders enter a module by its door only', () => {
    const wrong = localImports().filter(({ file, to, module, target }) => {
      if (module === target && module !== 'io') return false;
      const parts = to.split('/');
      const inside = file.split('/').slice(0, 3).join('/') === parts.slice(0, 3).join('/');
      if (inside) return false;
      // io/* adapters and guard/ocpp are doors one level down.
      const depth = ['io', 'sim'].includes(target) || to === 'src/guard/ocpp' ? 3 : 2;
      return parts.length > depth;
    });
    assert.deepEqual(
      wrong.map((w) => `${w.file} imports ${w.to}`),
      [],
    );
  });

  it('keeps packages and node modules at the rim', () => {
    const wrong: string[] = [];
    for (const file of sourceFiles('src')) {
      if (RIM.some((r) => moduleOf(file) === r)) continue;
      for (const to of importsOf(file)) if (!to.startsWith('.')) wrong.push(`${file}: ${to}`);
    }
    assert.deepEqual(wrong, []);
  });

  it('has no circles between files', () => {
    const graph = new Map<string, string[]>();
    const files = new Set(sourceFiles('src'));
    for (const { file, to } of localImports()) {
      const hit = [`${to}.ts`, `${to}/index.ts`].find((f) => files.has(f));
      if (hit !== undefined) graph.set(file, [...(graph.get(file) ?? []), hit]);
    }
    const done = new Set<string>();
    const open: string[] = [];
    const circles: string[] = [];
    const visit = (file: string): void => {
      if (done.has(file)) return;
      const at = open.indexOf(file);
      if (at >= 0) return void circles.push([...open.slice(at), file].join(' -> '));
      open.push(file);
      for (const next of graph.get(file) ?? []) visit(next);
      open.pop();
      done.add(file);
    };
    for (const file of files) visit(file);
    assert.deepEqual(circles, []);
  });
});
