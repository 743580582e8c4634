// The rules for names and labels that the API shares. They look at texts and know no kind.
// Wording and expressions: k8s.io/apimachinery pkg/util/validation/validation.go.
import { type FieldProblem, invalidValue } from './status.ts';

interface Rule {
  readonly pattern: RegExp;
  readonly maxCharacters: number;
  readonly is: string;
}

const shape = "must consist of lower case alphanumeric characters, '-' or '.'";
const ends = 'must start and end with an alphanumeric character';

const rules = {
  /** RFC 1123 section 2.1, one label. */
  label: {
    pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    maxCharacters: 63,
    is: `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and ${ends}`,
  },
  subdomain: {
    pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    maxCharacters: 253,
    is: `a lowercase RFC 1123 subdomain ${shape}, and ${ends}`,
  },
  /** What can stand as one segment of a path: the names of RBAC objects. */
  pathSegment: {
    pattern: /^(?!\.{1,2}$)[^/%]+$/,
    maxCharacters: 253,
    is: "may not be '.' or '..' or contain '/' or '%'",
  },
  labelKey: {
    pattern:
      /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/,
    maxCharacters: 317,
    is: "a label key must be a name of alphanumeric characters, '-', '_' or '.', with an optional DNS subdomain and '/' before it",
  },
  labelValue: {
    pattern: /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/,
    maxCharacters: 63,
    is: `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and ${ends}`,
  },
} satisfies Readonly<Record<string, Rule>>;

export type NameRule = keyof typeof rules;

export function isName(rule: NameRule, text: string): boolean {
  return text.length <= rules[rule].maxCharacters && rules[rule].pattern.test(text);
}

/** What is wrong with the text, as a list of none or one. */
export function checkName(rule: NameRule, field: string, text: string): readonly FieldProblem[] {
  const { pattern, maxCharacters, is } = rules[rule];
  if (text.length > maxCharacters) {
    return [invalidValue(field, text, `must be no more than ${maxCharacters} characters`)];
  }
  return pattern.test(text) ? [] : [invalidValue(field, text, is)];
}

export function checkLabels(field: string, labels: Readonly<Record<string, string>>): readonly FieldProblem[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...checkName('labelKey', field, key),
    ...checkName('labelValue', field, value),
  ]);
}
