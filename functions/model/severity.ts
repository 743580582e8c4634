// How bad something is, for whoever decides, pages, shows and chooses. One list, from which types and schemas are made.

export const severities = ['critical', 'warning', 'info'] as const;
export type Severity = (typeof severities)[number];
