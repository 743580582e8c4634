// Label and field selectors: what they choose, and what is refused.
import { describe, expect, it } from 'vitest';
import { configMapKind, podKind } from '../../../../lab/simulators/kube-apiserver/kinds/core.ts';
import {
  parseFieldSelector,
  parseLabelSelector,
  selectedName,
} from '../../../../lab/simulators/kube-apiserver/selectors.ts';

const object = {
  metadata: { name: 'web', namespace: 'shop', labels: { app: 'web', 'example.com/tier': 'front', empty: '' } },
};

describe('a label selector', () => {
  it.each([
    ['', true],
    ['app', true],
    ['app=web', true],
    ['app==web', true],
    ['app = web', true],
    ['app!=web', false],
    ['app!=db', true],
    ['none!=x', true],
    ['!none', true],
    ['!app', false],
    ['!service.kubernetes.io/headless', true],
    ['app=web,example.com/tier=front', true],
    ['app=web,example.com/tier=back', false],
    ['app in (db, web)', true],
    ['app notin (db,web)', false],
    ['none notin (a)', true],
    ['empty=', true],
    ['app=', false],
    ['toString', false],
  ])('%s: %s', (text, expected) => {
    expect(parseLabelSelector(text)(object)).toBe(expected);
  });

  it.each(['a b', '=x', 'app=web,', 'app>1', '!app=web', 'app in web', 'app=bad value', 'a//b=c', 'x'.repeat(5_000)])(
    'refuses %s',
    (text) => {
      expect(() => parseLabelSelector(text)).toThrow(expect.objectContaining({ code: 400 }));
    },
  );
});

describe('a field selector', () => {
  it.each([
    ['', true],
    ['metadata.name=web', true],
    ['metadata.name!=web', false],
    ['metadata.namespace=shop,metadata.name==web', true],
    ['metadata.namespace=other', false],
  ])('%s: %s', (text, expected) => {
    expect(parseFieldSelector(text, configMapKind)(object)).toBe(expected);
  });

  it('takes what CoreDNS asks of pods', () => {
    const text = 'status.phase!=Succeeded,status.phase!=Failed,status.phase!=Unknown';
    expect(parseFieldSelector(text, podKind)(object)).toBe(true);
  });

  it.each(['data.x=1', 'metadata.name', 'status.phase=Active'])('refuses %s', (text) => {
    expect(() => parseFieldSelector(text, configMapKind)).toThrow(expect.objectContaining({ code: 400 }));
  });

  it('fixes a name for RBAC', () => {
    expect(selectedName('metadata.name=web')).toBe('web');
    expect(selectedName('status.phase=x,metadata.name==web')).toBe('web');
    expect(selectedName('metadata.name!=web')).toBe('');
  });
});
