import type { CircuitNode, Site, Station } from './types';

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

/** Ids of the nodes above `node`, nearest first, without itself. Pure. */
export const ancestors = (site: Pick<Site, 'nodes'>, node: string): readonly string[] =>
  circuitPath(site, node)
    .slice(1)
    .map((n) => n.id);

/** Whether `node` is `root` or lies below it. Pure. */
export const isUnder = (site: Pick<Site, 'nodes'>, node: string, root: string): boolean =>
  circuitPath(site, node).some((n) => n.id === root);

/** Stations whose current flows through `node`. Pure. */
export const stationsUnder = (site: Site, node: string): readonly Station[] =>
  site.stations.filter((s) => isUnder(site, s.node, node));
