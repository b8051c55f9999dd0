/** What both stores demand of a change before they look at it. */
import type { PlacementChange } from './store.ts';

/** @throws Error (a programmer's) when the change does not step to the next epoch. */
export function assertChange({ expected, next }: PlacementChange): void {
  if (next.epoch !== expected + 1) {
    throw new Error(`${next.site}: epoch ${next.epoch} does not follow the expected epoch ${expected}`);
  }
}
