// What the query of a list or a watch asks for, checked once. The rules between the options:
// k8s.io/apimachinery pkg/apis/meta/internalversion/validation/validation.go.
import type { Kind } from './kinds/kind.ts';
import type { ResourceRequest } from './request-info.ts';
import { type Matches, parseFieldSelector, parseLabelSelector } from './selectors.ts';
import { badRequest, type FieldProblem, forbiddenField, invalid, notSupported } from './status.ts';

export interface ListOptions {
  readonly matches: Matches;
  /** Neither a label nor a field selector. */
  readonly isUnselective: boolean;
  /** undefined: the latest. */
  readonly resourceVersion: number | undefined;
  readonly match: string;
  /** 0: no limit. */
  readonly limit: number;
  readonly continueToken: string;
  /** undefined: the server decides. */
  readonly timeoutSeconds: number | undefined;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
}

export function parseListOptions({ query, verb }: ResourceRequest, kind: Kind): ListOptions {
  const text = (name: string): string => query.get(name) ?? '';
  const [labels, fields] = [text('labelSelector'), text('fieldSelector')];
  const [matchesLabels, matchesFields] = [parseLabelSelector(labels), parseFieldSelector(fields, kind)];
  const options = {
    matches: (object) => matchesLabels(object) && matchesFields(object),
    isUnselective: labels === '' && fields === '',
    resourceVersion: parseNumber('resourceVersion', text('resourceVersion')),
    match: text('resourceVersionMatch'),
    limit: parseNumber('limit', text('limit')) ?? 0,
    continueToken: text('continue'),
    timeoutSeconds: parseNumber('timeoutSeconds', text('timeoutSeconds')),
    allowWatchBookmarks: parseFlag('allowWatchBookmarks', text('allowWatchBookmarks')) ?? false,
    sendInitialEvents: parseFlag('sendInitialEvents', text('sendInitialEvents')),
  } satisfies ListOptions;
  const problems = verb === 'watch' ? checkWatch(options) : checkList(options);
  if (problems.length > 0) throw invalid('meta.k8s.io', 'ListOptions', '', problems);
  return options;
}

function parseNumber(name: string, text: string): number | undefined {
  if (text === '') return undefined;
  const number = Number(text);
  if (/^\d{1,15}$/.test(text)) return number;
  throw badRequest(`${name}: Invalid value: "${text}": must be a number without a sign`);
}

function parseFlag(name: string, text: string): boolean | undefined {
  if (text === '') return undefined;
  if (['1', 'true'].includes(text)) return true;
  if (['0', 'false'].includes(text)) return false;
  throw badRequest(`${name}: Invalid value: "${text}": must be true or false`);
}

const field = 'resourceVersionMatch';

function checkList({ match, resourceVersion, continueToken, sendInitialEvents }: ListOptions): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (match !== '') {
    if (resourceVersion === undefined)
      problems.push(forbiddenField(field, `${field} is forbidden unless resourceVersion is provided`));
    if (continueToken !== '') problems.push(forbiddenField(field, `${field} is forbidden when continue is provided`));
    if (!['Exact', 'NotOlderThan'].includes(match))
      problems.push(notSupported(field, match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && resourceVersion === 0) {
      problems.push(forbiddenField(field, `${field} "exact" is forbidden for resourceVersion "0"`));
    }
  }
  if (sendInitialEvents !== undefined) {
    problems.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  return problems;
}

function checkWatch({ match, continueToken, sendInitialEvents }: ListOptions): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    problems.push(forbiddenField(field, `sendInitialEvents requires setting ${field} to NotOlderThan`));
  }
  if (match !== '') {
    if (sendInitialEvents === undefined) {
      problems.push(forbiddenField(field, `${field} is forbidden for watch unless sendInitialEvents is provided`));
    }
    if (match !== 'NotOlderThan') problems.push(notSupported(field, match, ['NotOlderThan']));
    if (continueToken !== '') problems.push(forbiddenField(field, `${field} is forbidden when continue is provided`));
  }
  return problems;
}
