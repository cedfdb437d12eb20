// The overview: node messages in, one view model of the street out.
export { foldOverview } from './fold.ts';
export { emptyOverview, type OverviewState } from './state.ts';
export { changedSections, type View, viewOf } from './view.ts';
