// Services and EndpointSlices: addresses, defaults and checks.
import { expect } from 'vitest';
import { type ApiCase, bodyOf, fieldsOf, outcome, services, slices } from './case.ts';

export const network: readonly ApiCase[] = [
  {
    name: 'a Service gets a cluster IP, or the one it asks for when that is free',
    async run(api, namespace) {
      const post = (name: string, spec: object) =>
        api.admin.request('POST', services(namespace), { metadata: { name }, spec });
      const ports = [{ port: 80 }];
      const given = await post('given', { ports });
      expect(bodyOf(given).spec).toMatchObject({
        type: 'ClusterIP',
        clusterIP: expect.stringMatching(/^10\.96\.\d+\.\d+$/),
        ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
        sessionAffinity: 'None',
        ipFamilies: ['IPv4'],
      });
      expect(bodyOf(given).spec.clusterIPs).toEqual([bodyOf(given).spec.clusterIP]);
      const clusterIP = '10.96.77.7';
      expect(outcome(await post('asked', { clusterIP, ports }))).toBe('201');
      const taken = await post('taken', { clusterIP, ports });
      expect([outcome(taken), fieldsOf(taken)]).toEqual(['422 Invalid', ['spec.clusterIPs']]);
      expect(bodyOf(taken).message).toContain('provided IP is already allocated');
      expect(outcome(await post('outside', { clusterIP: '10.97.0.1', ports }))).toBe('422 Invalid');
      expect(outcome(await post('no-address', { clusterIP: 'here', ports }))).toBe('422 Invalid');
      expect(bodyOf(await api.admin.deleteService(namespace, 'asked')).kind).toBe('Service');
      expect(outcome(await post('taken', { clusterIP, ports }))).toBe('201');
      expect(await api.admin.request('GET', '/api/v1/namespaces/default/services/kubernetes')).toMatchObject({
        body: { spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443 }] } },
      });
    },
  },
  {
    name: 'a Service keeps its address, and may have none',
    async run(api, namespace) {
      await api.admin.createService({ namespace, name: 'a' });
      const path = `${services(namespace)}/a`;
      const { clusterIP } = bodyOf(await api.admin.request('GET', path)).spec;
      const put = (spec: object) => api.admin.request('PUT', path, { metadata: { name: 'a' }, spec });
      expect(bodyOf(await put({ ports: [{ port: 81 }] })).spec).toMatchObject({ clusterIP, clusterIPs: [clusterIP] });
      expect(outcome(await put({ clusterIP: '10.96.78.8', ports: [{ port: 81 }] }))).toBe('422 Invalid');
      expect(outcome(await api.admin.patch(path, { spec: { clusterIP: 'None', clusterIPs: ['None'] } }))).toBe(
        '422 Invalid',
      );
      const headless = await api.admin.createService({ namespace, name: 'h', clusterIP: 'None' });
      expect(bodyOf(headless).spec).toMatchObject({ clusterIP: 'None', clusterIPs: ['None'] });
      const external = { metadata: { name: 'x' }, spec: { type: 'ExternalName', externalName: 'example.org' } };
      const made = await api.admin.request('POST', services(namespace), external);
      expect([outcome(made), bodyOf(made).spec.clusterIP]).toEqual(['201', undefined]);
    },
  },
  {
    name: 'every wrong field of a Service is named at once',
    async run(api, namespace) {
      const spec = { ports: [{ port: 0 }, { name: 'a', port: 80, protocol: 'FOO' }, { name: 'a', port: 81 }] };
      const refused = await api.admin.request('POST', services(namespace), { metadata: { name: 'a' }, spec });
      expect(outcome(refused)).toBe('422 Invalid');
      expect(fieldsOf(refused)).toEqual(
        expect.arrayContaining([
          'spec.ports[0].name',
          'spec.ports[0].port',
          'spec.ports[1].protocol',
          'spec.ports[2].name',
        ]),
      );
      const empty = await api.admin.request('POST', services(namespace), { metadata: { name: 'a' }, spec: {} });
      expect(fieldsOf(empty)).toEqual(['spec.ports']);
    },
  },
  {
    name: 'an EndpointSlice is checked',
    async run(api, namespace) {
      const path = `${slices}/namespaces/${namespace}/endpointslices`;
      const endpoints = [{ address: '10.1.1.1', ready: false, hostname: 'a' }];
      expect(outcome(await api.admin.createEndpointSlice({ namespace, serviceName: 's', endpoints }))).toBe('201');
      const post = async (content: object) => {
        const refused = await api.admin.request('POST', path, { metadata: { name: 'a' }, ...content });
        return [refused.status, ...fieldsOf(refused)];
      };
      const addressType = 'IPv4';
      expect(await post({ endpoints: [] })).toEqual([422, 'addressType']);
      expect(await post({ addressType, endpoints: [{ addresses: [] }] })).toEqual([422, 'endpoints[0].addresses']);
      for (const address of ['here', '127.0.0.1', '169.254.1.1']) {
        expect(await post({ addressType, endpoints: [{ addresses: [address] }] }), address).toEqual([
          422,
          'endpoints[0].addresses[0]',
        ]);
      }
      const other = { addressType, endpoints: [{ addresses: ['fd00::1'] }] };
      expect(await post(other)).toEqual([422, 'endpoints[0].addresses']);
      const hostname = { addressType, endpoints: [{ addresses: ['10.1.1.1'], hostname: 'A_' }] };
      expect(await post(hostname)).toEqual([422, 'endpoints[0].hostname']);
      const changed = await api.admin.request('PUT', `${path}/s-1`, { metadata: { name: 's-1' }, addressType: 'IPv6' });
      expect([changed.status, ...fieldsOf(changed)]).toEqual([422, 'addressType']);
    },
  },
];
