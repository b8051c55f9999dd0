/**
 * What agents send each other is encrypted, and both ends prove that they know the cluster's key: TLS 1.3 with a pre-shared key
 * derived from it. Nothing has to be issued, distributed or renewed (docs/decisions/tls-with-the-cluster-key.md).
 */
import { hkdfSync } from 'node:crypto';
import type http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { splitAddress } from '../observe/probe.ts';

const IDENTITY = 'holdfast-zone';
/** The one suite with SHA-256: TLS 1.3 lets no other use a key from a callback. Each connection has ephemeral keys besides. */
const SUITE = { ciphers: 'TLS_AES_128_GCM_SHA256', minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' } as const;
/** Neither side's end may hang for ever while the other says nothing. */
const CONNECT_MS = 5_000;

/** 32 bytes that only holders of the cluster's key can derive, and that do not reveal it (HKDF with SHA-256, RFC 5869). */
export function zoneKey(clusterKey: string): Buffer {
  return Buffer.from(hkdfSync('sha256', clusterKey, 'holdfast', 'between zones, 1', 32));
}

/** An HTTPS server that has no certificate: a handshake succeeds with the key, or not at all. */
export function createSealedServer(clusterKey: string, handle: http.RequestListener): https.Server {
  const psk = zoneKey(clusterKey);
  const pskCallback = (_socket: unknown, identity: string) => (identity === IDENTITY ? psk : null);
  return https.createServer({ ...SUITE, handshakeTimeout: CONNECT_MS, pskCallback }, handle);
}

export interface SealedCall {
  clusterKey: string;
  /** `host:port` of the other zone's agent. */
  address: string;
  path: string;
  signal: AbortSignal;
}

/** The answer to `GET path`, its body not read yet. Rejects when there is none within 5 s, or the other end has another key. */
export function sealedGet(call: SealedCall): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = begin(call, {}, reject);
    request.once('response', (response) => {
      request.setTimeout(0);
      resolve(response);
    });
    request.end();
  });
}

/** The answer to `POST path` with that JSON, likewise. */
export function sealedPost(call: SealedCall, body: object): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = begin(call, { 'content-type': 'application/json' }, reject, 'POST');
    request.once('response', (response) => {
      request.setTimeout(0);
      resolve(response);
    });
    request.end(JSON.stringify(body));
  });
}

/** A connection for another protocol, which the other end calls `protocol`. Rejects likewise, or when it is not given. */
export async function sealedConnection(call: SealedCall, protocol: string): Promise<Duplex> {
  const { response, connection } = await sealedUpgrade(call, protocol);
  if (connection !== null) return connection;
  response.resume();
  throw new Error(`${call.address} gives no ${protocol}: HTTP ${response.statusCode}`);
}

/** The same with the answer's head; `connection` is null when it is not given, and why is in the answer's body, not read yet. */
export function sealedUpgrade(
  call: SealedCall,
  protocol: string,
): Promise<{ response: http.IncomingMessage; connection: Duplex | null }> {
  return new Promise((resolve, reject) => {
    const request = begin(call, { connection: 'upgrade', upgrade: protocol }, reject);
    request.once('upgrade', (response, socket, head) => {
      socket.setTimeout(0);
      if (head.length > 0) socket.unshift(head);
      resolve({ response, connection: socket });
    });
    request.once('response', (response) => {
      request.setTimeout(0);
      resolve({ response, connection: null });
    });
    request.end();
  });
}

function begin(
  { clusterKey, address, path, signal }: SealedCall,
  headers: http.OutgoingHttpHeaders,
  reject: (error: Error) => void,
  method = 'GET',
): http.ClientRequest {
  const { host, port } = splitAddress(address);
  const psk = zoneKey(clusterKey);
  const options: https.RequestOptions & Pick<ConnectionOptions, 'pskCallback'> = {
    host,
    port,
    method,
    path,
    headers,
    signal,
    agent: false,
    ...SUITE,
    pskCallback: () => ({ psk, identity: IDENTITY }),
    // Whoever shows a certificate instead of the key is not one of ours, whoever signed it.
    ca: [],
    rejectUnauthorized: true,
    checkServerIdentity: () => new Error('the other end does not use the cluster key'),
    timeout: CONNECT_MS,
  };
  const request = https.request(options);
  request.once('timeout', () => request.destroy(new Error(`${address} did not answer within ${CONNECT_MS} ms`)));
  request.once('error', reject);
  return request;
}
