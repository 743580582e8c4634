// Label and field selectors of lists and watches: from the text of a query to a test of an object. It reads nothing but the object.
// Grammar: k8s.io/apimachinery pkg/labels/selector.go and pkg/fields/selector.go; `gt` and `lt` are refused.
import type { Kind } from './kinds/kind.ts';
import { isName } from './names.ts';
import type { KubeObject } from './objects.ts';
import { badRequest } from './status.ts';

export type Matches = (object: KubeObject) => boolean;
type LabelTest = (labels: Readonly<Record<string, string>>) => boolean;

const maxCharacters = 4_096;
const everything: Matches = () => true;

export function parseLabelSelector(text: string): Matches {
  limit('labelSelector', text);
  if (text.trim() === '') return everything;
  const tests = splitRequirements(text).map(parseRequirement);
  return ({ metadata }) => tests.every((test) => test(metadata.labels ?? {}));
}

export function parseFieldSelector(text: string, kind: Kind): Matches {
  limit('fieldSelector', text);
  if (text.trim() === '') return everything;
  const tests = text.split(',').map((term): Matches => {
    const match = /^([^=!]+)(==|=|!=)([^=!]*)$/.exec(term.trim());
    if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    const [, field = '', operator, value = ''] = match;
    const read = fieldOf(field, kind);
    return operator === '!=' ? (object) => read(object) !== value : (object) => read(object) === value;
  });
  return (object) => tests.every((test) => test(object));
}

/** The name that a field selector fixes: with it a list or watch of one object counts as a request for that name, also in RBAC. */
export function selectedName(fieldSelector: string): string {
  const match = /(?:^|,)metadata\.name==?([^,!=]+)(?:,|$)/.exec(fieldSelector);
  return match?.[1] ?? '';
}

function limit(field: string, text: string): void {
  if (text.length > maxCharacters) throw badRequest(`${field} has ${text.length} characters; at most ${maxCharacters}`);
}

function fieldOf(field: string, kind: Kind): (object: KubeObject) => string {
  if (field === 'metadata.name') return ({ metadata }) => metadata.name ?? '';
  if (field === 'metadata.namespace' && kind.namespaced) return ({ metadata }) => metadata.namespace ?? '';
  const read = kind.selectable[field];
  if (read !== undefined) return read;
  const known = ['metadata.name', ...(kind.namespaced ? ['metadata.namespace'] : []), ...Object.keys(kind.selectable)];
  throw badRequest(`"${field}" is not a known field selector: only ${known.map((each) => `"${each}"`).join(', ')}`);
}

/** At commas, but not at those between parentheses. */
function splitRequirements(text: string): readonly string[] {
  return text.split(/,(?![^(]*\))/);
}

function parseRequirement(term: string): LabelTest {
  const match =
    /^\s*(!?)\s*([^\s=!<>(),]+)\s*(?:(==|=|!=)\s*([^\s=!<>(),]*)|\s(in|notin)\s*\(([^()]*)\))?\s*$/.exec(term) ??
    undefined;
  if (match === undefined) throw badRequest(`unable to parse requirement: '${term}', expected: in, notin, =, ==, !=`);
  const [, not, key = '', operator, value = '', setOperator, values = ''] = match;
  if (!isName('labelKey', key)) throw badRequest(`unable to parse requirement: '${key}' is no label key`);
  if (not === '!') {
    if (operator !== undefined || setOperator !== undefined) throw badRequest(`unable to parse requirement: '${term}'`);
    return (labels) => !Object.hasOwn(labels, key);
  }
  if (operator === undefined && setOperator === undefined) return (labels) => Object.hasOwn(labels, key);
  const wanted = setOperator === undefined ? [value] : values.split(',').map((each) => each.trim());
  const wrong = wanted.find((each) => !isName('labelValue', each));
  if (wrong !== undefined) throw badRequest(`unable to parse requirement: '${wrong}' is no label value`);
  const isWanted: LabelTest = (labels) => Object.hasOwn(labels, key) && wanted.includes(labels[key] ?? '');
  // An object without the label is not equal and not in the set.
  return operator === '!=' || setOperator === 'notin' ? (labels) => !isWanted(labels) : isWanted;
}
