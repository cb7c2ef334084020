// Draws the charts of a report from the data embedded beside them. Nothing is loaded.
"use strict";
(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const narrow = window.matchMedia("(max-width: 40rem)");
  let onPaper = false;
  const charts = [];

  // Text of other people: Plotly reads some HTML in labels, so its markup is taken away, and what turns text around as well.
  const plain = (text) => String(text).replace(/[\u202a-\u202e\u2066-\u2069]/g, "\ufffd").replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  const rate = (v) => (v === null || v === undefined ? "none" : v.toFixed(3));
  const isDark = () => dark.matches && !onPaper;

  function alpha(colour, a) {
    const n = parseInt(colour.slice(1), 16);
    return `rgba(${n >> 16}, ${(n >> 8) & 255}, ${n & 255}, ${a})`;
  }

  // Black is the last of the palette and cannot be seen on a dark page.
  const shade = (colour) => (isDark() && colour === "#000000" ? "#ffffff" : colour);

  function layout(extra) {
    const ink = isDark() ? "#e8e8e8" : "#1a1a1a";
    const grid = isDark() ? "#3a4048" : "#e3e3e3";
    const axis = (more) => Object.assign(
      { gridcolor: grid, linecolor: ink, tickcolor: ink, zeroline: false, automargin: true, fixedrange: narrow.matches }, more);
    return Object.assign({
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: "system-ui, 'DejaVu Sans', sans-serif", size: 13, color: ink },
      margin: { l: 60, r: 16, t: 10, b: 50 }, height: narrow.matches ? 420 : 440,
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", font: { size: 12 } },
      hoverlabel: { font: { family: "system-ui, 'DejaVu Sans', sans-serif", size: 13 }, align: "left" },
      autosize: true, showlegend: true,
      modebar: { bgcolor: "rgba(0,0,0,0)", color: isDark() ? "#a8adb5" : "#777777", activecolor: ink },
    }, extra, { xaxis: axis(extra.xaxis), yaxis: axis(extra.yaxis) });
  }

  // On a narrow screen the buttons would cover the legend.
  const config = () => ({
    displaylogo: false, responsive: true, displayModeBar: narrow.matches ? false : "hover",
    // Named one by one: the usual set has one that sends the data to a server.
    modeBarButtons: [["toImage", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]],
    plotlyServerURL: "",
    toImageButtonOptions: { format: "svg", filename: "braggscape" },
  });

  function choice(chart, label, options, start, changed) {
    const box = document.createElement("label");
    box.append(`${label} `);
    const select = document.createElement("select");
    select.setAttribute("data-choice", label);
    options.forEach((text, i) => {
      const option = document.createElement("option");
      option.value = i;
      option.textContent = text;
      select.append(option);
    });
    select.value = start;
    select.addEventListener("change", () => changed(Number(select.value)));
    box.append(select);
    if (options.length < 2) box.hidden = true;
    chart.querySelector(".controls").append(box);
    return select;
  }

  function rates(chart, data) {
    let shown = 0;
    choice(chart, "show", data.views.map((v) => v.label), 0, (i) => { shown = i; draw(); });
    function draw() {
      const view = data.views[shown];
      const places = view.groups.map((_, i) => i);
      const traces = [];
      view.arms.forEach((arm, a) => {
        const colour = shade(arm.colour);
        const common = { type: "bar", x: places, offsetgroup: String(a), alignmentgroup: "all", legendgroup: `arm${a}` };
        traces.push(Object.assign({
          y: arm.strict, name: plain(arm.name), showlegend: false, hoverinfo: "skip",
          marker: { color: colour, pattern: { shape: a < 8 ? "" : "/" } },
        }, common));
        traces.push(Object.assign({
          y: arm.rate, name: plain(arm.name),
          // The ninth arm has the colour of the first.
          marker: { color: alpha(colour, 0.34), line: { color: colour, width: 1 }, pattern: { shape: a < 8 ? "" : "/" } },
          error_y: {
            type: "data", symmetric: false, color: isDark() ? "#ffffff" : "#1a1a1a", thickness: 1.3, width: 4,
            array: arm.rate.map((r, i) => (r === null ? null : arm.high[i] - r)),
            arrayminus: arm.rate.map((r, i) => (r === null ? null : r - arm.low[i])),
          },
          text: arm.rate.map((r, i) => (r === null ? "" :
            `<b>${plain(arm.name)}</b>, ${plain(view.groups[i])}<br>match rate ${rate(r)} (${arm.matched[i]} of ${arm.n[i]})` +
            `<br>95 % interval ${rate(arm.low[i])} to ${rate(arm.high[i])}` +
            `<br>no-op rate ${rate(view.noop[i])}<br>strict ${rate(arm.strict[i])}, no-op strict ${rate(arm.noop_strict[i])}` +
            (arm.failed[i] ? `<br>failed ${arm.failed[i]}` : ""))),
          hovertemplate: "%{text}<extra></extra>", textposition: "none",
        }, common));
      });
      const x = [];
      const y = [];
      view.noop.forEach((r, i) => { x.push(i - 0.46, i + 0.46, null); y.push(r, r, null); });
      traces.push({
        type: "scatter", mode: "lines", x, y, name: "no-op: the unrefined start", legendgroup: "noop",
        line: { color: isDark() ? "#ffffff" : "#1a1a1a", width: 2, dash: "dash" }, hoverinfo: "skip",
      });
      traces.push({
        type: "bar", x: [null], y: [null], name: "solid part: strict recovery", marker: { color: "#7f7f7f" },
        hoverinfo: "skip", offsetgroup: "0", alignmentgroup: "all",
      });
      const long = view.groups.some((g) => g.length > 6) && view.groups.length > 4;
      return Plotly.react(chart.plot, traces, layout({
        barmode: "group", bargap: places.length * view.arms.length < 9 ? 0.45 : 0.18, bargroupgap: 0.04,
        xaxis: {
          title: { text: plain(view.axis) }, tickmode: "array", tickvals: places, ticktext: view.groups.map(plain),
          showgrid: false, range: [-0.55, places.length - 0.45], tickangle: long ? -40 : 0,
        },
        yaxis: { title: { text: "match rate" }, range: [0, 1.005], rangemode: "tozero" },
      }), config());
    }
    return draw;
  }

  function scatter(chart, data) {
    const similarities = Object.keys(data.similarities);
    const distances = Object.keys(data.distances);
    const own = (arm) => Math.max(0, similarities.indexOf(data.arms[arm].similarity));
    const now = { level: Math.floor((data.levels.length - 1) / 2), arm: 0, x: own(0), y: 0 };
    choice(chart, "noise", data.levels, now.level, (i) => { now.level = i; draw(); });
    choice(chart, "arm", data.arms.map((a) => a.name), 0, (i) => {
      now.arm = i;
      now.x = own(i);
      x.value = now.x;
      draw();
    });
    const x = choice(chart, "across", similarities, now.x, (i) => { now.x = i; draw(); });
    choice(chart, "up", distances, 0, (i) => { now.y = i; draw(); });
    const status = document.createElement("span");
    status.className = "status";
    status.setAttribute("role", "status");
    chart.querySelector(".controls").append(status);
    function draw() {
      const xs = data.similarities[similarities[now.x]];
      const ys = data.distances[distances[now.y]];
      const classes = [
        { name: "matched", flag: 1, symbol: "circle", colour: "#0072b2", dark: "#56b4e9" },
        { name: "not matched", flag: 0, symbol: "x-thin-open", colour: "#d55e00", dark: "#e69f00" },
      ];
      let n = 0;
      let left = 0;
      const traces = classes.map((c) => {
        const t = { x: [], y: [], text: [] };
        data.level.forEach((level, i) => {
          if (level !== now.level || data.arm[i] !== now.arm || (data.matched[i] === 1 ? 1 : 0) !== c.flag) return;
          if (xs[i] === null || ys[i] === null) {
            left += 1;
            return;
          }
          n += 1;
          t.x.push(xs[i]);
          t.y.push(ys[i]);
          const more = similarities.map((name) => `<br>${plain(name)} ${data.similarities[name][i]}`).join("");
          t.text.push(
            `<b>${plain(data.structures[data.structure[i]])}</b>, replicate ${data.replicate[i]}<br>` +
            `${c.name}${data.strict[i] === 1 ? ", strictly" : ""}, rms ${data.rms[i] === null ? "none" : data.rms[i]}` +
            `<br>${plain(distances[now.y])} ${ys[i]}${more}`);
        });
        return {
          type: "scatter", mode: "markers", x: t.x, y: t.y, text: t.text, name: `${c.name} (${t.x.length})`,
          hovertemplate: "%{text}<extra></extra>",
          marker: {
            symbol: c.symbol, size: 8, color: isDark() ? c.dark : c.colour, opacity: 0.75,
            line: { width: c.flag ? 0.5 : 2, color: c.flag ? (isDark() ? "#15181c" : "#ffffff") : (isDark() ? c.dark : c.colour) },
          },
        };
      });
      // From 0 up, with room for whole markers, and for the pointer, at both ends.
      const top = Math.max(0, ...traces.flatMap((t) => t.y));
      const low = Math.min(0, ...traces.flatMap((t) => t.y));
      const room = 0.05 * (top - low || 1);
      status.textContent = left ? `${n} points; ${left} tasks have no such value` : `${n} points`;
      return Plotly.react(chart.plot, traces, layout({
        xaxis: { title: { text: plain(similarities[now.x]) } },
        yaxis: { title: { text: plain(distances[now.y]) }, range: [low - room, top + room] },
      }), config());
    }
    return draw;
  }

  const kinds = { rates, scatter };
  for (const chart of document.querySelectorAll(".chart")) {
    const make = kinds[chart.dataset.chart];
    const source = document.getElementById(chart.dataset.source);
    if (!make || !source || typeof Plotly === "undefined") continue;
    chart.plot = chart.querySelector(".plot");
    const draw = make(chart, JSON.parse(source.textContent));
    chart.classList.add("drawn");
    draw();
    charts.push(draw);
  }

  const again = () => charts.forEach((draw) => draw());
  dark.addEventListener("change", again);
  narrow.addEventListener("change", again);
  let opened = [];
  window.addEventListener("beforeprint", () => {
    onPaper = true;
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((d) => { d.open = true; });
    again();
  });
  window.addEventListener("afterprint", () => {
    onPaper = false;
    opened.forEach((d) => { d.open = false; });
    again();
  });
})();
