// What every test in a browser needs: the site, a browser, and somebody who uses it in one of several ways.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import assert from "node:assert/strict";
import { test } from "node:test";

const need = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: go test ./services/web/browser sets it`);
  return value;
};

const tools = createRequire(need("RACKVIDD_BROWSER_TOOLS") + "/");
export const { chromium } = tools("playwright-core");
const axe = readFileSync(tools.resolve("axe-core/axe.min.js"), "utf8");

export const site = need("RACKVIDD_SITE");
export const place = "/municipalities/1880";
const password = need("RACKVIDD_PASSWORD");

// The ways in which people use the pages. Every story is told in each of them.
export const ways = [
  { name: "Swedish, by keyboard alone", lang: "sv", width: 1280, keyboard: true },
  { name: "English, at 320 pixels", lang: "en", width: 320 },
  { name: "Swedish, without JavaScript, at 320 pixels", lang: "sv", width: 320, scriptless: true },
];

export const launching = { executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] };
export const browser = await chromium.launch(launching);

// person opens a browser of somebody's own. Whatever a page loads from elsewhere fails the test.
export async function person({ lang, width, scriptless, keyboard, scheme = "light", elsewhere = site }) {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: scheme, javaScriptEnabled: !scriptless });
  await context.addCookies([{ name: "__Host-language", value: lang, url: site.replace("http:", "https:"), secure: true, httpOnly: true, sameSite: "Lax" }]);
  context.setDefaultTimeout(20_000); // on a machine with much else to do
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("request", (request) => [site, elsewhere].some((known) => request.url().startsWith(known)) || wrong.push("loads " + request.url()));
  page.on("console", (message) => message.type() === "error" && /Content Security Policy|Refused/.test(message.text()) && wrong.push(message.text()));
  page.on("response", (response) => response.status() >= 500 && wrong.push(`${response.status()} ${response.url()}`));
  const one = { page, context, lang, keyboard, scriptless, text: (sv, en) => (lang === "sv" ? sv : en) };
  one.close = async () => {
    await context.close();
    assert.deepEqual(wrong, []);
  };
  one.open = (path) => page.goto(site + path);
  one.find = (role, sv, en, options = {}) => page.getByRole(role, { name: one.text(sv, en), exact: true, ...options }).first();
  one.use = (target) => use(one, target);
  one.press = (role, sv, en) => use(one, one.find(role, sv, en));
  one.write = (label, value) => write(one, label, value);
  one.says = (sv, en) => page.getByText(one.text(sv, en)).first().waitFor();
  one.fits = () => fits(one);
  return one;
}

// reach brings the focus to something by the Tab key alone.
async function reach({ page }, target) {
  await target.waitFor();
  for (let i = 0; i < 200; i++) {
    await page.keyboard.press("Tab");
    const there = await target.evaluate((node) => node === node.ownerDocument.activeElement || (node.type === "radio" && node.ownerDocument.activeElement?.type === "radio" && node.name === node.ownerDocument.activeElement.name));
    if (there) return;
  }
  assert.fail(`${target} cannot be reached by the Tab key`);
}

// use presses a button, follows a link, opens details or makes a choice, by keyboard where the person has nothing else.
async function use(one, target) {
  const { page, keyboard } = one;
  if (!keyboard) {
    await target.waitFor();
    if (await target.evaluate((node) => ["radio", "checkbox"].includes(node.type))) return target.locator("xpath=ancestor::label").click();
    await target.click();
    return settled(page);
  }
  await reach(one, target);
  const kind = await target.evaluate((node) => node.type ?? node.tagName);
  if (kind === "radio") {
    // arrows choose within a group
    for (let i = 0; i < 200 && !(await target.evaluate((node) => node === node.ownerDocument.activeElement)); i++) await page.keyboard.press("ArrowDown");
    if (!(await target.isChecked())) await page.keyboard.press("Space");
    return;
  }
  await page.keyboard.press(kind === "checkbox" ? "Space" : "Enter");
  await settled(page);
}

// settled waits until the page that a key or a click led to is there.
async function settled(page) {
  await page.waitForTimeout(150);
  await page.waitForLoadState();
}

async function write(one, target, value) {
  if (!one.keyboard || (await target.evaluate((node) => node.type)) === "date") return target.fill(value);
  await reach(one, target);
  await one.page.keyboard.press("Control+A");
  await one.page.keyboard.type(value);
}

// fits: nothing is wider than the screen.
async function fits({ page }) {
  const [wide, has] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(wide <= has, `${page.url()} is ${wide} pixels wide on a screen of ${has}`);
}

// signIn uses the form as anybody would.
export async function signIn(one, name, secret = password) {
  await one.open("/login");
  await one.write(one.page.locator("#name"), name);
  await one.write(one.page.locator("#password"), secret);
  await one.press("button", "Logga in", "Sign in");
  await one.find("button", "Logga ut", "Sign out").waitFor();
}

// teller tells stories of somebody who uses the pages in one way, and has signed in.
export const teller = (way, user) => (name, tell) =>
  test(name, async () => {
    const one = await person(way);
    try {
      await signIn(one, user);
      await tell(one);
    } finally {
      await one.close();
    }
  });

// post sends a form as the page's own script would, and returns the address that it leads to. Arrays are fields of the same name.
export const post = ({ page }, path, fields) =>
  page.evaluate(
    async ([to, list]) => {
      const answer = await fetch(to, { method: "POST", body: new URLSearchParams([...list, ["key", crypto.randomUUID()]]) });
      if (!answer.ok) throw new Error(`${answer.status} ${to}`);
      return new URL(answer.url).pathname;
    },
    [path, Object.entries(fields).flatMap(([name, value]) => [value].flat().map((one) => [name, one]))],
  );

// account makes somebody who can sign in, by the pages of an administrator, and returns the password.
export async function account(administrator, { name, called, roles, programmes = "*" }) {
  await administrator.open("/users/new");
  await administrator.page.fill("#called", called);
  await administrator.page.fill("#name", name);
  for (const role of roles) await administrator.page.locator(`input[name=roles][value=${role}]`).check();
  await administrator.page.fill("#municipalities", place.split("/").at(-1));
  if (roles.includes("coordinator")) await administrator.page.fill("#programmes", programmes);
  await administrator.press("button", "Spara och skapa länk", "Save and make a link");
  const link = await administrator.page.locator("pre").innerText();
  const secret = `häst batteri klammer ${name}`;
  const somebody = await person({ lang: "sv", width: 1280 });
  await somebody.page.goto(link);
  await somebody.page.fill("#password", secret);
  await somebody.press("button", "Spara och logga in", "Save and sign in");
  await somebody.find("button", "Logga ut", "Sign out").waitFor();
  await somebody.close();
  return secret;
}

// group forms a group of children with a session today, and returns the addresses of both. Who is signed in coordinates sputnik.
export async function group(one, name, size, identity = name) {
  const at = await post(one, `${place}/groups/new`, { name, offer: "sputnik/support_group" });
  for (let i = 1; i <= size; i++) {
    await post(one, `${at}/members`, { identity: `${identity}-${i}`, label: `${name} ${String(i).padStart(2, "0")}` });
  }
  const register = await post(one, `${place}/sessions/new`, { offer: `group/${at.split("/").at(-1)}`, held_on: today() });
  return { at, register };
}

// today is the day in Sweden.
export const today = () => new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Stockholm" }).format(new Date());

// violations are those of WCAG 2.2 A and AA, and of good practice, of a page as it stands, light and narrow; and what
// else may depend on the screen and on the colours, in the other pairs.
export async function violations(page) {
  const found = new Set();
  await page.evaluate(axe);
  for (const [width, colorScheme, runOnly] of [
    [320, "light", ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]],
    [320, "dark", { type: "rule", values: ["color-contrast"] }],
    [1280, "light", { type: "rule", values: ["color-contrast"] }],
    [1280, "dark", { type: "rule", values: ["color-contrast", "target-size"] }],
  ]) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme });
    const result = await page.evaluate((only) => axe.run(document, { runOnly: only, resultTypes: ["violations"] }), runOnly);
    for (const v of result.violations) found.add(`${width} pixels, ${colorScheme}: ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ") + " " + n.failureSummary.replace(/\s+/g, " ")).join(", ")}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > width) found.add(`${wide} pixels wide on a screen of ${width}`);
  }
  return [...found];
}
