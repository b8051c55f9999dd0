/** How an incident follows from its entries. */
import { expect, test } from 'vitest';
import { anEntry } from './fixtures.ts';
import { toIncident } from './incidents.ts';
import { incidentEntriesKey, newIncidentId, parseIncidentId } from './keys.ts';

const protectedAgain = (site: string | null, at: number) => anEntry({ site, at, kind: 'result', code: 'protected' });

test.each([
  ['no entries', [], null],
  ['one site, moved', [anEntry({ site: 's' })], null],
  ['one site, protected again', [anEntry({ site: 's' }), protectedAgain('s', 9)], 9],
  ['two sites, one protected', [anEntry({ site: 's' }), anEntry({ site: 't' }), protectedAgain('s', 9)], null],
  ['two sites, both protected', [anEntry({ site: 't' }), protectedAgain('s', 9), protectedAgain('t', 12)], 12],
  ['closed by decision', [anEntry({ site: 's' }), anEntry({ site: 's', at: 8, code: 'close-incident' })], 8],
  ['closed for every site', [anEntry({ site: 's' }), anEntry({ site: 't' }), protectedAgain(null, 7)], 7],
  ['a late action after the end', [anEntry({ site: 's' }), protectedAgain('s', 9), anEntry({ site: 's', at: 20 })], 9],
])('%s', (_, entries, closedAt) => {
  const incident = toIncident('20261122T172920.123Z~zone-dark:a', [{ key: 'k', entries }]);
  expect(incident.closedAt).toBe(closedAt);
});

test('entries are in the order of their times; at equal times a group keeps its own order', () => {
  const groups = [
    { key: 'b', entries: [anEntry({ at: 5, code: 'b1' }), anEntry({ at: 5, code: 'b2' })] },
    { key: 'a', entries: [anEntry({ at: 7, code: 'a1' }), anEntry({ at: 5, code: 'a2' })] },
  ];
  const incident = toIncident('20261122T172920.123Z~zone-dark:a', groups);
  expect(incident.entries.map(({ code }) => code)).toEqual(['a2', 'b1', 'b2', 'a1']);
  expect(incident.openedAt).toBe(5);
});

test('an id says when and about what, and sorts by time', () => {
  const at = Date.UTC(2026, 10, 22, 17, 29, 20, 123);
  expect(newIncidentId(at, 'zone-dark:a')).toBe('20261122T172920.123Z~zone-dark:a');
  expect(parseIncidentId('20261122T172920.123Z~zone-dark:a')).toEqual({ openedAt: at, subject: 'zone-dark:a' });
  expect(newIncidentId(at + 1, 'a') > newIncidentId(at, 'z')).toBe(true);
  expect(parseIncidentId('yesterday')).toBeNull();
});

test('a slash in an id would make one incident part of another', () => {
  expect(() => incidentEntriesKey('a/b', 'k')).toThrow(/no slash/);
  expect(newIncidentId(0, 'a/b')).not.toContain('/');
});
