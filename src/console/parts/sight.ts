/** Which rows of a long list have to be drawn. Pure. */

/** So many rows beyond both ends are drawn too, and the window moves in steps of as many. */
const BEYOND = 8;

/** From `first` up to, without, `last`. */
export interface Sight {
  first: number;
  last: number;
}

/** `scrolled`: how far the list's top is above the window's, pixels. Some rows beyond both ends are drawn too, in steps. */
export function inSight(scrolled: number, height: number, rowHeight: number, count: number): Sight {
  const step = (index: number) => Math.floor(index / BEYOND) * BEYOND;
  const first = Math.max(0, step(Math.floor(scrolled / rowHeight) - BEYOND));
  const last = step(Math.ceil((scrolled + height) / rowHeight) + 2 * BEYOND);
  return { first: Math.min(first, Math.max(0, count - 1)), last: Math.max(0, Math.min(count, last)) };
}
