// The OpenMetrics 1.0 text format: families of samples in, text out. It knows no metric by name.

export const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

export interface Family {
  /** Without the suffix of its samples: `_total` of a counter, `_info` of an info. */
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'info' | 'stateset';
  /** Ends the name. */
  readonly unit?: 'seconds';
  /** One sentence. */
  readonly help: string;
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const suffixes: Readonly<Record<Family['type'], string>> = {
  gauge: '',
  counter: '_total',
  info: '_info',
  stateset: '',
};

/** The name that the samples of a family carry. */
export function sampleName({ name, type }: Family): string {
  return `${name}${suffixes[type]}`;
}

/** A stateset: one sample a state, 1 for the one that holds. The state's label is the family's name. */
export function statesOf(
  name: string,
  states: readonly string[],
  now: string,
  labels: Sample['labels'],
): readonly Sample[] {
  return states.map((state) => ({ labels: { ...labels, [name]: state }, value: state === now ? 1 : 0 }));
}

/** The whole exposition, with its end. A family without samples is there all the same: it says what could be. */
export function renderMetrics(
  families: readonly { readonly family: Family; readonly samples: readonly Sample[] }[],
): string {
  const lines = families.flatMap(({ family, samples }) => [
    `# TYPE ${family.name} ${family.type}`,
    ...(family.unit === undefined ? [] : [`# UNIT ${family.name} ${family.unit}`]),
    `# HELP ${family.name} ${escaped(family.help)}`,
    ...samples.map(({ labels, value }) => `${sampleName(family)}${labelText(labels)} ${value}`),
  ]);
  return `${[...lines, '# EOF'].join('\n')}\n`;
}

function labelText(labels: Sample['labels']): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
