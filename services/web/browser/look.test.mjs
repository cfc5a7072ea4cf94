// What pages are to a screen reader (ARIA snapshots, kept in testdata), with colours of the reader's own, and with text of
// twice the size. Screenshots are kept where RACKVIDD_SHOTS says.
import { after } from "node:test";
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { browser, enter, group, person, place, test } from "./site.mjs";
import { states } from "./states.mjs";

after(() => browser.close());

const update = process.env.RACKVIDD_UPDATE === "1"; // go test ./services/web/browser -update
const shots = process.env.RACKVIDD_SHOTS;

const pages = {
  login: "/login", accessibility: "/tillganglighet", referral: `${place}/referrals/new`, enrolment: `${place}/enrolments/new`, "new-group": `${place}/groups/new`,
  "new-programme": `${place}/programmes/new`, import: `${place}/import`, merge: `${place}/merges/new`, guests: `${place}/guests`, "as-of": `${place}/as-of`,
  replay: `${place}/replay`, roles: "/roles", "new-user": "/users/new",
};

const survey = `${place}/surveys/2025`;

// What stands on these changes by the day: no number of theirs is kept, and of rows the first alone.
const living = {
  "programme-amend": `${place}/programmes/sputnik`, day: `${place}/`, survey, question: `${survey}/questions/Q4`, figure: `${place}/reach/figures/children?year=2025&sort=form`, checks: `${survey}/checks`, reach: `${place}/reach?year=2025`,
  compare: `${place}/surveys/compare`, log: `${place}/log`, report: "/report?year=2025", users: "/users", operations: "/operations", "read-model": "/operations/models/1880/register", reads: `${place}/reads`,
  verifications: "/operations/verifications", audited: `${place}/verifications`, definitions: `${place}/surveys/definitions`,
  surveys: `${place}/surveys`, files: `${survey}/export`, "behind-check": `${survey}/checks/S25`,
};

// Of these the rest is what others did before.
const parts = { replay: "main form", operations: "main .scroll >> nth=0", "read-model": "main form", verifications: "main form", audited: "#repairs", "national-log": "#received" };

const first = (page) =>
  page.evaluate(() => {
    for (const node of document.querySelectorAll("main tbody > tr ~ tr, main .rows > li ~ li")) node.remove();
    for (const node of document.querySelectorAll("main pre, main code")) if (node.matches("pre") || !/^[a-z]+[.]/.test(node.textContent)) node.textContent = node.tagName;
  });
const unnumbered = (text) =>
  text
    .replace(/Barn [a-z2-7]{4}\b/g, "Barn NAME")
    .replace(/\bbuild-[a-z2-7]+/g, "PROGRAM")
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UUID")
    .replace(/(?<!level=)(?<![a-z])\d+([\u00a0 ,.:]\d+)*/g, "N");

// What changes from day to day and from run to run is not what a page is.
const steady = (text) =>
  text
    .replace(/^ *- radio ".+ sputnik, stödgrupp"\n.*\n/gm, "") // groups of other tests
    .replace(/^ *- option ".+, \d{1,2} [a-z]+ \d{4}"\n/gm, "") // referrals that wait on the day
    .replace(/barn [a-z2-7]{4} (är samma|och räknas)/g, "barn NAME $1")
    .replace(/[a-z2-7]{25}[aeimquy4]/g, "ID")
    .replace(/\d\d\d\d-\d\d-\d\d/g, "DAY")
    .replace(/\d{1,2} (januari|februari|mars|april|maj|juni|juli|augusti|september|oktober|november|december) \d{4}/g, "DAY")
    .replace(/(måndag|tisdag|onsdag|torsdag|fredag|lördag|söndag)/g, "WEEKDAY")
    .replace(/\b20\d\d\b/g, "YEAR")
    .replace(/\b\d\d\.\d\d\b/g, "CLOCK");

test("what a screen reader finds on the main pages", async () => {
  const one = await person({ lang: "sv", width: 1280 });
  const differ = [];
  const compare = async (name, { part = "main", lives } = {}) => {
    if (lives) await first(one.page);
    const found = (await one.page.locator(part).ariaSnapshot()) + "\n";
    const now = lives ? unnumbered(steady(found.replace(/%2F/gi, "/"))) : steady(found);
    const file = new URL(`testdata/${name}.aria.yml`, import.meta.url);
    if (update) {
      await mkdir(new URL("testdata/", import.meta.url), { recursive: true });
      return writeFile(file, now);
    }
    const kept = existsSync(file) ? await readFile(file, "utf8") : "";
    if (kept !== now) differ.push(`${name}:\n${now}`);
  };
  await one.open("/login");
  await compare("login");
  await enter(one, "demo");
  await one.open("/tillganglighet");
  await compare("frame", { part: "body" });
  for (const [name, path] of Object.entries(pages).filter(([name]) => name !== "login")) {
    await one.open(path);
    await compare(name, { part: parts[name] });
  }
  for (const [name, path] of Object.entries(living)) {
    await one.open(path);
    await compare(name, { part: parts[name], lives: true });
  }
  for (const [name, reach] of Object.entries(states)) {
    await reach(one);
    await compare(name, { part: parts[name], lives: true });
  }
  const { at, register } = await group(one, "Lyssna", 3, `lyssna-${process.pid}`);
  await one.open(register);
  await compare("register");
  await one.page.locator(".here").first().click();
  await one.says(/1 av 3 ifyllda\. Sparat/);
  await one.open(register);
  await compare("register-begun");
  await one.open(at);
  await compare("group");
  await one.page.locator("main .rows a").first().click();
  await one.page.locator("h1").waitFor();
  await compare("child");
  const child = new URL(one.page.url()).pathname;
  for (const [name, what] of [["stored", "disclosure"], ["erase", "erase"]]) {
    await one.open(`${child}/${what}`);
    await compare(name, { lives: true });
  }
  await one.close();
  assert.deepEqual(differ, [], "go test ./services/web/browser -update writes them anew");
}, 480_000);

// cut is what cannot be read or reached: wider than the screen, or a control that does not hold its own text.
const cut = (page) =>
  page.evaluate(() => {
    const wrong = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) wrong.push(`${root.scrollWidth} pixels wide on a screen of ${root.clientWidth}`);
    for (const node of document.querySelectorAll("button, .button, .mark span, .tag, legend, label, summary, h1, h2, h3, .menu a")) {
      const box = node.getBoundingClientRect();
      if (!node.checkVisibility({ checkVisibilityCSS: true, contentVisibilityAuto: true }) || node.closest(".visually-hidden, .scroll") || node.matches(".visually-hidden, .mark") || !box.width) continue;
      if (node.scrollWidth > Math.ceil(box.width) + 1 || node.scrollHeight > Math.ceil(box.height) + 2) wrong.push(`cut: ${node.tagName} ${node.textContent.trim().slice(0, 40)}`);
      if (box.right > root.clientWidth + 1 || box.left < -1) wrong.push(`beside the screen: ${node.tagName} ${node.textContent.trim().slice(0, 40)}`);
    }
    return wrong;
  });

for (const [name, set] of [
  ["text of twice the size", async (one) => one.page.evaluate(() => (document.documentElement.style.fontSize = "200%"))],
  ["colours of the reader's own", async (one) => one.page.emulateMedia({ forcedColors: "active" })],
  ["paper", async (one) => one.page.emulateMedia({ media: "print" })],
]) {
  test(`with ${name} nothing is cut off`, async () => {
    const one = await person({ lang: "sv", width: 640 });
    await enter(one, "demo");
    const { at, register } = await group(one, `Syn ${name[0]}`, 3);
    const wrong = [];
    for (const path of [...Object.values(pages).slice(1), ...Object.values(living), at, register, "/ordlista"]) {
      await one.open(path);
      await set(one);
      if (path === register && name !== "paper") await one.page.locator(".here").first().click();
      if (path === register && name.startsWith("colours")) {
        const outlined = await one.page.locator(".here span").first().evaluate((node) => getComputedStyle(node).outlineStyle);
        if (outlined === "none") wrong.push("what is chosen differs by its colour alone");
      }
      for (const one_ of await cut(one.page)) wrong.push(`${path}: ${one_}`);
      if (shots) await one.page.screenshot({ path: `${shots}/${name.split(" ")[0]}-${path.replace(/\W+/g, "_").slice(-40)}.png` });
    }
    await one.close();
    assert.deepEqual(wrong, []);
  });
}

// under is what has the focus and lies under what stays on the screen, and what of that is not whole on it.
const under = (page) =>
  page.evaluate(() => {
    const wrong = [];
    const exit = document.querySelector("form.exit");
    const what = (node) => `${node.tagName} ${node.textContent.trim().slice(0, 40) || node.name}`;
    for (const node of document.querySelectorAll("main :is(a, button, input, select, textarea, summary), footer a")) {
      if (!node.checkVisibility({ checkVisibilityCSS: true }) || node.tabIndex < 0 || node.disabled) continue;
      node.focus();
      const box = node.getBoundingClientRect();
      for (const bar of document.querySelectorAll("form.exit, .sticky")) {
        const { top, bottom } = bar.getBoundingClientRect();
        if (!bar.contains(node) && box.top < bottom - 1 && box.bottom > top + 1) wrong.push(`${what(node)} is under ${bar.className}`);
      }
      const { left, right, top, bottom } = exit.getBoundingClientRect();
      if (left !== 0 || right !== document.documentElement.clientWidth || top < 0 || bottom > innerHeight) wrong.push(`at ${what(node)} the way out is not a row of its own on the screen`);
    }
    return wrong;
  });

for (const size of ["100%", "200%"]) {
  test(`the way out stays on the screen and covers nothing, with text of ${size}`, async () => {
    const one = await person({ lang: "sv", width: 320 });
    await enter(one, "demo");
    const { at, register } = await group(one, `Ut ${size}`, 12);
    const wrong = [];
    for (const path of [`${place}/`, at, register, `${place}/enrolments/new`]) {
      await one.open(path);
      await one.page.evaluate((to) => (document.documentElement.style.fontSize = to), size);
      for (const what of await under(one.page)) wrong.push(`${path}: ${what}`);
      if (shots) await one.page.screenshot({ path: `${shots}/out-${size.slice(0, 3)}-${path.replace(/\W+/g, "_").slice(-40)}.png` });
    }
    await one.close();
    assert.deepEqual(wrong, []);
  });
}

test("the focus is in the heading of a page that was come to from another, and in what is wrong with a form", async () => {
  for (const scriptless of [false, true]) {
    const one = await person({ lang: "sv", width: 1280, scriptless, keyboard: true });
    await enter(one, "demo");
    const has = (selector) => one.page.locator(`${selector}:focus`).waitFor();
    await one.open(`${place}/groups`);
    await one.page.keyboard.press("Tab");
    await has(".skip");
    await one.press("link", "Min dag");
    await has("h1");
    await one.page.keyboard.press("Tab");
    await has("main a");
    await one.page.reload();
    await one.page.locator("h1").waitFor();
    assert.equal(await one.page.locator("h1:focus").count(), 0, "the skip link is not the first stop of a page that was asked for again");
    await one.open(`${place}/groups/new`);
    await one.press("button", "Skapa gruppen");
    await has("#errors");
    await one.write(one.page.locator("#name"), `Fokus ${scriptless}`);
    await one.use(one.page.getByRole("radio").first());
    await one.press("button", "Skapa gruppen");
    await has("h1");
    await one.close();
  }
});
