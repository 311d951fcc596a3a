// Curves of a run's metrics.jsonl as SVG.
const NS = "http://www.w3.org/2000/svg";

function node(name, attributes, ...children) {
  const out = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) out.setAttribute(key, value);
  out.append(...children);
  return out;
}

export function parseMetrics(text) {
  // A run that is going on may have written half a line.
  return text.split("\n").flatMap((line) => {
    try { return line ? [JSON.parse(line)] : []; } catch { return []; }
  });
}

export function chart(points, title, xName) {
  const width = 640, height = 220, left = 56, bottom = 28, top = 12, right = 10;
  const svg = node("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title });
  if (points.length < 2) return svg;
  const xs = points.map((p) => p[0]), ys = points.map((p) => p[1]);
  const x0 = Math.min(...xs), x1 = Math.max(...xs), y0 = Math.min(...ys), y1 = Math.max(...ys);
  const x = (value) => left + (width - left - right) * (value - x0) / (x1 - x0 || 1);
  const y = (value) => height - bottom - (height - bottom - top) * (value - y0) / (y1 - y0 || 1);
  const format = (value) => Math.abs(value) >= 1000 ? Math.round(value).toLocaleString() : Number(value.toPrecision(3));
  for (let i = 0; i <= 4; ++i) {
    const value = y0 + (y1 - y0) * i / 4;
    svg.append(node("line", { x1: left, x2: width - right, y1: y(value), y2: y(value), stroke: "var(--line)" }),
      node("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, String(format(value))));
  }
  svg.append(node("text", { x: left, y: height - 8 }, String(format(x0))),
    node("text", { x: width - right, y: height - 8, "text-anchor": "end" }, `${xName} ${format(x1)}`),
    node("polyline", { points: points.map((p) => `${x(p[0]).toFixed(1)},${y(p[1]).toFixed(1)}`).join(" "), fill: "none",
      stroke: "var(--c0)", "stroke-width": 2 }));
  return svg;
}
