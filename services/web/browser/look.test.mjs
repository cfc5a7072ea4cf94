// What pages are to a screen reader (ARIA snapshots, kept in testdata), with colours of the reader's own, and with text of
// twice the size. Screenshots are kept where RACKVIDD_SHOTS says.
import { after, before, describe } from "node:test";
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { browser, enter, group, inTurn, person, place, test, unfolded } from "./site.mjs";
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
  compare: `${place}/surveys/compare?from=2023&to=2025`, log: `${place}/log`, report: "/report?year=2025", users: "/users", operations: "/operations", "read-model": "/operations/models/1880/register", reads: `${place}/reads`,
  verifications: "/operations/verifications", audited: `${place}/verifications`, definitions: `${place}/surveys/definitions`,
  surveys: `${place}/surveys`, files: `${survey}/export`, "behind-check": `${survey}/checks/S25`,
};

// Of these the rest is what others did before.
const parts = { replay: "main form", operations: "main .scroll >> nth=0", "read-model": "main form", verifications: "main form", audited: "#repairs", "national-log": "#received", "national-verification": "#verified", "token-narrowed": "main tbody .quiet" };

// first leaves of rows the first alone and hides what differs each time, until again.
const first = (page) =>
  page.evaluate(() => {
    for (const node of document.querySelectorAll("main tbody > tr ~ tr, main .rows > li ~ li")) if (!node.hidden) node.hidden = node.dataset.rest = true;
    for (const node of document.querySelectorAll("main pre, main code")) {
      if (!node.matches("pre") && /^[a-z]+[.]/.test(node.textContent)) continue;
      node.dataset.was = node.textContent;
      node.textContent = node.tagName;
    }
  });
const again = (page) =>
  page.evaluate(() => {
    for (const node of document.querySelectorAll("[data-rest]")) node.hidden = false;
    for (const node of document.querySelectorAll("[data-was]")) node.textContent = node.dataset.was;
  });
const unnumbered = (text) =>
  text
    .replace(/(Barn|Child) [a-z2-7]{4}\b/g, "$1 NAME")
    .replace(/\bbuild-[a-z2-7]+/g, "PROGRAM")
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UUID")
    .replace(/(?<!level=)(?<![a-z])\d+([\u00a0 ,.:]\d+)*/g, "N");

const months = "januari|februari|mars|april|maj|juni|juli|augusti|september|oktober|november|december|January|February|March|April|May|June|July|August|September|October|November|December";

// What changes from day to day and from run to run is not what a page is.
const steady = (text) =>
  text
    .replace(/^ *- radio ".+ sputnik, (stödgrupp|support group)"\n.*\n/gm, "") // groups of other tests
    .replace(/^ *- option ".+, \d{1,2} [A-Za-z]+ \d{4}"\n/gm, "") // referrals that wait on the day
    .replace(/(barn|child) [a-z2-7]{4} (är samma|och räknas|is the same|and counts)/g, "$1 NAME $2")
    .replace(/[a-z2-7]{25}[aeimquy4]/g, "ID")
    .replace(/\d\d\d\d-\d\d-\d\d/g, "DAY")
    .replace(new RegExp(`\\d{1,2} (${months}) \\d{4}`, "g"), "DAY")
    .replace(/(måndag|tisdag|onsdag|torsdag|fredag|lördag|söndag|(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)/g, "WEEKDAY")
    .replace(/\b20\d\d\b/g, "YEAR")
    .replace(/(^ *- option "YEAR"( \[selected\])?\n)+/gm, (years) => `${years.match(/^ */)[0]}- option "YEAR"\n`) // of which there are more each year
    .replace(/\b\d\d[.:]\d\d\b/g, "CLOCK");

describe("what a screen reader finds, in both languages", () => {
  const readers = [];
  before(async () => {
    for (const lang of ["sv", "en"]) readers.push(await person({ lang, width: 1280 }));
  });
  after(async () => {
    for (const one of readers) await one.close();
  });

  const compare = async (one, name, part, lives) => {
    if (lives) await first(one.page);
    const found = (await one.page.locator(part ?? "main").ariaSnapshot()) + "\n";
    if (lives) await again(one.page);
    const now = lives ? unnumbered(steady(found.replace(/%2F/gi, "/"))) : steady(found);
    const folder = new URL(one.text("testdata/", "testdata/en/"), import.meta.url);
    const file = new URL(`${name}.aria.yml`, folder);
    if (update) {
      await mkdir(folder, { recursive: true });
      return writeFile(file, now);
    }
    const kept = existsSync(file) ? await readFile(file, "utf8") : "";
    assert.equal(now, kept, `${name} (${one.lang}): go test ./services/web/browser -update writes it anew`);
  };
  const page = (name, come, { part, lives } = {}) =>
    test(name, async () => {
      for (const one of readers) {
        await come(one);
        await compare(one, name, part, lives);
      }
    });

  page("login", (one) => one.open("/login"));
  page("frame", (one) => enter(one, "demo").then(() => one.open("/tillganglighet")), { part: "body" });
  for (const [name, path] of Object.entries(pages).filter(([name]) => name !== "login")) page(name, (one) => one.open(path), { part: parts[name] });
  for (const [name, path] of Object.entries(living)) page(name, (one) => one.open(path), { part: parts[name], lives: true });
  for (const [n, [name, reach]] of Object.entries(states).entries()) {
    test(name, async () => {
      for (const one of readers.filter(({ lang }) => inTurn(n).includes(lang))) {
        await reach(one);
        await compare(one, name, parts[name], true);
        assert.deepEqual(await unfolded(one), []);
      }
    });
  }

  const groups = {}; // by language
  page("register", async (one) => {
    groups[one.lang] = await group(one, one.text("Lyssna", "Listen"), 3, `lyssna-${one.lang}-${process.pid}`);
    await one.open(groups[one.lang].register);
  });
  page("register-begun", async (one) => {
    const { register } = groups[one.lang];
    await one.open(register);
    await one.page.locator(".here").first().click();
    await one.says(/1 av 3 ifyllda\. Sparat/, /1 of 3 filled in\. Saved/);
    await one.open(register);
  });
  page("group", (one) => one.open(groups[one.lang].at));
  page("child", async (one) => {
    await one.open(groups[one.lang].at);
    await one.follow(one.page.locator("main .rows a").first());
    groups[one.lang].child = new URL(one.page.url()).pathname;
  });
  for (const [name, what] of [["stored", "disclosure"], ["erase", "erase"]]) page(name, (one) => one.open(`${groups[one.lang].child}/${what}`), { lives: true });
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

// untold is what a page tells by colours that the reader's own have taken the place of: a state must have a border, an outline, a sign
// or a line under it that its opposite has not, a message a border and words, what is drawn in a chart a colour that differs from the
// page's and a series dashes or hatching of its own, and what has the focus an outline. It says which of these the page has.
const untold = async (page) => {
  await page.keyboard.press("Tab"); // whoever uses keys is shown the focus
  return page.evaluate(() => {
    const wrong = new Set();
    const seen = new Set();
    const what = (node) => `${node.tagName}.${node.getAttribute("class") ?? ""} ${node.textContent.trim().slice(0, 30)}`;
    const shown = (node) => node.checkVisibility({ checkVisibilityCSS: true });
    const rgb = (colour) => {
      const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
      return a ? [r, g, b] : undefined;
    };
    const canvas = (() => {
      const probe = document.body.appendChild(document.createElement("i"));
      probe.style.cssText = "forced-color-adjust: none; color: Canvas";
      const { color } = getComputedStyle(probe);
      probe.remove();
      return rgb(color);
    })();
    const light = (colour) => colour.map((v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const contrast = (a, b) => {
      const [dark, bright] = [light(a), light(b)].sort((x, y) => x - y);
      return (bright + 0.05) / (dark + 0.05);
    };
    const lines = (css) =>
      ["Top", "Right", "Bottom", "Left"].map((side) => {
        const colour = rgb(css[`border${side}Color`]);
        return css[`border${side}Style`] !== "none" && parseFloat(css[`border${side}Width`]) > 0 && colour && contrast(colour, canvas) >= 3 ? css[`border${side}Width`] + css[`border${side}Style`] : "";
      });
    const outlined = (css) => css.outlineStyle !== "none" && parseFloat(css.outlineWidth) >= 2;
    const form = (node) => {
      const css = getComputedStyle(node);
      return [...lines(css), outlined(css), getComputedStyle(node, "::before").content, css.textDecorationLine].join();
    };
    const differ = (kind, on, off) => {
      if (!on || !off || !shown(on) || !shown(off)) return;
      seen.add(kind);
      if (form(on) === form(off)) wrong.add(`${what(on)} differs from ${what(off)} by its colour alone`);
    };
    for (const row of document.querySelectorAll(".register fieldset")) differ("a mark", row.querySelector("input:checked + span"), row.querySelector("input:not(:checked) + span"));
    for (const list of document.querySelectorAll("nav")) differ("where one is", list.querySelector("[aria-current]"), list.querySelector("a:not([aria-current])"));
    for (const node of document.querySelectorAll(".done, .errors, .note, .tag, .invented, .fresh.new, .field.wrong")) {
      if (!shown(node)) continue;
      seen.add("a message");
      if (!node.textContent.trim()) wrong.add(`${what(node)} has no words`);
      if (!lines(getComputedStyle(node)).some(Boolean)) wrong.add(`${what(node)} has no border`);
    }
    for (const svg of document.querySelectorAll(".chart svg")) {
      if (!shown(svg)) continue;
      const map = svg.matches(".tiles");
      seen.add(map ? "a map" : "a chart");
      const looks = [1, 2, 3, 4].map((n) => [...new Set([...svg.querySelectorAll(`path.series-${n}`)].map((path) => [path.getAttribute("stroke-dasharray"), path.getAttribute("d").split("M").length > 2].join()))].sort().join(" ")).filter(Boolean);
      if (new Set(looks).size < looks.length) wrong.add(`series of ${what(svg)} differ by their colour alone`);
      for (const drawn of svg.querySelectorAll("path[class], rect")) {
        const { fill, stroke } = getComputedStyle(drawn);
        if (![fill, stroke].some((paint) => paint !== "none" && rgb(paint) && contrast(rgb(paint), canvas) >= 3)) wrong.add(`${drawn.outerHTML.slice(0, 60)} cannot be told from the page`);
      }
      for (const text of svg.querySelectorAll("text")) {
        const under = map ? rgb(getComputedStyle(text.parentNode.querySelector("rect")).fill) : canvas;
        if (contrast(rgb(getComputedStyle(text).fill), under) < 4.5) wrong.add(`${text.textContent} in ${what(text.parentNode)} cannot be read`);
      }
    }
    const kinds = new Set();
    for (const node of document.querySelectorAll("a, button, input, select, textarea, summary")) {
      const kind = `${node.tagName}.${node.className}.${node.type ?? ""}.${node.parentNode.className}`;
      if (kinds.has(kind) || !shown(node) || node.tabIndex < 0 || node.disabled) continue;
      kinds.add(kind);
      node.focus();
      if (document.activeElement !== node) continue;
      seen.add("the focus");
      if (![node, node.nextElementSibling].some((one) => one && outlined(getComputedStyle(one)))) wrong.add(`${what(node)} does not show that it has the focus`);
    }
    document.activeElement.blur();
    return { wrong: [...wrong], seen: [...seen] };
  });
};

// Each page is opened once, and looked at in each of these ways.
const sights = {
  "text of twice the size": [(page) => page.evaluate(() => (document.documentElement.style.fontSize = "200%")), (page) => page.evaluate(() => (document.documentElement.style.fontSize = ""))],
  "colours of the reader's own": [(page) => page.emulateMedia({ forcedColors: "active" }), (page) => page.emulateMedia({ forcedColors: "none" })],
  "colours of the reader's own, light on dark": [(page) => page.emulateMedia({ forcedColors: "active", colorScheme: "dark" }), (page) => page.emulateMedia({ forcedColors: "none", colorScheme: "light" })],
  paper: [(page) => page.emulateMedia({ media: "print" }), (page) => page.emulateMedia({ media: "screen" })],
};

test("nothing is cut off with text of twice the size, with colours of the reader's own or on paper, and no state is told by our colours alone", async () => {
  const one = await person({ lang: "sv", width: 640 });
  await enter(one, "demo");
  const { at, register } = await group(one, "Syn", 3);
  const wrong = [];
  const seen = new Set();
  const look = async (name) => {
    for (const [sight, [begin, end]] of Object.entries(sights)) {
      await begin(one.page);
      for (const what of await cut(one.page)) wrong.push(`${name}, ${sight}: ${what}`);
      if (sight.startsWith("colours")) {
        const told = await untold(one.page);
        for (const what of told.wrong) wrong.push(`${name}, ${sight}: ${what}`);
        for (const kind of told.seen) seen.add(kind);
      }
      if (shots) await one.page.screenshot({ path: `${shots}/${sight.split(" ")[0]}-${name.replace(/\W+/g, "_").slice(-40)}.png` });
      await end(one.page);
    }
  };
  for (const path of [...Object.values(pages).slice(1), ...Object.values(living), at, register, "/ordlista"]) {
    await one.open(path);
    if (path === register) await one.page.locator(".here").first().click();
    await look(path);
  }
  for (const name of ["register-cancelled", "survey-amended", "survey-submitted", "group-closed"]) {
    await states[name](one);
    await look(name);
  }
  for (const path of ["/report?year=2023&show=children", "/report?year=2023"]) { // of the survey that is submitted now
    await one.open(path);
    await look(path);
  }
  await one.open(`${place}/groups/new`);
  await one.press("button", "Skapa gruppen");
  await look("a refused form");
  await one.close();
  assert.deepEqual(wrong, []);
  assert.deepEqual([...seen].sort(), ["a chart", "a map", "a mark", "a message", "the focus", "where one is"]);
}, 1_200_000);

test("in the dark nothing but colours is otherwise", async () => {
  const one = await person({ lang: "sv", width: 640 });
  await one.open("/login");
  const dark = await one.page.evaluate(() =>
    [...document.styleSheets]
      .flatMap((sheet) => [...sheet.cssRules])
      .filter((rule) => rule.media && /prefers-color-scheme/.test(rule.media.mediaText))
      .flatMap((rule) => [...rule.cssRules])
      .flatMap(({ style }) => [...style].map((name) => ({ name, colour: name.startsWith("--") && CSS.supports("color", style.getPropertyValue(name)) }))),
  );
  assert.ok(dark.length > 20);
  assert.deepEqual(dark.filter(({ colour }) => !colour), [], "axe looks at nothing else in the dark (site.mjs)");
  await one.close();
});

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
      await one.fits();
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
