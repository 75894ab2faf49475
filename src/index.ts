export { OnEmpty, OnUncertain, OnUnchanged, ReportPipelineGrants, ScheduledReportPipeline } from './scheduled-report-pipeline';
export type { ScheduledReportPipelineProps } from './scheduled-report-pipeline';
export type { ReportMessage } from './message';
export { OnOverlap } from './report-schedule';
export type { ReportScheduleProps } from './report-schedule';
export { PeriodUnit, ReportPeriod } from './report-period';
export type { CustomPeriodOptions } from './report-period';

export { ReportDataSource } from './data-source';
export type { FunctionDataSourceOptions, ReportDataSourceConfig, ReportDataSourceContext } from './data-source';
export { ReportRenderer } from './renderer';
export type { ReportFile, ReportRendererConfig, ReportRendererContext } from './renderer';
export { ColumnType, JsonLayout, OnLimit } from './renderer-options';
export type {
  CsvRendererOptions, DocumentRendererOptions, HtmlRendererOptions, JsonRendererOptions, RendererOptions, RenderLimits, ReportBrand, ReportColumn,
  ReportEmphasis, ReportTotals, XlsxRendererOptions,
} from './renderer-options';
export { ReportLink } from './report-link';
export type { OnClickLinkOptions, PresignedLinkOptions, ReportLinkConfig, ReportLinkContext } from './report-link';
export { BucketPrefix } from './bucket-prefix';

export { ReportApi } from './report-api';
export type { ReportApiProps } from './report-api';
