/** The merge of several members' stories: nothing twice, nothing backwards, whichever member tells it when. */
import type { IKeyValue, IWatchResponse } from 'etcd3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstPlacement } from '../model/index.ts';
import { aSpec, next, recorder } from './fixtures.ts';
import * as keys from './keys.ts';
import { createMerge } from './merge.ts';

function kv(key: string, revision: number, value: unknown): IKeyValue {
  return {
    key: Buffer.from(key),
    value: Buffer.from(JSON.stringify(value)),
    mod_revision: String(revision),
  } as IKeyValue;
}

function placed(site: string, epoch: number, revision: number): IKeyValue {
  return kv(keys.placementKey(site), revision, { commit: 'x', placement: { ...firstPlacement(site, 'a', 1), epoch } });
}

function response(...kvs: IKeyValue[]): IWatchResponse {
  return { events: kvs.map((one) => ({ type: 'PUT', kv: one })) } as unknown as IWatchResponse;
}

test('what several members deliver is handed on once', () => {
  const listener = recorder();
  const merge = createMerge(listener);
  merge.snapshot([placed('s', 1, 10)], 10n, 0n);
  for (const _member of ['a', 'b', 'c']) merge.events(response(placed('s', 2, 11)));
  expect(listener.epochsOf('s')).toEqual([1, 2]);
  expect(merge.revision()).toBe(11n);
});

test('a member that is behind rewinds nothing', () => {
  const listener = recorder();
  const merge = createMerge(listener);
  merge.snapshot([placed('s', 1, 10)], 10n, 0n);
  merge.events(response(placed('s', 3, 12)));
  merge.events(response(placed('s', 2, 11)));
  expect(listener.epochsOf('s')).toEqual([1, 3]);
  expect(merge.revision()).toBe(12n);
});

test('changes heard while a snapshot was being read are not undone by it', () => {
  const listener = recorder();
  const merge = createMerge(listener);
  merge.snapshot([placed('s', 1, 10)], 10n, 0n);
  merge.events(response(placed('s', 2, 11), kv(keys.siteKey('t'), 12, { spec: aSpec('t'), slot: 1 })));
  merge.snapshot([placed('s', 1, 10)], 10n, 10n);
  expect(listener.newest()?.placements[0]?.epoch).toBe(2);
  expect(listener.newest()?.sites).toHaveLength(1);
  expect(merge.revision()).toBe(12n);
});

test('what a later snapshot does not hold any more is gone', () => {
  const listener = recorder();
  const merge = createMerge(listener);
  merge.snapshot([kv(keys.zoneKey('a'), 5, { zone: 'a' }), kv(keys.zoneKey('b'), 6, { zone: 'b' })], 10n, 0n);
  merge.snapshot([kv(keys.zoneKey('b'), 6, { zone: 'b' })], 20n, 10n);
  expect(listener.newest()?.zones).toEqual([{ zone: 'b' }]);
});

test('a store that was restored from an older backup replaces everything but higher epochs', () => {
  const listener = recorder();
  const merge = createMerge(listener);
  const held = [placed('s', 7, 90), placed('t', 1, 91), kv(keys.zoneKey('a'), 92, { zone: 'a', agent: 'new' })];
  merge.snapshot(held, 100n, 0n);
  merge.snapshot(
    [placed('s', 5, 40), placed('t', 2, 41), kv(keys.zoneKey('a'), 42, { zone: 'a', agent: 'old' })],
    50n,
    100n,
  );
  expect(listener.newest()?.placements.map(({ epoch }) => epoch)).toEqual([7, 2]);
  expect(listener.newest()?.zones).toEqual([{ zone: 'a', agent: 'old' }]);
  expect(merge.revision()).toBe(50n);
});

test('a deletion asks for a snapshot, and keys of later versions are passed over', () => {
  const merge = createMerge(recorder());
  const deleted = { events: [{ type: 'DELETE', kv: placed('s', 1, 12) }] } as unknown as IWatchResponse;
  expect(merge.events(deleted)).toBe(false);
  expect(merge.events(response(kv(`${keys.STATE}novelties/x`, 13, {}), kv(keys.MARK, 13, '')))).toBe(true);
  expect(merge.revision()).toBe(13n);
});

test('however three members interleave, epochs only rise and all end at the newest', () => {
  const first = firstPlacement('s', 'a', 1);
  const story = [first];
  for (let epoch = 2; epoch <= 8; epoch += 1) story.push(next(story.at(-1)!));
  const events = story.map((placement, index) => kv(keys.placementKey('s'), 10 + index, { commit: 'x', placement }));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 60 }), (turns) => {
      const listener = recorder();
      const merge = createMerge(listener);
      const told = [0, 0, 0];
      for (const member of [...turns, ...Array.from({ length: 8 }, () => 0)]) {
        const event = events[told[member]!];
        told[member]! += 1;
        if (event !== undefined) merge.events(response(event));
      }
      expect(listener.epochsOf('s')).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    }),
  );
});
