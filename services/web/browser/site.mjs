// What every test in a browser needs: the site, a browser, and somebody who uses it in one of several ways.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import assert from "node:assert/strict";
import * as node from "node:test";

const need = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: go test ./services/web/browser sets it`);
  return value;
};

const tools = createRequire(need("RACKVIDD_BROWSER_TOOLS") + "/");
export const { chromium } = tools("playwright-core");
const axe = readFileSync(tools.resolve("axe-core/axe.min.js"), "utf8");

export const site = need("RACKVIDD_SITE");
export const overHTTPS = site.replace("http:", "https:"); // what a cookie for https alone belongs to: browsers send it on this machine
export const place = "/municipalities/1880";
export const password = need("RACKVIDD_PASSWORD");
export const calledAs = process.env.RACKVIDD_NAME ?? "demo"; // whose password it is

// whole is whether everything is tried in every way that there is, or each thing in some, others in turn (decisions/0002).
const whole = process.env.RACKVIDD_WHOLE === "1";

// inTurn are the languages in which the nth of many is tried.
export const inTurn = (n) => (whole ? ["sv", "en"] : [["sv", "en"][n % 2]]);

// The ways in which people use the pages. In a whole run each user group's main task is told in every way, what else they do in one of
// each manner; in a short one the main tasks in one of each manner, and what else is in a file in one of them, by the length of its name.
const manners = [
  { how: "by keyboard alone", width: 1280, keyboard: true },
  { how: "at 320 pixels", width: 320 },
  { how: "without JavaScript, at 320 pixels", width: 320, scriptless: true },
];
const inEach = (language, lang) => manners.map(({ how, ...manner }) => ({ name: `${language}, ${how}`, lang, ...manner }));
const all = [...inEach("Swedish", "sv"), ...inEach("English", "en")];
export const [byKeyboard, onNarrowScreen, withoutScripts] = [all[0], all[4], all[2]];
const ofEachManner = [byKeyboard, onNarrowScreen, withoutScripts];
export const mainWays = whole ? all : ofEachManner;
export const ways = whole ? ofEachManner : [ofEachManner[basename(process.argv[1]).length % 3]];

export const launching = { executablePath: need("CHROMIUM"), args: ["--no-sandbox"] };
export const browser = await chromium.launch(launching);

const patience = 60_000; // on a machine with much else to do

// limited gives an end to what playwright lets take as long as it likes: what a page evaluates, keys, opening and closing.
function limited(thing, ...names) {
  const kind = Object.getPrototypeOf(thing);
  for (const name of names) {
    const act = kind[name];
    kind[name] = function (...given) {
      const hung = new Error(`${name}(${String(given[0] ?? "").slice(0, 80)}) has not ended after ${patience / 1000} s`);
      let timer;
      const late = new Promise((_, fail) => (timer = setTimeout(fail, patience, hung)));
      return Promise.race([act.apply(this, given), late]).finally(() => clearTimeout(timer));
    };
  }
}

const open = new Set(); // everybody's browsers
limited(browser, "newContext", "close");
const blank = await browser.newPage();
limited(blank.context(), "newPage", "close");
limited(blank, "evaluate");
limited(blank.keyboard, "press", "type");
limited(blank.locator("html"), "evaluate", "evaluateAll");
limited(await blank.locator("html").elementHandle(), "evaluate");
await blank.close();

// test is node's, with an end: what hangs fails by its name, and what it has open is closed, which ends what it waits for.
export const test = (name, tell, limit = 600_000) =>
  node.test(name, { timeout: limit }, async (t) => {
    let told = false;
    t.signal.addEventListener("abort", () => told || open.forEach((context) => context.close()));
    try {
      await tell(t);
    } finally {
      told = true;
    }
  });

// until waits for what nothing on a page says by itself, and says what has not come.
export async function until(what, come) {
  for (const end = Date.now() + patience; !(await come()); ) assert.ok(Date.now() < end, `${what}: not after ${patience / 1000} s`);
}

// person opens a browser of somebody's own. Whatever a page loads from elsewhere fails the test.
export async function person({ lang, width, scriptless, keyboard, touch, scheme = "light", elsewhere = site }) {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: scheme, javaScriptEnabled: !scriptless, hasTouch: touch });
  await context.addCookies([{ name: "__Host-language", value: lang, url: overHTTPS, secure: true, httpOnly: true, sameSite: "Lax" }]);
  context.setDefaultTimeout(patience);
  open.add(context);
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("crash", () => wrong.push("the page crashed: " + page.url()));
  page.on("request", (request) => [site, elsewhere].some((known) => request.url().startsWith(known)) || wrong.push("loads " + request.url()));
  page.on("console", (message) => message.type() === "error" && /Content Security Policy|Refused/.test(message.text()) && wrong.push(message.text()));
  page.on("response", (response) => response.status() >= 500 && wrong.push(`${response.status()} ${response.url()}`));
  const one = { page, context, lang, width, keyboard, scriptless, text: (sv, en) => (lang === "sv" ? sv : en) };
  one.close = async () => {
    open.delete(context);
    await context.close();
    assert.deepEqual(wrong, []);
  };
  one.open = (path) => page.goto(site + path);
  one.find = (role, sv, en, options = {}) => page.getByRole(role, { name: one.text(sv, en), exact: true, ...options }).first();
  one.use = (target) => use(one, target);
  one.follow = (target) => led(page, () => target.click());
  one.press = (role, sv, en) => use(one, one.find(role, sv, en));
  one.write = (label, value) => write(one, label, value);
  one.says = (sv, en) => page.getByText(one.text(sv, en)).first().waitFor();
  one.fits = () => fits(one);
  return one;
}

// reach brings the focus to something by the Tab key alone, from where it is, and returns its node.
async function reach({ page }, target) {
  await target.waitFor();
  const found = await target.elementHandle();
  const there = () =>
    found.evaluate((node) => {
      const at = document.activeElement;
      return node === at || (node.type === "radio" && at?.type === "radio" && node.name === at.name && node.form === at.form);
    });
  for (let i = 0; !(await there()); i++) {
    assert.ok(i < 200, `${target} cannot be reached by the Tab key`);
    await page.keyboard.press("Tab");
  }
  return found;
}

// use presses a button, follows a link, opens details or makes a choice, by keyboard where the person has nothing else.
async function use(one, target) {
  const { page, keyboard } = one;
  if (!keyboard) {
    await target.waitFor();
    const kind = await target.evaluate((node) => node.type ?? node.tagName);
    if (["radio", "checkbox"].includes(kind)) return target.locator("xpath=ancestor::label").click();
    return kind === "SUMMARY" ? target.click() : led(page, () => target.click());
  }
  const found = await reach(one, target);
  const kind = await found.evaluate((node) => node.type ?? node.tagName);
  if (kind === "radio") return choose(page, found);
  if (kind === "checkbox" || kind === "SUMMARY") return page.keyboard.press("Space");
  return led(page, () => found.press("Enter"));
}

// choose makes a choice among radio buttons, one of which has the focus, by as many arrows as lie between them.
async function choose(page, radio) {
  const group = () =>
    radio.evaluate((node) => {
      const all = [...(node.form ?? document).querySelectorAll(`input[type=radio][name="${CSS.escape(node.name)}"]:enabled`)];
      return { at: all.indexOf(document.activeElement), to: all.indexOf(node), of: all.length };
    });
  const { at, to, of } = await group();
  const down = (to - at + of) % of;
  for (let i = 0; i < Math.min(down, of - down); i++) await page.keyboard.press(down <= of - down ? "ArrowDown" : "ArrowUp");
  await until("the focus by arrows", async () => (await group()).at === to);
  if (!(await radio.isChecked())) await page.keyboard.press("Space");
}

// led acts, and waits for the page that this leads to, if it leads to one: that is asked for at once.
async function led(page, act) {
  let asks;
  const asked = new Promise((resolve) => {
    // a download, or a page that does not come: what is looked for next says so
    asks = (request) => request.isNavigationRequest() && request.frame() === page.mainFrame() && resolve({ arrived: page.waitForNavigation().catch(() => {}) });
    page.on("request", asks);
  });
  await act();
  const { arrived } = await Promise.race([asked, page.waitForTimeout(500).then(() => ({}))]);
  page.off("request", asks);
  await arrived;
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

const sessions = new Map(); // of this file's people

// enter is for who signs in for something else than signing in: by the form once, and then with that session, in any way.
export async function enter(one, name) {
  if (!sessions.has(name)) {
    await signIn(one, name);
    sessions.set(name, await sessionOf(one));
  }
  await one.context.addCookies([sessions.get(name)]);
}

// sessionOf is the cookie of whoever is signed in.
export async function sessionOf({ context }) {
  const { domain, path, ...cookie } = (await context.cookies(overHTTPS)).find(({ name }) => name === "__Host-session");
  return { ...cookie, url: overHTTPS };
}

// teller tells stories of somebody who uses the pages in one way, and has come in.
export const teller = (way, user, come = enter) => (name, tell) =>
  test(name, async () => {
    const one = await person(way);
    try {
      await come(one, user);
      await tell(one);
    } finally {
      await one.close();
    }
  });

// ask asks beside the pages, and has the whole answer: what is left of one unread keeps its connection, and this process, for a minute.
export async function ask(address, how) {
  const answer = await fetch(address, { ...how, signal: AbortSignal.timeout(patience) });
  await answer.arrayBuffer();
  return answer;
}

// post sends a form beside the pages, in the session of whoever is signed in, and returns the address that it leads to. Arrays
// are fields of the same name.
export async function post({ context }, path, fields) {
  const list = Object.entries(fields).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
  const cookie = (await context.cookies(overHTTPS)).map(({ name, value }) => `${name}=${value}`).join("; ");
  const body = new URLSearchParams([...list, ["key", crypto.randomUUID()]]);
  const answer = await ask(site + path, { method: "POST", headers: { cookie }, body });
  assert.ok(answer.ok, `${answer.status} ${path}`);
  return new URL(answer.url).pathname;
}

// account makes somebody who can sign in, by the pages of an administrator, and returns the password.
export async function account(administrator, { name, called, roles, programmes = "*", municipalities = place.split("/").at(-1) }) {
  await administrator.open("/users/new");
  await administrator.page.fill("#called", called);
  await administrator.page.fill("#name", name);
  for (const role of roles) await administrator.page.locator(`input[name=roles][value=${role}]`).check();
  await administrator.page.fill("#municipalities", municipalities);
  if (roles.includes("coordinator")) await administrator.page.fill("#programmes", programmes);
  await administrator.press("button", "Spara och skapa länk", "Save and make a link");
  return accept(await administrator.page.locator("pre").innerText(), name);
}

// accountOfSeveral makes somebody who works in several municipalities, which the demonstration's administrator may not: by the
// token that may everything. It returns the password.
export async function accountOfSeveral({ name, called, roles, municipalities }) {
  const headers = { authorization: `Bearer ${need("RACKVIDD_TOKEN")}`, "content-type": "application/json", "idempotency-key": crypto.randomUUID() };
  const body = JSON.stringify({ name: called, login: { name, roles, municipalities } });
  const answer = await fetch(`${site}/api/v1/accounts`, { method: "POST", headers, body });
  assert.equal(answer.status, 201, await answer.clone().text());
  return accept(`${site}/invitations/${(await answer.json()).login.invitation}`, name);
}

// accept follows an invitation as who was invited, and returns the password chosen.
async function accept(link, name) {
  const secret = `häst batteri klammer ${name}`;
  const somebody = await person({ lang: "sv", width: 1280 });
  await somebody.page.goto(link);
  await somebody.page.fill("#password", secret);
  await somebody.press("button", "Spara och logga in", "Save and sign in");
  await somebody.find("button", "Logga ut", "Sign out").waitFor();
  await somebody.close();
  return secret;
}

// oneDay waits for the next day where a story would begin on one and end on another.
async function oneDay() {
  const [hour, minute] = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Stockholm", hour: "2-digit", minute: "2-digit" }).format(new Date()).split(":").map(Number);
  if (hour === 23 && minute >= 57) await new Promise((done) => setTimeout(done, (60 - minute) * 60_000));
}

// group forms a group of children with a session today, and returns the addresses of both. Who is signed in coordinates every programme.
export async function group(one, name, size, identity = name, offer = "sputnik/support_group") {
  await oneDay();
  const at = await post(one, `${place}/groups/new`, { name, offer });
  for (let i = 1; i <= size; i++) {
    await post(one, `${at}/members`, { identity: `${identity}-${i}`, label: `${name} ${String(i).padStart(2, "0")}` });
  }
  const register = await post(one, `${place}/sessions/new`, { offer: `group/${at.split("/").at(-1)}`, held_on: today() });
  return { at, register };
}

// cancel cancels a session of today of a group, as a page shows it on which nobody is marked.
export const cancel = (one, register, offer = "sputnik/support_group") => post(one, `${register}/cancel`, { seen: [`day ${today()}`, `kind ${offer}`] });

// today is the day in Sweden.
export const today = () => new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Stockholm" }).format(new Date());

// weight is what a page comes to with all that it loads, in bytes, as they are before anything is packed.
export const weight = ({ page }) =>
  page.evaluate(() => ["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind)).reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0));
export const heaviest = 100_000;

// Every rule on a narrow and on a wide screen, and what depends on colours in the dark as well: nothing else of a page does (look.test.mjs).
// In English words alone are otherwise, and take most room on the narrow screen: a whole run looks at it there. A short run looks at a
// page on one of the screens, and in the dark on the other, two pages so and two the other way: a page in turn is in one language.
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const ofColours = { type: "rule", values: ["color-contrast", "link-in-text-block"] };
const widths = [320, 1280];
let looks = 0;

function screens(lang) {
  if (whole) return lang === "sv" ? { light: widths, dark: widths } : { light: widths.slice(0, 1), dark: [] };
  const first = (looks++ >> 1) % 2;
  return { light: [widths[first]], dark: [widths[1 - first]] };
}

// violations are those of WCAG 2.2 A and AA, and of good practice, of a page as it stands, on the screens that it is looked at on.
export async function violations({ page, lang }) {
  const found = new Set();
  const before = page.viewportSize();
  const look = async (width, colorScheme, runOnly) => {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme });
    const result = await page.evaluate((only) => axe.run(document, { runOnly: only, resultTypes: ["violations"] }), runOnly);
    for (const v of result.violations) found.add(`${width} pixels, ${colorScheme}: ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ") + " " + n.failureSummary.replace(/\s+/g, " ")).join(", ")}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > width) found.add(`${wide} pixels wide on a screen of ${width}`);
  };
  await page.evaluate(axe);
  await page.evaluate(() => scrollTo(0, 0)); // what is half under a row that stays is no smaller for that
  const { light, dark } = screens(lang);
  for (const width of light) await look(width, "light", rules);
  await page.evaluate(fold);
  for (const width of dark) await look(width, "dark", ofColours);
  await page.evaluate(() => document.querySelectorAll("[data-alike]").forEach((row) => (row.hidden = false)));
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: "light" });
  return [...found];
}

// fold hides, in a page, the rows whose colours are those of a row before: of the same elements and classes in the same place, with
// nothing to fill in.
function fold() {
  const seen = new Set();
  const called = (node) => node.tagName + node.getAttribute("class");
  for (const row of document.querySelectorAll("main :is(tr, li, dl > *)")) {
    if (row.hidden || row.querySelector("input, select, textarea")) continue;
    const form = [...row.querySelectorAll("*")].map(called);
    for (let node = row; node.id !== "main"; node = node.parentNode) form.push(called(node));
    if (seen.has(form.join())) row.hidden = row.dataset.alike = true;
    seen.add(form.join());
  }
}

// unfolded are the violations of a page of which nothing is folded.
export async function unfolded(one) {
  await one.page.evaluate(() => document.querySelectorAll("main details").forEach((node) => (node.open = true)));
  return violations(one);
}
