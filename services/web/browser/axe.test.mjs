// Every page, in both languages or in turn in one, light and dark, on a narrow and a wide screen: no violation, nothing too wide or too heavy. What a
// page is only after a form, or for a while, is looked at beside what it is to a screen reader (look.test.mjs).
import { after, before, describe } from "node:test";
import assert from "node:assert/strict";
import { browser, heaviest, inTurn, person, place, signIn, test, unfolded, weight } from "./site.mjs";

after(() => browser.close());

const survey = `${place}/surveys/2025`;
const pages = [
  "/tillganglighet", "/ordlista", "/api", "/nothing", `${place}/`, `${place}/groups`, `${place}/groups/new`, `${place}/sessions/new`, `${place}/referrals/new`, `${place}/enrolments/new`,
  `${place}/programmes`, `${place}/programmes/new`, `${place}/programmes/sputnik`, `${place}/import`, `${place}/reach?year=2025`, `${place}/reach?year=2025&as_of=2025-12-31`, `${place}/surveys`, survey,
  `${survey}/checks`, `${survey}/checks/S07`, `${survey}/checks/S25`, `${survey}/checks/S41`, `${survey}/export`, `${survey}/versions`, `${survey}/figures/without_referral`, ...["Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "Q7"].map((q) => `${survey}/questions/${q}`), `${place}/log`, `${place}/log/2`, `${place}/as-of?year=2025&day=2026-01-31`, `${place}/merges/new`, `${place}/guests`, `${place}/replay`, "/operations",
  "/account", "/roles", "/users", "/users/new", "/report?year=2025", "/report?year=2025&public=true&show=children",
  `${place}/reach?year=2025&position=10`, `${place}/reach/figures/children?year=2025`, `${place}/reach/figures/children?year=2025&without=yes&sort=-why`,
  `${survey}/figures/overlap.camp.support_group`, `${place}/surveys/compare`, `${place}/surveys/definitions`,
  `${place}/children/aaaaaaaaaaaaaaaaaaaaaaaaaa/disclosure`, `${place}/privacy`, `${place}/reads`, `${place}/reads?from=yesterday`, `${place}/erasures`, `${place}/retention`, `${place}/retention?years=2`, "/operations/verifications",
  "/operations/models/1880/caseload", `${place}/verifications`, `${place}/log?until=2099-01-01&day=yesterday`,
];

for (const lang of ["sv", "en"]) {
  describe(`nothing is wrong with any page (${lang})`, () => {
    let one;
    before(async () => (one = await person({ lang, width: 1280 })));
    after(() => one.close());

    const look = async () => {
      const bytes = await weight(one);
      assert.ok(bytes <= heaviest, `${bytes} bytes`);
      assert.deepEqual(await unfolded(one), []);
      assert.equal(await one.page.locator("h1").count(), 1, "one heading of the first rank");
    };
    let n = 0;
    const page = (name, come) => inTurn(n++).includes(lang) && test(name, () => come().then(look));

    page("/login", () => one.open("/login"));
    page("/login with errors", () => one.open("/login").then(() => one.press("button", "Logga in", "Sign in")));
    test("signing in", () => signIn(one, "demo"));
    for (const path of pages) page(path, () => one.open(path));
    for (const [from, ...links] of [
      [`${place}/groups`, "main .rows a:text-is('Skogen')"],
      [`${place}/groups`, "main .rows a:text-is('Skogen')", "main tbody a >> nth=-2"],
      [`${place}/`, "main a[href*='/children/']"],
      ["/users", "main table a"],
      ["/users", "main tbody a:text-is('demo')"], // with tokens, once states made one
      [`${place}/erasures`, "main table a"], // of the stories about data protection
    ]) {
      page([from, ...links].join(" "), async () => {
        await one.open(from);
        for (const link of links) await one.follow(one.page.locator(link).first());
      });
    }
    let child;
    test("a child", async () => {
      await one.open(`${place}/`);
      child = await one.page.locator("main a[href*='/children/']").first().getAttribute("href");
    });
    for (const what of ["as-of?day=2026-01-31", "disclosure", "erase"]) page(`a child's ${what}`, () => one.open(`${child}/${what}`));
    page("erase with errors", async () => {
      await one.open(`${child}/erase`);
      await one.press("button", "Radera för gott", "Erase for good");
    });
  });
}
