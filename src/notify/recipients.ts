/** Who is told of a site: the people of the service description, and the addresses in the site's own. */
import { createHash } from 'node:crypto';
import type { Address, Person, ServiceSpec, SiteId, SiteSpec } from '../model/index.ts';

/** One address of one person. */
export interface Recipient {
  /** Short name of person and address, for what they were told. */
  key: string;
  /** For addresses of a site's description, the address itself. */
  person: string;
  timeZone: string;
  language: string;
  quiet: Person['quiet'];
  address: Address;
}

export interface Audience {
  /** Each address once. */
  of(site: SiteId): readonly Recipient[];
}

/** A person's sites are those it lists (`*`: all), and those whose description names one of its addresses. */
export function audienceOf(
  service: ServiceSpec,
  specOf: (site: SiteId) => Pick<SiteSpec, 'notify'> | undefined,
): Audience {
  const known = new Map<SiteId, readonly Recipient[]>();
  const all = service.people.map((person, order) => ({ order, person, recipients: recipientsOf(person) }));
  const [bySite, byAddress] = [new Map<string, Known[]>(), new Map<string, Known[]>()];
  for (const one of all) {
    for (const site of one.person.sites) listAt(bySite, site).push(one);
    for (const { to } of one.person.addresses) listAt(byAddress, to).push(one);
  }
  return {
    of: (site) => {
      const found = known.get(site) ?? unique(find(site));
      known.set(site, found);
      return found;
    },
  };

  function find(site: SiteId): Recipient[] {
    const named = new Set(specOf(site)?.notify ?? []);
    const theirs = new Set([
      ...(bySite.get('*') ?? []),
      ...(bySite.get(site) ?? []),
      ...[...named].flatMap((to) => byAddress.get(to) ?? []),
    ]);
    for (const { person } of theirs) for (const { to } of person.addresses) named.delete(to);
    const inOrder = [...theirs].toSorted((one, other) => one.order - other.order);
    return [...inOrder.flatMap(({ recipients }) => recipients), ...[...named].map(nameless)];
  }
}

interface Known {
  /** As they stand in the description. */
  order: number;
  person: Person;
  recipients: Recipient[];
}

function listAt(lists: Map<string, Known[]>, key: string): Known[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

export function recipientsOf(person: Person): Recipient[] {
  const { name, timeZone, language, quiet } = person;
  return person.addresses.map((address) => ({
    key: keyOf(name, address),
    person: name,
    timeZone,
    language,
    quiet,
    address,
  }));
}

/** An address that belongs to nobody who is described: told of everything, at any time. */
function nameless(to: string): Recipient {
  const address: Address = { channel: to.startsWith('https://') ? 'webhook' : 'email', to, atLeast: 'info' };
  return { key: keyOf(to, address), person: to, timeZone: 'UTC', language: 'en', quiet: [], address };
}

export function keyOf(person: string, { channel, to }: Pick<Address, 'channel' | 'to'>): string {
  return shortHash(JSON.stringify([person, channel, to]));
}

/** 20 hexadecimal characters of SHA-256. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 20);
}

function unique(recipients: Recipient[]): Recipient[] {
  return [...new Map(recipients.map((one) => [one.key, one])).values()];
}
