/** Who asked to be told of the status page, in etcd. */
import type { Subscriber } from '../model/index.ts';
import type { Members } from './ask.ts';
import { bytes, deleteOp, endOf, getOp, isUnchanged, parseValue, putOp, readKey } from './etcd-ops.ts';
import * as keys from './keys.ts';
import type { SubscriberBook } from './store.ts';

export function etcdSubscribers(members: Members): SubscriberBook {
  return {
    subscriber: async (id) => {
      const kv = await readKey(members, keys.subscriberKey(id));
      return kv === undefined ? null : { value: parseValue<Subscriber>(kv), revision: kv.mod_revision };
    },
    subscribers: async ({ of = '', after, most }) => {
      const range = {
        key: after === undefined ? bytes(keys.subscriberKey(of)) : bytes(`${keys.subscriberKey(after)}\0`),
        range_end: endOf(keys.subscriberKey(of)),
        limit: most,
      };
      const { kvs } = await members.read('reading subscribers', (member, ms) => member.range(range, ms));
      return kvs.map((kv) => parseValue<Subscriber>(kv));
    },
    keepSubscriber: async (known, next) => {
      const key = keys.subscriberKey(next.id);
      const { value, resent } = await members.write(`keeping ${key}`, (member, ms) =>
        member.txn(
          { compare: [isUnchanged(key, known?.revision ?? '0')], success: [putOp(key, next)], failure: [getOp(key)] },
          ms,
        ),
      );
      if (value.succeeded) return true;
      const there = value.responses[0]?.response_range?.kvs[0];
      return resent && there !== undefined && there.value.toString() === JSON.stringify(next);
    },
    forgetSubscriber: async (id) => {
      const key = keys.subscriberKey(id);
      await members.write(`forgetting ${key}`, (member, ms) => member.txn({ success: [deleteOp(key)] }, ms));
    },
  };
}
