/** I10: an edge that has led visitors by one epoch never leads them by a lower one, not even after a restart. */
import type { Checker } from '../trace.ts';

export const edgesGoForward: Checker = {
  name: 'I10',
  says: 'no edge goes back to a lower epoch',
  check: (run) => {
    const highest = new Map<string, number>();
    return run.events.flatMap((event) => {
      if (event.kind !== 'route' && event.kind !== 'write-dispatched') return [];
      const key = `${event.edge} ${event.site}`;
      const before = highest.get(key) ?? 0;
      highest.set(key, Math.max(before, event.epoch));
      if (event.epoch >= before) return [];
      const did = event.kind === 'route' ? 'routes' : 'sent a write of';
      return [
        { at: event.at, breach: `${event.edge} ${did} ${event.site} by epoch ${event.epoch} after epoch ${before}` },
      ];
    });
  },
};
