import { describe, expect, it } from 'vitest';
import { dedupKeyOf, incidentOfKey, isOpenIncident, keysOf } from '../../../../functions/decision/incidents/key.ts';

const knot = 'rfc2136 192.0.2.53:53 cluster.local.';
const file = 'zonefile /srv/dns@b/standby.zone cluster.local.';
const standbys = { knot: { label: knot }, shelf: { label: file }, unknown: { label: '' } };

describe('the keys of an incident', () => {
  it.each([
    ['deletes-held/knot', `deletes-held/${knot}`],
    ['standby/shelf', `standby/${file}`],
    ['credential/standby/knot', `credential/standby/${knot}`],
    ['credential/standby/shelf/rack', `credential/standby/${file}/rack`],
  ])('%s was %s before standbys had ids', (today, before) => {
    expect(keysOf(today, standbys)).toEqual([today, before]);
    expect(incidentOfKey('prod', `prod/${before}`, standbys)).toBe(today);
    expect(incidentOfKey('prod', `prod/${before}@one`, standbys)).toBe(today);
    expect(incidentOfKey('prod', `prod/${today}@one`, standbys)).toBe(today);
  });

  it.each([
    ['activation/3'],
    ['vantage/knot'],
    ['dns/10.0.0.10:53'],
    ['credential/apiserver'],
    ['standby/unknown'],
    ['standby/constructor'],
  ])('%s has no other', (key) => {
    expect(keysOf(key, standbys)).toEqual([key]);
    expect(incidentOfKey('prod', `prod/${key}@one`, standbys)).toBe(key);
  });
});

describe('the dedup key', () => {
  const keys = keysOf('deletes-held/knot', standbys);
  it.each([
    ['is of today where nothing is open', [], 'prod/deletes-held/knot@one'],
    ['is the one under which it is open', ['prod/deletes-held/knot@one'], 'prod/deletes-held/knot@one'],
    ['stays that of a version without writers', ['prod/deletes-held/knot'], 'prod/deletes-held/knot'],
    ['stays that of a version without ids', [`prod/deletes-held/${knot}@one`], `prod/deletes-held/${knot}@one`],
    ['stays that of a version without either', [`prod/deletes-held/${knot}`], `prod/deletes-held/${knot}`],
    ["is not another deployment's", [`prod/deletes-held/${knot}@two`], 'prod/deletes-held/knot@one'],
  ])('%s', (_name, open: readonly string[], expected) => {
    expect(dedupKeyOf('prod', keys, '@one', (key) => open.includes(key))).toBe(expected);
  });
});

it('is open by its id, whatever it was told under', () => {
  const incidents = { [`prod/standby/${file}@one`]: {} };
  expect(isOpenIncident({ cluster: 'prod', incidents, standbys }, 'standby/shelf')).toBe(true);
  expect(isOpenIncident({ cluster: 'prod', incidents, standbys }, 'standby/knot')).toBe(false);
});
