/** I10: an edge that has led visitors by one epoch never leads them by a lower one, not even after a restart. */
import type { Checker, WriteId } from '../trace.ts';
import type { Breach } from './history.ts';

export const edgesGoForward: Checker = {
  name: 'I10',
  says: 'no edge goes back to a lower epoch',
  check: (run) => {
    const newest = new Map<string, number>();
    // What was in effect when a request came: one that was on its way to a copy already may still be handed over by it.
    const cameUnder = new Map<WriteId, number>();
    const found: Breach[] = [];
    for (const event of run.events) {
      if (event.kind !== 'route' && event.kind !== 'write-sent' && event.kind !== 'write-dispatched') continue;
      const { at, kind, edge, site } = event;
      const before = newest.get(`${edge} ${site}`) ?? 0;
      if (kind === 'write-sent') cameUnder.set(event.write, before);
      else if (kind === 'route') {
        newest.set(`${edge} ${site}`, Math.max(before, event.epoch));
        if (event.epoch < before)
          found.push({ at, breach: `${edge} routes ${site} by epoch ${event.epoch} after epoch ${before}` });
      } else if (event.epoch < (cameUnder.get(event.write) ?? 0)) {
        found.push({ at, breach: `${edge} sent a write of ${site} by epoch ${event.epoch} after epoch ${before}` });
      }
    }
    return found;
  },
};
