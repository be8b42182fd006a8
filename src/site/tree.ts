import type { CircuitNode, Site } from './types';

/** The node and all nodes above it, nearest first. Pure. */
export function circuitPath(site: Pick<Site, 'nodes'>, node: string): readonly CircuitNode[] {
  const path: CircuitNode[] = [];
  let at = site.nodes.find((n) => n.id === node);
  while (at !== undefined) {
    path.push(at);
    const parent = at.parent;
    at = parent === undefined ? undefined : site.nodes.find((n) => n.id === parent);
  }
  return path;
}

/** Whether `node` is `root` or lies below it. Pure. */
export const isUnder = (site: Pick<Site, 'nodes'>, node: string, root: string): boolean =>
  circuitPath(site, node).some((n) => n.id === root);
