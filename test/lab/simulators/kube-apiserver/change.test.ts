// Changes against the store: what the shared cases (cases/) cannot send or bring about.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseObject } from '../../../../lab/simulators/kube-apiserver/body.ts';
import type { Parts } from '../../../../lab/simulators/kube-apiserver/call.ts';
import { createObject, deleteObject, updateObject } from '../../../../lab/simulators/kube-apiserver/change.ts';
import { serviceKind } from '../../../../lab/simulators/kube-apiserver/kinds/cluster-ip.ts';
import { configMapKind } from '../../../../lab/simulators/kube-apiserver/kinds/core.ts';
import { decode } from '../../../../lab/simulators/kube-apiserver/objects.ts';
import { createParts } from '../../../../lab/simulators/kube-apiserver/parts.ts';

let folder = '';
let parts: Parts;
const settings = () => ({ dataFolder: folder, historyLimit: 10, serviceRange: '10.96.0.0/29', port: 6443 });
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lifeboat-change-'));
  parts = createParts(settings());
});
afterEach(() => {
  parts.store.close();
  rmSync(folder, { recursive: true, force: true });
});

const configMaps = { kind: configMapKind, namespace: 'default' };
const services = { kind: serviceKind, namespace: 'default' };
const failsWith = (code: number, message = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });
const createMap = (content: object) =>
  createObject(parts, configMaps, parseObject(JSON.stringify({ metadata: { name: 'a' }, ...content }), configMapKind));
const createPlain = (name: string) =>
  createObject(
    parts,
    services,
    parseObject(JSON.stringify({ metadata: { name }, spec: { ports: [{ port: 80 }] } }), serviceKind),
  );

describe('a change', () => {
  it('is deleted only with the uid and the version that are asked for', () => {
    const stored = createMap({});
    for (const wanted of [{ uid: 'x' }, { resourceVersion: '1' }]) {
      expect(() => deleteObject(parts, configMaps, stored, wanted)).toThrow(failsWith(409));
    }
    const { uid } = decode(stored).metadata;
    deleteObject(parts, configMaps, stored, { uid, resourceVersion: String(stored.revision) });
    expect(parts.store.get('configmaps', 'default', 'a')).toBeUndefined();
  });

  it('refuses what this server does not do, by the name of the field', () => {
    for (const [content, field] of [
      [{ metadata: { name: 'a', finalizers: ['x'] } }, 'metadata.finalizers'],
      [{ immutable: true }, 'immutable'],
      [{ metadata: { name: 'a', annotations: { a: 'x'.repeat(300_000) } } }, 'metadata.annotations'],
      [{ data: { a: 'x'.repeat(1_100_000) } }, 'data'],
      [{ metadata: { name: 'a', labels: { 'a b': 'c' } } }, 'metadata.labels'],
    ] as const) {
      expect(() => createMap(content), field).toThrow(failsWith(422, `${field}: `));
    }
  });

  it('takes a member that is null as absent, and keeps what it does not know', () => {
    const object = decode(createMap({ data: null, metadata: { name: 'a', creationTimestamp: null }, more: [1] }));
    expect(object).toMatchObject({ more: [1], metadata: { creationTimestamp: expect.any(String) } });
    expect(object).not.toHaveProperty('data');
  });

  it('keeps uid, time and name whatever a client sends', () => {
    const stored = createMap({ data: { k: '1' } });
    const sent = {
      metadata: { name: 'a', creationTimestamp: '2000-01-01T00:00:00Z', deletionTimestamp: 'x' },
      data: { k: '2' },
    };
    const { metadata } = decode(updateObject(parts, configMaps, stored, sent));
    expect(metadata).toEqual({ ...decode(stored).metadata, resourceVersion: String(stored.revision + 1) });
  });
});

describe('cluster IPs', () => {
  it('run out, come free with their Service, and are known after a restart', () => {
    // Six addresses, one of them the API server's own.
    for (let i = 0; i < 5; i++) createPlain(`s${i}`);
    expect(() => createPlain('one-more')).toThrow(failsWith(422, 'range is full'));
    const first = parts.store.get('services', 'default', 's0');
    if (first !== undefined) deleteObject(parts, services, first, {});
    const address = (decode(createPlain('heir')).spec as { clusterIP: string }).clusterIP;
    expect(address).toBe(first && (decode(first).spec as { clusterIP: string }).clusterIP);
    parts.store.close();
    parts = createParts(settings());
    expect(parts.clusterIps.problemOf(address)).toBe('provided IP is already allocated');
    expect(() => createPlain('one-more')).toThrow(failsWith(422, 'range is full'));
  });

  it('are not lost to a Service that is refused', () => {
    for (let i = 0; i < 20; i++) {
      expect(() =>
        createObject(
          parts,
          services,
          parseObject('{"metadata":{"name":"Wrong"},"spec":{"ports":[{"port":80}]}}', serviceKind),
        ),
      ).toThrow(failsWith(422));
    }
    expect(decode(createPlain('right')).spec).toHaveProperty('clusterIP');
  });
});
