/** How the tables say whether a figure keeps its promise. */
export function mark(holds) {
  return holds ? 'met:' : 'NOT met:';
}

export function seconds(ms) {
  return (ms / 1000).toFixed(1);
}
