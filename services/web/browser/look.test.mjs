// What pages are to a screen reader (ARIA snapshots, kept in testdata), with colours of the reader's own, and with text of
// twice the size. Screenshots are kept where RACKVIDD_SHOTS says.
import { test, after } from "node:test";
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { browser, group, person, place, signIn } from "./site.mjs";

after(() => browser.close());

const update = process.env.RACKVIDD_UPDATE === "1"; // go test ./services/web/browser -update
const shots = process.env.RACKVIDD_SHOTS;

const pages = {
  login: "/login", accessibility: "/tillganglighet", referral: `${place}/referrals/new`, enrolment: `${place}/enrolments/new`, "new-group": `${place}/groups/new`,
  "new-programme": `${place}/programmes/new`, import: `${place}/import`, merge: `${place}/merges/new`, guests: `${place}/guests`, "as-of": `${place}/as-of`,
  replay: `${place}/replay`, "new-user": "/users/new",
};

// What changes from day to day and from run to run is not what a page is.
const steady = (text) =>
  text
    .replace(/^ *- radio ".+ sputnik, stödgrupp"\n.*\n/gm, "") // groups of other tests
    .replace(/[a-z2-7]{25}[aeimquy4]/g, "ID")
    .replace(/\d\d\d\d-\d\d-\d\d/g, "DAY")
    .replace(/\d{1,2} (januari|februari|mars|april|maj|juni|juli|augusti|september|oktober|november|december) \d{4}/g, "DAY")
    .replace(/(måndag|tisdag|onsdag|torsdag|fredag|lördag|söndag)/g, "WEEKDAY")
    .replace(/\b20\d\d\b/g, "YEAR")
    .replace(/\b\d\d\.\d\d\b/g, "CLOCK");

test("what a screen reader finds on the main pages", async () => {
  const one = await person({ lang: "sv", width: 1280 });
  const differ = [];
  const compare = async (name, part = "main") => {
    const now = steady(await one.page.locator(part).ariaSnapshot()) + "\n";
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
  await signIn(one, "demo");
  await one.open("/tillganglighet");
  await compare("frame", "body");
  for (const [name, path] of Object.entries(pages).filter(([name]) => name !== "login")) {
    await one.open(path);
    await compare(name, name === "replay" ? "main form" : "main"); // below it stands what others replayed
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
  await one.close();
  assert.deepEqual(differ, [], "go test ./services/web/browser -update writes them anew");
});

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
    await signIn(one, "demo");
    const { at, register } = await group(one, `Syn ${name[0]}`, 3);
    const wrong = [];
    for (const path of [...Object.values(pages).slice(1), at, register, `${place}/`, `${place}/surveys/2025`, `${place}/reach?year=2025`, "/operations", "/ordlista"]) {
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
