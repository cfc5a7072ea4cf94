// Every page, in both languages, light and dark, on a narrow and a wide screen: no violation, nothing too wide.
import { test, after } from "node:test";
import assert from "node:assert/strict";
import { browser, person, place, signIn, violations } from "./site.mjs";

after(() => browser.close());

const survey = `${place}/surveys/2025`;
const pages = [
  "/tillganglighet", "/ordlista", "/api", "/nothing", `${place}/`, `${place}/groups`, `${place}/groups/new`, `${place}/sessions/new`, `${place}/referrals/new`, `${place}/enrolments/new`,
  `${place}/programmes`, `${place}/programmes/new`, `${place}/import`, `${place}/reach?year=2025`, `${place}/reach?year=2025&as_of=2025-12-31`, `${place}/surveys`, survey,
  `${survey}/checks`, ...["Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "Q7"].map((q) => `${survey}/questions/${q}`), `${place}/log`, `${place}/log/2`, `${place}/as-of?year=2025&day=2026-01-31`, `${place}/merges/new`, `${place}/guests`, `${place}/replay`, "/operations",
  "/account", "/users", "/users/new", "/report?year=2025", "/report?year=2025&public=true&show=children",
  `${place}/reach?year=2025&position=10`, `${place}/reach/figures/children?year=2025`, `${place}/reach/figures/children?year=2025&without=yes&sort=-why`,
  `${survey}/figures/overlap.camp.support_group`, `${place}/surveys/compare`, `${place}/surveys/definitions`,
  `${place}/privacy`, `${place}/reads`, `${place}/reads?from=yesterday`, `${place}/erasures`, "/operations/verifications",
];

// found is what is wrong with every page in a language.
async function found(lang) {
  const one = await person({ lang, width: 1280 });
  const wrong = [];
  const look = async (what) => {
    for (const v of await violations(one.page)) wrong.push(`${what}: ${v}`);
    if ((await one.page.locator("h1").count()) !== 1) wrong.push(`${what} has not one heading of the first rank`);
  };
  await one.open("/login");
  await look("/login");
  await one.press("button", "Logga in", "Sign in");
  await look("/login with errors");
  await signIn(one, "demo");
  for (const path of pages) {
    await one.open(path);
    await look(path);
  }
  for (const [from, ...links] of [
    [`${place}/groups`, "main .rows a:text-is('Skogen')"],
    [`${place}/groups`, "main .rows a:text-is('Skogen')", "main tbody a >> nth=-2"],
    [`${place}/`, "main a[href*='/children/']"],
    ["/users", "main table a"],
    [`${place}/erasures`, "main table a"], // of the stories about data protection
  ]) {
    await one.open(from);
    for (const link of links) await one.page.locator(link).first().click();
    await one.page.evaluate(() => document.querySelectorAll("details").forEach((node) => (node.open = true)));
    await look(one.page.url());
  }
  await one.open(`${place}/`);
  const child = await one.page.locator("main a[href*='/children/']").first().getAttribute("href");
  for (const path of [`${child}/as-of?day=2026-01-31`, `${child}/disclosure`, `${child}/erase`, `${place}/children/aaaaaaaaaaaaaaaaaaaaaaaaaa/disclosure`]) {
    await one.open(path);
    await look(path);
  }
  await one.open(`${child}/erase`);
  await one.press("button", "Radera för gott", "Erase for good");
  await look("erase with errors");
  await one.close();
  return wrong;
}

test("every page, in Swedish", async () => assert.deepEqual(await found("sv"), []));
test("every page, in English", async () => assert.deepEqual(await found("en"), []));
