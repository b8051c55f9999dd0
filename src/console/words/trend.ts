/** A drill against those of its kind before it, in a few words. Pure. */
import { trendOf } from '../../model/trend.ts';
import type { DrillResult } from '../data/shapes.ts';
import { duration } from './numbers.ts';

/** `past`: of the site, newest last. */
export function trendWords(result: DrillResult, past: readonly DrillResult[]): string {
  const { passed, of, heldLongestMs } = trendOf(result, past);
  if (of === 0) return 'the first of its kind';
  const before = `${passed} of the ${of} before passed`;
  if (heldLongestMs === null) return before;
  const more = result.figures.heldLongestMs - heldLongestMs;
  if (more === 0) return `${before}, held as long as usual`;
  return `${before}, held ${duration(Math.abs(more))} ${more > 0 ? 'longer' : 'less'} than usual`;
}
