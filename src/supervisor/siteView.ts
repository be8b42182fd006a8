/** The few facts of the site file that the supervisor uses, and its own walk up the tree. */
import type { Site, Station } from '../site';

export type { Site, Station };

/** Whether current for `node` flows through `through`. Pure. */
export function isFed(site: Site, node: string, through: string): boolean {
  let at: string | undefined = node;
  for (let depth = 0; at !== undefined && depth <= site.nodes.length; depth += 1) {
    if (at === through) return true;
    const here: string = at;
    at = site.nodes.find((n) => n.id === here)?.parent;
  }
  return false;
}
