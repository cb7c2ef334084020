// Opens pages of `braggscape report` from their files and compares what they show with the files of the studies.
//
// node report.mjs CHROMIUM SCREENSHOTS PAGE FOLDER... [-- PAGE FOLDER...]...
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { Chromium } from "./chromium.mjs";

/// Rows of a CSV file as objects.
function csv(path) {
  const rows = [[""]];
  let quoted = false;
  const text = readFileSync(path, "utf8");
  for (let i = 0; i < text.length; i++) {
    const row = rows.at(-1);
    const c = text[i];
    if (quoted) {
      if (c !== '"') row[row.length - 1] += c;
      else if (text[i + 1] === '"') row[row.length - 1] += text[i++];
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ",") row.push("");
    else if (c === "\n") rows.push([""]);
    else if (c !== "\r") row[row.length - 1] += c;
  }
  rows.pop();
  const names = rows.shift();
  return rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
}

/// Everything the page complained about or tried to load since it was opened.
function complaints(browser) {
  const found = [];
  browser.listen((method, params) => {
    if (method === "Runtime.exceptionThrown") {
      found.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    } else if (method === "Runtime.consoleAPICalled" && ["error", "warning", "assert"].includes(params.type)) {
      found.push(`console: ${params.args.map((a) => a.value ?? a.description).join(" ")}`);
    } else if (method === "Log.entryAdded" && params.entry.level !== "info" && params.entry.level !== "verbose") {
      found.push(`log: ${params.entry.text}`);
    } else if (method === "Network.requestWillBeSent" && !/^(file|data|blob):/.test(params.request.url)) {
      found.push(`request: ${params.request.url}`);
    } else if (method === "Network.loadingFailed") {
      found.push(`failed to load: ${params.errorText}`);
    }
  });
  return found;
}

/// The cells of the tables of a section that come from this file: an object a row, by column.
const cells = (browser, folder, source) => browser.evaluate((folder, source) => {
  const section = [...document.querySelectorAll("main > section")].find((s) => s.dataset.folder === folder);
  const rows = [...section.querySelectorAll(`table[data-source="${source}"] tbody tr`)];
  return rows.map((row) => Object.fromEntries([...row.children].map((c) => [c.dataset.column, c.dataset.value])));
}, folder, source);

/// Every cell of the table of the page is that of the file.
async function compareTable(browser, dir, source) {
  const expected = csv(join(dir, source));
  const shown = await cells(browser, basename(dir), source);
  assert.equal(shown.length, expected.length, `rows of ${source} in ${dir}`);
  let n = 0;
  shown.forEach((row, i) => {
    for (const [column, value] of Object.entries(row)) {
      if (column === "noise" || column in expected[i]) {
        assert.equal(value, expected[i][column], `${source}, row ${i}, ${column}`);
        n += 1;
      }
    }
  });
  assert.ok(n > 5 * shown.length, `only ${n} cells of ${source} were compared`);
  return n;
}

/// Every coefficient of tables/correlations.csv stands in the page, with all its digits.
async function compareCorrelations(browser, dir) {
  const shown = await browser.evaluate((folder) => {
    const section = [...document.querySelectorAll("main > section")].find((s) => s.dataset.folder === folder);
    const cells = [...section.querySelectorAll("td[data-key]")];
    return Object.fromEntries(cells.map((c) => [c.dataset.key, [c.dataset.value, c.textContent]]));
  }, basename(dir));
  const rows = csv(join(dir, "tables/correlations.csv"));
  assert.ok(rows.length > 0, `no correlations of ${dir}`);
  let n = 0;
  for (const row of rows) {
    for (const name of ["mutual_information", "pearson", "spearman"]) {
      const [exact, text] = shown[[row.noise, row.level, row.arm, row.metric, name].join("|")] ?? [];
      assert.equal(exact, row[name], `${name} of ${row.arm} at ${row.level}`);
      const rounded = Number(text.replace("\u2212", "-"));
      assert.ok(exact === "" || Math.abs(rounded - Number(exact)) <= 0.005 + 1e-9, `${exact} is shown as ${text}`);
      n += 1;
    }
  }
  assert.equal(Object.keys(shown).length, n, "coefficients that are in no file");
  return n;
}

/// The bars of the first chart of rates of a folder, as fractions of the height of the axis from 0 to 1, arm by arm.
const bars = (browser, folder) => browser.evaluate((folder) => {
  const section = [...document.querySelectorAll("main > section")].find((s) => s.dataset.folder === folder);
  const plot = section.querySelector('.chart[data-chart="rates"] .plot');
  const axis = plot._fullLayout.yaxis;
  const heights = (trace) => [...trace.querySelectorAll(".point path")].map((path) => {
    const d = path.getAttribute("d").match(/M[\d.-]+,([\d.-]+)V([\d.-]+)/);
    return d ? (Number(d[1]) - Number(d[2])) / (axis.l2p(0) - axis.l2p(1)) : 0;
  });
  return [...plot.querySelectorAll(".barlayer .trace.bars")]
    .filter((trace) => trace.querySelector(".errorbar"))
    .map((trace) => ({ heights: heights(trace), whiskers: trace.querySelectorAll(".errorbar").length }));
}, folder);

/// The chart draws the rates of tables/pooled.csv.
async function compareBars(browser, dir) {
  const rows = csv(join(dir, "tables/pooled.csv"));
  const arms = [...new Set(rows.map((r) => r.arm))];
  const drawn = await bars(browser, basename(dir));
  assert.equal(drawn.length, arms.length, "one series of bars an arm");
  drawn.forEach((series, i) => {
    const expected = rows.filter((r) => r.arm === arms[i]).map((r) => Number(r.match_rate));
    assert.equal(series.heights.length, expected.length, `bars of ${arms[i]}`);
    assert.equal(series.whiskers, expected.length, `whiskers of ${arms[i]}`);
    // Paths are written to a hundredth of a pixel, of some 300.
    expected.forEach((rate, j) => assert.ok(Math.abs(rate - series.heights[j]) < 1e-3, `${rate} is drawn as ${series.heights[j]}`));
  });
  return rows.length;
}

/// The scatter chart has a point for every task that did not fail, over all its choices.
async function comparePoints(browser, dir) {
  const rows = csv(join(dir, "tables/pooled.csv"));
  const found = await browser.evaluate((folder) => {
    const section = [...document.querySelectorAll("main > section")].find((s) => s.dataset.folder === folder);
    const chart = section.querySelector('.chart[data-chart="scatter"]');
    const select = (label) => chart.querySelector(`select[data-choice="${label}"]`);
    const choose = (label, i) => {
      select(label).value = i;
      select(label).dispatchEvent(new Event("change"));
    };
    const counts = {};
    [...select("noise").options].forEach((level, i) => [...select("arm").options].forEach((arm, j) => {
      choose("noise", i);
      choose("arm", j);
      const points = chart.querySelectorAll(".scatterlayer .point").length;
      // The legend counts them by kind.
      const legend = [...chart.querySelectorAll(".legendtext")].map((e) => e.textContent.match(/^matched \((\d+)\)$/)?.[1]);
      const matched = Number(legend.find((n) => n !== undefined) ?? 0);
      counts[`${level.textContent}/${arm.textContent}`] = [points, matched];
    }));
    return counts;
  }, basename(dir));
  const expected = rows.map((r) => [`${r.noise} ${r.level}/${r.arm}`, Number(r.n) - Number(r.failed), Number(r.matched)]);
  assert.equal(Object.keys(found).length, expected.length);
  let n = 0;
  for (const [key, done, matched] of expected) {
    assert.ok(key in found, `no choice ${key}`);
    assert.deepEqual(found[key], [done, matched], `points of ${key}`);
    n += done;
  }
  return n;
}

/// Moves the pointer onto an element and returns the text of the tooltip that appears.
async function hover(browser, folder, selector) {
  const at = await browser.evaluate((folder, selector) => {
    const section = [...document.querySelectorAll("main > section")].find((s) => s.dataset.folder === folder);
    // A bar of some height is needed: one of rate 0 has nothing to rest on.
    const sizes = [...section.querySelectorAll(selector)].map((e) => [e, e.getBoundingClientRect().height]);
    const [element] = sizes.sort((a, b) => b[1] - a[1])[0];
    element.scrollIntoView({ block: "center", behavior: "instant" });
    const box = element.getBoundingClientRect();
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  }, folder, selector);
  for (const dx of [2, 0]) await browser.send("Input.dispatchMouseEvent", { type: "mouseMoved", x: at.x + dx, y: at.y });
  return browser.until(`a tooltip over ${selector}`, () => document.querySelector(".hoverlayer .hovertext")?.textContent);
}

/// No horizontal overflow, text that can be told from what is behind it, no text of a chart cut at its edge.
async function checkWindow(browser, width, scheme) {
  await browser.window(width, 900, scheme);
  await browser.until(`charts ${width} wide`, (width) => [...document.querySelectorAll(".chart.drawn .plot")].every((plot) => {
    const svg = plot.querySelector(".main-svg")?.getBoundingClientRect();
    return svg && svg.width <= width && Math.abs(svg.width - plot.clientWidth) < 2;
  }), width);
  const found = await browser.evaluate(() => {
    const colour = (text) => text.match(/[\d.]+/g).slice(0, 3).map(Number);
    const luminance = (rgb) => {
      const [r, g, b] = rgb.map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const style = getComputedStyle(document.body);
    const behind = luminance(colour(style.backgroundColor));
    const contrast = (text) => {
      const [low, high] = [behind, luminance(colour(text))].sort((a, b) => a - b);
      return (high + 0.05) / (low + 0.05);
    };
    const label = document.querySelector(".plot .xtitle");
    return {
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      behind, text: contrast(style.color), label: label ? contrast(getComputedStyle(label).fill) : 21,
    };
  });
  assert.ok(found.overflow <= 0, `${found.overflow} px too wide in a window of ${width} px, ${scheme}`);
  assert.equal(found.behind < 0.2, scheme === "dark", "the page is dark when asked");
  assert.ok(found.text >= 7 && found.label >= 7, `contrast of ${found.text} and ${found.label}, ${scheme}`);
}

/// What a page shows where no script runs: tables, and figures in the place of charts.
async function checkWithoutScripts(browser, address) {
  await browser.send("Emulation.setScriptExecutionDisabled", { value: true });
  await browser.open(address);
  const found = await browser.evaluate(() => ({
    rows: document.querySelectorAll("table tbody tr").length,
    broken: [...document.images].filter((i) => i.complete && i.naturalWidth === 0).length,
    figures: [...document.querySelectorAll('.chart[data-chart="rates"] .static img')].map((i) => i.getBoundingClientRect().height),
    charts: document.querySelectorAll('.chart[data-chart="rates"]').length,
  }));
  await browser.send("Emulation.setScriptExecutionDisabled", { value: false });
  assert.ok(found.rows > 0 && found.broken === 0, JSON.stringify(found));
  assert.equal(found.figures.length, found.charts);
  assert.ok(found.figures.every((height) => height > 100), JSON.stringify(found));
}

/// What readers of screens and keyboards need.
async function checkAccess(browser) {
  const problems = await browser.evaluate(() => {
    const found = [];
    let depth = 0;
    for (const h of document.querySelectorAll("h1, h2, h3, h4")) {
      const level = Number(h.tagName[1]);
      if (level > depth + 1) found.push(`${h.tagName} follows H${depth}: ${h.textContent}`);
      depth = level;
    }
    if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
    for (const table of document.querySelectorAll("table")) {
      if (!table.caption?.textContent.trim()) found.push("a table without caption");
      if (!table.querySelector("thead th[scope=col]")) found.push("a table without headings");
    }
    for (const image of document.images) if (!image.alt.trim()) found.push("a picture without alternative text");
    for (const plot of document.querySelectorAll(".plot")) if (!plot.getAttribute("aria-label")) found.push("a chart without label");
    for (const select of document.querySelectorAll("select")) if (!select.labels.length) found.push("a choice without label");
    const ids = [...document.querySelectorAll("main [id], nav [id]")].map((e) => e.id);
    for (const a of document.querySelectorAll("nav a")) if (!document.querySelector(a.getAttribute("href"))) found.push(`${a.href} leads nowhere`);
    if (new Set(ids).size !== ids.length) found.push("an id is there twice");
    return found;
  });
  assert.deepEqual(problems, []);
}

async function checkPage(browser, heard, screenshots, page, dirs) {
  assert.ok(existsSync(page), `${page} is not there`);
  const name = basename(page, ".html");
  const address = pathToFileURL(page).href;
  const studies = dirs.filter((dir) => existsSync(join(dir, "tables/pooled.csv")));
  const figures = dirs.filter((dir) => existsSync(join(dir, "figures")) && !studies.includes(dir));
  heard.length = 0;
  await browser.window(1200, 900, "light");
  await browser.open(address);
  const charts = await browser.until("every chart is drawn", () => {
    const all = [...document.querySelectorAll(".chart")];
    const drawn = all.every((c) => c.classList.contains("drawn") && c.querySelector(".plot .main-svg"));
    return drawn && all.length;
  });
  const titles = studies.map((dir) => JSON.parse(readFileSync(join(dir, "manifest.json"), "utf8")).title);
  const shown = await browser.evaluate(() => ({
    broken: window.broken ?? null,
    buttons: [...document.querySelectorAll(".modebar-btn")].map((b) => b.dataset.title).filter((t) => !/^(Download|Zoom|Pan|Reset)/.test(t)), headings: [...document.querySelectorAll("h2")].map((h) => h.textContent),
    images: document.images.length, failed: [...document.images].filter((i) => i.offsetParent && i.naturalWidth === 0).length,
  }));
  assert.equal(shown.broken, null, "a title ran as a script");
  titles.forEach((title) => assert.ok(shown.headings.includes(title), `${title} is not among ${shown.headings}`));
  assert.deepEqual(shown.buttons, [], "buttons that are not for reading the chart");
  assert.equal(shown.failed, 0, "pictures that cannot be shown");
  let [nCells, nBars, nPoints] = [0, 0, 0];
  for (const dir of studies) {
    for (const file of readdirSync(join(dir, "tables"))) {
      if (["pooled.csv", "summary.csv"].includes(file)) nCells += await compareTable(browser, dir, `tables/${file}`);
    }
    nCells += await compareCorrelations(browser, dir);
    nBars += await compareBars(browser, dir);
    nPoints += await comparePoints(browser, dir);
    const folder = basename(dir);
    const tip = await hover(browser, folder, '.chart[data-chart="rates"] .barlayer .point path');
    assert.match(tip, /match rate [01]\.\d{3} \(\d+ of \d+\).*no-op rate.*strict/, tip);
    const point = await hover(browser, folder, '.chart[data-chart="scatter"] .scatterlayer .point');
    assert.match(point, /replicate \d+.*rms.*cosine similarity/, point);
  }
  for (const dir of figures) {
    const wanted = readdirSync(join(dir, "figures")).filter((file) => file.endsWith(".svg"));
    const found = await browser.evaluate((folder) => {
      const section = [...document.querySelectorAll("main > section")].find((s) => s.dataset.folder === folder);
      return [...section.querySelectorAll("figure img")].map((i) => i.naturalWidth);
    }, basename(dir));
    assert.equal(found.length, wanted.length, `pictures of ${dir}`);
    assert.ok(found.every((width) => width > 100), `${found} px wide pictures of ${dir}`);
  }
  await checkAccess(browser);
  for (const scheme of ["light", "dark"]) {
    for (const width of [1200, 360]) {
      await checkWindow(browser, width, scheme);
      writeFileSync(join(screenshots, `${name}-${width}-${scheme}.png`), await browser.screenshot());
    }
  }
  assert.deepEqual(heard, [], "complaints of the page");
  await checkWithoutScripts(browser, address);
  console.log(`${name}: ${charts} charts, ${nBars} bars, ${nPoints} points, ${nCells} cells of tables, ${shown.images} pictures`);
}

const [program, screenshots, ...rest] = process.argv.slice(2);
const jobs = [[]];
for (const word of rest) {
  if (word === "--") jobs.push([]);
  else jobs.at(-1).push(word);
}
const browser = await Chromium.start(program);
try {
  const heard = complaints(browser);
  for (const [page, ...dirs] of jobs) await checkPage(browser, heard, screenshots, page, dirs);
} finally {
  await browser.stop();
}
