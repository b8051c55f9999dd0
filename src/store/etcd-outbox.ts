/** The outbox in etcd: notices under their ids, an index by state and time, and what they make told. */
import { isDeepStrictEqual } from 'node:util';
import type { IKeyValue, IRequestOp } from 'etcd3';
import type { Notice, Told } from '../model/index.ts';
import type { Members } from './ask.ts';
import {
  bytes,
  deleteOp,
  endOf,
  getOp,
  isAbsent,
  isUnchanged,
  parseValue,
  putOp,
  readKey,
  readPrefix,
} from './etcd-ops.ts';
import * as keys from './keys.ts';
import type { Kept, NewNotice, Outbox } from './store.ts';

/** etcd takes 128 operations and 1.5 MB in one transaction by default. */
const NOTICES_PER_TRANSACTION = 30;
const BYTES_PER_TRANSACTION = 1_000_000;
const READS_PER_TRANSACTION = 100;
const TRANSACTIONS_IN_FLIGHT = 4;

export function etcdOutbox(members: Members): Outbox {
  return {
    addNotices: async (notices) => {
      const groups = groupsOf(notices);
      const kept: boolean[] = [];
      for (let first = 0; first < groups.length; first += TRANSACTIONS_IN_FLIGHT) {
        const some = groups.slice(first, first + TRANSACTIONS_IN_FLIGHT);
        kept.push(...(await Promise.all(some.map((group) => addGroup(members, group)))).flat());
      }
      return kept;
    },
    notice: async (id) => {
      const kv = await readKey(members, keys.noticeKey(id));
      return kv === undefined ? null : toKept(kv);
    },
    notices: (state, asked) => readNotices(members, state, asked),
    changeNotice: (known, next) => changeNotice(members, known, next),
    forgetNotice: async (known) => {
      const key = keys.noticeKey(known.value.id);
      if (known.value.state !== 'sent') throw new Error(`the notice ${known.value.id} was not sent, and stays`);
      const { value } = await members.write(`forgetting ${key}`, (member, ms) =>
        member.txn(
          {
            compare: [isUnchanged(key, known.revision)],
            success: [deleteOp(key), deleteOp(keys.noticeIndexKey(known.value))],
          },
          ms,
        ),
      );
      return value.succeeded;
    },
    told: async (event) =>
      (await readPrefix(members, keys.toldPrefix(event))).kvs
        .toSorted((one, other) => one.key.compare(other.key))
        .map((kv) => parseValue<Told>(kv)),
  };
}

function groupsOf(notices: NewNotice[]): NewNotice[][] {
  const groups: NewNotice[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const one of notices) {
    const length = Buffer.byteLength(JSON.stringify(one)) + 500;
    const last = groups.at(-1);
    if (last === undefined || last.length === NOTICES_PER_TRANSACTION || size + length > BYTES_PER_TRANSACTION) {
      groups.push([one]);
      size = length;
    } else {
      last.push(one);
      size += length;
    }
  }
  return groups;
}

async function addGroup(members: Members, group: NewNotice[]): Promise<boolean[]> {
  const success = group.map(({ notice, told }): IRequestOp => {
    const key = keys.noticeKey(notice.id);
    return {
      request_txn: {
        compare: [isAbsent(key), ...told.map((one) => isAbsent(keys.toldKey(one)))],
        success: [
          putOp(key, notice),
          putOp(keys.noticeIndexKey(notice), ''),
          ...told.map((one) => putOp(keys.toldKey(one), one)),
        ],
        failure: [getOp(key)],
      },
    };
  });
  const { value } = await members.write(`keeping ${group.length} notices`, (member, ms) => member.txn({ success }, ms));
  return group.map(({ notice }, index) => {
    const { succeeded, responses } = value.responses[index]!.response_txn;
    // A sending that was not answered may have kept it: then what stands there is this very notice.
    const there = responses[0]?.response_range?.kvs[0];
    return succeeded || (there !== undefined && isDeepStrictEqual(parseValue<Notice>(there), notice));
  });
}

async function readNotices(
  members: Members,
  state: Notice['state'],
  { until, most, newestFirst = false }: { until?: number; most: number; newestFirst?: boolean },
): Promise<Kept<Notice>[]> {
  const prefix = keys.noticeIndex(state);
  const range = {
    key: bytes(prefix),
    range_end: until === undefined ? endOf(prefix) : bytes(`${prefix}${keys.timeKey(until + 1)}`),
    limit: most,
    keys_only: true,
    sort_target: 'Key' as const,
    sort_order: newestFirst ? ('Descend' as const) : ('Ascend' as const),
  };
  const { kvs } = await members.read(`reading ${prefix}`, (member, ms) => member.range(range, ms));
  const ids = kvs.map((kv) => kv.key.toString()).map((key) => key.slice(key.indexOf('~', prefix.length) + 1));
  const kept: Kept<Notice>[] = [];
  for (let first = 0; first < ids.length; first += READS_PER_TRANSACTION) {
    const success = ids.slice(first, first + READS_PER_TRANSACTION).map((id) => getOp(keys.noticeKey(id)));
    const { value } = await members.write('reading notices', (member, ms) => member.txn({ success }, ms));
    kept.push(...value.responses.flatMap(({ response_range: { kvs: found } }) => found.map(toKept)));
  }
  return kept.filter(({ value }) => value.state === state);
}

async function changeNotice(members: Members, known: Kept<Notice>, next: Notice): Promise<Kept<Notice> | null> {
  const key = keys.noticeKey(next.id);
  const [before, after] = [keys.noticeIndexKey(known.value), keys.noticeIndexKey(next)];
  const success = [putOp(key, next), ...(before === after ? [] : [deleteOp(before), putOp(after, '')])];
  const { value, resent } = await members.write(`changing ${key}`, (member, ms) =>
    member.txn({ compare: [isUnchanged(key, known.revision)], success, failure: [getOp(key)] }, ms),
  );
  if (value.succeeded) return { value: next, revision: value.header.revision };
  const there = value.responses[0]?.response_range?.kvs[0];
  return resent && there !== undefined && isDeepStrictEqual(parseValue<Notice>(there), next) ? toKept(there) : null;
}

function toKept(kv: IKeyValue): Kept<Notice> {
  return { value: parseValue<Notice>(kv), revision: kv.mod_revision };
}
