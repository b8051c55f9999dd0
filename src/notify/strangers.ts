/**
 * Webhooks that anybody may have asked for on the status page: they never lead into the network that the controllers are in, whatever
 * their names resolve to at that moment, and are signed with a key of their own.
 */
import { createHmac } from 'node:crypto';
import { lookup } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';

const PRIVATE: [string, number, 'ipv4' | 'ipv6'][] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 127, 'ipv6'],
  ['64:ff9b::', 96, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
];
const blocked = new BlockList();
for (const [address, bits, family] of PRIVATE) blocked.addSubnet(address, bits, family);

/** Of this machine, a private network, or nobody. IPv4 within IPv6 counts as the IPv4 that it is. */
export function isInside(address: string): boolean {
  const inner = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
  const family = isIP(inner);
  return family === 0 || blocked.check(inner, family === 4 ? 'ipv4' : 'ipv6');
}

/** `whsec_…`, as the subscriber was shown it. */
export function subscriberSecret(clusterKey: string | undefined, subscriber: string): string {
  if (clusterKey === undefined) throw new Error('there is no key to sign it with');
  const key = createHmac('sha256', clusterKey).update('holdfast subscriber webhook, version 1').digest();
  return `whsec_${createHmac('sha256', key).update(subscriber).digest('base64')}`;
}

/** Where a subscriber's webhook may lead, as far as its address shows. */
export function mayBeAsked(url: string, inside: boolean): boolean {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.username !== '' || parsed.password !== '') return false;
  if (inside) return parsed.protocol === 'https:' || parsed.protocol === 'http:';
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  return parsed.protocol === 'https:' && (isIP(host) === 0 ? host.includes('.') : !isInside(host));
}

/** Resolves on 2xx; follows no redirect and reads no answer. `inside`: private addresses are allowed. */
export function postToStranger(
  url: string,
  body: string,
  headers: Record<string, string>,
  { signal, inside }: { signal: AbortSignal; inside: boolean },
): Promise<void> {
  if (!mayBeAsked(url, inside)) throw new Error('its address leads nowhere that subscribers’ webhooks may go');
  const { request } = url.startsWith('https:') ? https : http;
  const options = {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'holdfast', ...headers },
    signal,
    agent: false as const,
    ...(inside ? {} : { lookup: outside }),
  };
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${new URL(url).host} ${why}`));
    const asked = request(url, options, (response) => {
      const { statusCode = 0 } = response;
      response.destroy();
      if (statusCode >= 200 && statusCode < 300) resolve();
      else fail(`answered ${statusCode}`);
    });
    asked.on('error', (error: NodeJS.ErrnoException) =>
      fail(`could not be reached: ${signal.aborted ? 'no answer in time' : (error.code ?? error.message)}`),
    );
    asked.end(body);
  });
}

/** Names resolve to public addresses only: what is connected to is what was checked. */
const outside: LookupFunction = (host, options, done) => {
  lookup(host, { ...options, all: true }, (error, found) => {
    const fine = (found ?? []).filter(({ address }) => !isInside(address));
    const trouble = error ?? (fine.length === 0 ? new Error('it resolves to no public address') : null);
    if (trouble !== null) done(trouble, '', 0);
    else if (options.all) done(null, fine);
    else done(null, fine[0]!.address, fine[0]!.family);
  });
};
