/**
 * io/history — the local time series of a site and how it is shown.
 *
 * Decides: what is kept (means of minutes), how long (by size of the file) and when it is written
 * (every five minutes, in one go). Must never: be needed by anything that controls; keep a value
 * that is not a number; write more often for more readers.
 */
export { type History, openHistory, type OpenedHistory } from './history';
export { type HistoryPoint, type HistoryReader, MINUTE_ms, readOnlyHistory } from './reader';
export { escaped, htmlPage, type Line, svgChart, terminalPlot, toCsv } from './render';
