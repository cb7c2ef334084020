// Drives a headless Chromium over its debugging pipe (Chrome DevTools Protocol), with nothing but Node.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/// Milliseconds that anything may take.
const LIMIT = 60_000;

/// A started browser with one tab.
export class Chromium {
  static async start(program) {
    const browser = new Chromium();
    browser.profile = mkdtempSync(join(tmpdir(), "braggscape-browser-"));
    const flags = [
      "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
      "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
      `--user-data-dir=${browser.profile}`, "about:blank",
    ];
    // File descriptors 3 and 4 carry messages, each ended by a zero byte.
    browser.child = spawn(program, flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    browser.ended = new Promise((resolve) => browser.child.on("exit", resolve));
    browser.child.on("error", (error) => browser.fail(error));
    browser.child.on("exit", () => browser.fail(new Error("the browser has ended")));
    browser.waiting = new Map();
    browser.listeners = [];
    browser.next = 1;
    let rest = "";
    browser.child.stdio[4].setEncoding("utf8");
    browser.child.stdio[4].on("data", (chunk) => {
      const messages = (rest + chunk).split("\0");
      rest = messages.pop();
      messages.forEach((message) => browser.receive(JSON.parse(message)));
    });
    browser.child.stdio[3].on("error", () => {});
    const { targetInfos } = await browser.send("Target.getTargets", {}, null);
    const tab = targetInfos.find((target) => target.type === "page");
    const attached = await browser.send("Target.attachToTarget", { targetId: tab.targetId, flatten: true }, null);
    browser.session = attached.sessionId;
    for (const domain of ["Page", "Runtime", "Network", "Log"]) await browser.send(`${domain}.enable`);
    return browser;
  }

  receive(message) {
    const waiting = this.waiting.get(message.id);
    if (waiting) {
      this.waiting.delete(message.id);
      if (message.error) waiting.reject(new Error(`${waiting.method}: ${message.error.message}`));
      else waiting.resolve(message.result);
    } else if (message.method) {
      this.listeners.forEach((listener) => listener(message.method, message.params));
    }
  }

  fail(error) {
    for (const waiting of this.waiting.values()) waiting.reject(error);
    this.waiting.clear();
  }

  /// Sends a command and waits for its answer.
  send(method, params = {}, session = this.session) {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${method}: no answer`)), LIMIT);
      const done = (end) => (value) => {
        clearTimeout(late);
        end(value);
      };
      this.waiting.set(id, { method, resolve: done(resolve), reject: done(reject) });
      const message = { id, method, params };
      if (session) message.sessionId = session;
      this.child.stdio[3].write(`${JSON.stringify(message)}\0`);
    });
  }

  listen(listener) {
    this.listeners.push(listener);
  }

  /// Opens an address and waits until it is loaded.
  async open(address) {
    const loaded = new Promise((resolve) => {
      this.listen((method) => {
        if (method === "Page.loadEventFired") resolve();
      });
    });
    await this.send("Page.navigate", { url: address });
    await loaded;
  }

  /// The value of a function of the page, called with these values.
  async evaluate(f, ...values) {
    const expression = `(${f})(...${JSON.stringify(values)})`;
    const answer = await this.send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    if (answer.exceptionDetails) {
      const { exception, text } = answer.exceptionDetails;
      throw new Error(exception?.description ?? text);
    }
    return answer.result.value;
  }

  /// Waits until a function of the page gives something true, and returns that.
  async until(what, f, ...values) {
    const end = Date.now() + LIMIT / 3;
    while (Date.now() < end) {
      const value = await this.evaluate(f, ...values);
      if (value) return value;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`in vain: ${what}`);
  }

  /// A window of this size, light or dark.
  async window(width, height, scheme) {
    await this.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
    await this.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
  }

  async screenshot() {
    const { data } = await this.send("Page.captureScreenshot", { captureBeyondViewport: true, format: "png" });
    return Buffer.from(data, "base64");
  }

  async stop() {
    this.send("Browser.close", {}, null).catch(() => {});
    await this.ended;
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
