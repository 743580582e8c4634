// The kinds of rbac.authorization.k8s.io as objects: Role, ClusterRole and their bindings. What they allow is decided in ../rbac.ts.
import { z } from 'zod';
import { objectShape } from '../objects.ts';
import { type FieldProblem, forbiddenField, invalidValue, notSupported, required } from '../status.ts';
import type { Kind } from './kind.ts';

export const rbacGroup = 'rbac.authorization.k8s.io';

const texts = z.array(z.string()).optional();
const ruleShape = z.looseObject({
  verbs: texts,
  apiGroups: texts,
  resources: texts,
  resourceNames: texts,
  nonResourceURLs: texts,
});
const roleShape = objectShape.extend({ rules: z.array(ruleShape).optional(), aggregationRule: z.unknown().optional() });

const subjectShape = z.looseObject({
  kind: z.string().default(''),
  apiGroup: z.string().optional(),
  name: z.string().default(''),
  namespace: z.string().optional(),
});
const roleRefShape = z.looseObject({
  apiGroup: z.string().optional(),
  kind: z.string().default(''),
  name: z.string().default(''),
});
const bindingShape = objectShape.extend({
  subjects: z.array(subjectShape).optional(),
  roleRef: roleRefShape.prefault({}),
});

export type Rule = z.infer<typeof ruleShape>;
export type Role = z.infer<typeof roleShape>;
export type Subject = z.infer<typeof subjectShape>;
export type Binding = z.infer<typeof bindingShape>;

const names = {
  group: rbacGroup,
  nameRule: 'pathSegment',
  shortNames: [],
  selectable: {},
  deleteAnswers: 'status',
} as const;

function role(kind: string, plural: string, namespaced: boolean): Kind {
  return {
    ...names,
    kind,
    plural,
    namespaced,
    shape: roleShape,
    prepare(draft: Role) {
      const aggregation =
        draft.aggregationRule === undefined ? [] : [forbiddenField('aggregationRule', 'is not supported')];
      return [...aggregation, ...(draft.rules ?? []).flatMap((rule, i) => checkRule(`rules[${i}]`, rule, namespaced))];
    },
  };
}

/** pkg/apis/rbac/validation ValidatePolicyRule. */
function checkRule(field: string, rule: Rule, namespaced: boolean): readonly FieldProblem[] {
  const none = (list: readonly string[] | undefined): boolean => list === undefined || list.length === 0;
  const problems: FieldProblem[] = [];
  if (none(rule.verbs)) problems.push(required(`${field}.verbs`, 'verbs must contain at least one value'));
  if (none(rule.nonResourceURLs)) {
    if (none(rule.apiGroups))
      problems.push(required(`${field}.apiGroups`, 'resource rules must supply at least one api group'));
    if (none(rule.resources))
      problems.push(required(`${field}.resources`, 'resource rules must supply at least one resource'));
    return problems;
  }
  const isMixed = !none(rule.apiGroups) || !none(rule.resources) || !none(rule.resourceNames);
  const why = namespaced
    ? 'namespaced rules cannot apply to non-resource URLs'
    : 'rules cannot apply to both regular resources and non-resource URLs';
  if (namespaced || isMixed) problems.push(invalidValue(`${field}.nonResourceURLs`, rule.nonResourceURLs, why));
  return problems;
}

function binding(kind: string, plural: string, namespaced: boolean): Kind {
  const roles = namespaced ? ['ClusterRole', 'Role'] : ['ClusterRole'];
  return {
    ...names,
    kind,
    plural,
    namespaced,
    shape: bindingShape,
    prepare(draft: Binding, { previous }) {
      const { roleRef, subjects = [] } = draft;
      roleRef.apiGroup ??= rbacGroup;
      for (const subject of subjects) if (subject.kind !== 'ServiceAccount') subject.apiGroup ??= rbacGroup;
      const before = (previous as Binding | undefined)?.roleRef;
      const isOther = before !== undefined && (before.kind !== roleRef.kind || before.name !== roleRef.name);
      return [
        ...(isOther ? [invalidValue('roleRef', roleRef, 'cannot change roleRef')] : []),
        ...(roles.includes(roleRef.kind) ? [] : [notSupported('roleRef.kind', roleRef.kind, roles)]),
        ...(roleRef.name === '' ? [required('roleRef.name')] : []),
        ...subjects.flatMap((subject, i) => checkSubject(`subjects[${i}]`, subject)),
      ];
    },
  };
}

const subjectKinds: readonly string[] = ['Group', 'ServiceAccount', 'User'];

function checkSubject(field: string, { kind, name, namespace }: Subject): readonly FieldProblem[] {
  return [
    ...(subjectKinds.includes(kind) ? [] : [notSupported(`${field}.kind`, kind, subjectKinds)]),
    ...(name === '' ? [required(`${field}.name`)] : []),
    ...(kind === 'ServiceAccount' && namespace === undefined ? [required(`${field}.namespace`)] : []),
  ];
}

export const rbacKinds: readonly Kind[] = [
  role('ClusterRole', 'clusterroles', false),
  role('Role', 'roles', true),
  binding('ClusterRoleBinding', 'clusterrolebindings', false),
  binding('RoleBinding', 'rolebindings', true),
];
