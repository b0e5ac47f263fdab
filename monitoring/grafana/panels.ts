import {
  ScaleDistribution,
  ScaleDistributionConfigBuilder,
  SortOrder,
  TooltipDisplayMode,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  PanelBuilder as HeatmapPanelBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatPanelBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeseriesPanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** The data source that the person chose. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in.
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

/** Width and height of panels, in Grafana's grid of 24 columns. */
const GRAPH = { span: 8, height: 8 };
const STAT = { span: 4, height: 4 };
const HEATMAP = { span: 24, height: 10 };

/** In a selector of series: those of the nodes that the person chose. */
export const NODE = 'instance=~"$instance"';

/** A query and what its lines are called. */
export interface Line {
  readonly expr: string;
  /** With the labels of the series in double braces. */
  readonly name: string;
}

/** Values from which on a figure is yellow or red. */
export interface Levels {
  readonly warning: number;
  readonly critical: number;
  /** Whether less is worse. */
  readonly isFalling?: boolean;
}

/** Of a figure that says how many there are of something bad. */
export const RED_FROM_1: Levels = { warning: 1, critical: 1 };
/** Of a figure that is 1 while all is well. */
export const RED_BELOW_1: Levels = { ...RED_FROM_1, isFalling: true };

/** The largest value of a metric for each combination of the labels (`a, b`), which its lines are called by: every node tells of the whole venue. */
export function maxBy(labels: string, metric: string): Line {
  return {
    expr: `max by (${labels}) (${metric})`,
    name: labels
      .split(', ')
      .map((label) => `{{${label}}}`)
      .join(' '),
  };
}

/** The ten largest lines. */
export function top10({ expr, name }: Line): Line {
  return { expr: `topk(10, ${expr})`, name };
}

/** What can stand in a row. */
export type Panel = TimeseriesPanelBuilder | StatPanelBuilder | HeatmapPanelBuilder;

/** A row of panels. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** Rows of a dashboard of Hive Mind, with the variables that all have: data source and nodes (`$instance`). */
export function dashboard(
  uid: string,
  title: string,
  description: string,
  ...rows: readonly Row[]
): DashboardBuilder {
  const builder = new DashboardBuilder(`Hive Mind / ${title}`)
    .uid(`hive-${uid}`)
    .description(description)
    .tags(['hive-mind', 'generated'])
    .readonly()
    .refresh('10s')
    .time({ from: 'now-1h', to: 'now' })
    .timezone('utc')
    .tooltip(DashboardCursorSync.Crosshair)
    .link(
      new DashboardLinkBuilder('Hive Mind')
        .type(DashboardLinkType.Dashboards)
        .tags(['hive-mind'])
        .includeVars(true)
        .keepTime(true),
    )
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .withVariable(
      new QueryVariableBuilder('instance')
        .label('Node')
        .datasource(DATASOURCE)
        .query('label_values(hive_build_info, instance)')
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .sort(VariableSort.AlphabeticalAsc)
        .multi(true)
        .includeAll(true)
        .allValue('.*'),
    );
  for (const { title: rowTitle, panels } of rows) {
    builder.withRow(new RowBuilder(rowTitle));
    for (const panel of panels) builder.withPanel(panel);
  }
  return builder;
}

/** A row of a dashboard. */
export function row(title: string, ...panels: readonly Panel[]): Row {
  return { title, panels };
}

function query({ expr, name }: Line, index: number): DataqueryBuilder {
  return new DataqueryBuilder()
    .refId(String.fromCharCode(65 + index))
    .datasource(DATASOURCE)
    .expr(expr)
    .legendFormat(name)
    .range();
}

function thresholds({ warning, critical, isFalling }: Levels): ThresholdsConfigBuilder {
  const colours = ['green', 'yellow', 'red'];
  const steps = isFalling ? [null, critical, warning] : [null, warning, critical];
  if (isFalling) colours.reverse();
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(steps.map((value, i) => ({ value, color: colours[i] })));
}

/**
 * Lines over time.
 * @param unit one of Grafana's: short, s, bytes, percentunit
 */
export function graph(
  title: string,
  description: string,
  unit: string,
  ...lines: Line[]
): TimeseriesPanelBuilder {
  const panel = new TimeseriesPanelBuilder()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .unit(unit)
    .span(GRAPH.span)
    .height(GRAPH.height)
    .fillOpacity(10)
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  for (const [i, line] of lines.entries()) panel.withTarget(query(line, i));
  return panel;
}

/** As graph, with a logarithmic axis: what differs by powers of ten. */
export function logGraph(
  title: string,
  description: string,
  unit: string,
  ...lines: Line[]
): TimeseriesPanelBuilder {
  return graph(title, description, unit, ...lines).scaleDistribution(
    new ScaleDistributionConfigBuilder().type(ScaleDistribution.Log).log(10),
  );
}

/** The newest value, in large type. */
export function stat(
  title: string,
  description: string,
  unit: string,
  expr: string,
  levels?: Levels,
): StatPanelBuilder {
  const panel = new StatPanelBuilder()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .unit(unit)
    .span(STAT.span)
    .height(STAT.height)
    .withTarget(query({ expr, name: title }, 0));
  return levels === undefined ? panel : panel.thresholds(thresholds(levels));
}

/** How observations of a histogram are spread, over time: expr sums its buckets by (le). */
export function heatmap(title: string, description: string, expr: string): HeatmapPanelBuilder {
  return new HeatmapPanelBuilder()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .span(HEATMAP.span)
    .height(HEATMAP.height)
    .calculate(false)
    .cellGap(0)
    .color(
      new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme('Turbo').steps(64).exponent(0.5),
    )
    .yAxis(new YAxisConfigBuilder().unit('s'))
    .withTarget(query({ expr, name: '{{le}}' }, 0).format(PromQueryFormat.Heatmap));
}
