// What a clerk asks of the figures in January, in each way of using the pages.
import { after, describe } from "node:test";
import assert from "node:assert/strict";
import { browser, enter, person, place, teller, ways, withoutScripts } from "./site.mjs";

after(() => browser.close());

const survey = `${place}/surveys/2025`;
const whole = (text) => Number(text.replace(/\D/g, ""));

for (const way of ways) {
  describe(way.name, () => {
    const story = teller(way, "demo");

    story("a clerk asks what the number of children is counted from, and who is not in it", async (one) => {
      await one.open(`${survey}/questions/Q4`);
      const figure = whole((await one.page.locator(".big").innerText()).split("(")[0]);
      await one.use(one.page.locator("summary", { hasText: one.text("Så här är det räknat", "How it is counted") }));
      await one.press("link", "Visa underlaget", "Show what is behind it");
      await one.fits();
      assert.equal(whole(await one.page.locator(".big").innerText()), figure);
      const children = new Set();
      let sessions = 0;
      for (let page = 0; page < 100; page++) {
        for (const row of await one.page.locator("tbody tr").all()) {
          const [number, , , times] = await row.locator("th, td").allInnerTexts();
          children.add(number);
          sessions += whole(times);
        }
        const next = one.page.getByRole("link", { name: one.text("Nästa sida", "Next page") });
        if (!(await next.count())) break;
        await one.use(next);
      }
      assert.equal(children.size, figure);
      assert.equal(whole(await one.page.locator("tfoot td").first().innerText()), sessions);
      await one.press("link", "Träffar", "Sessions");
      assert.equal(await one.page.locator("th[aria-sort=ascending]").innerText().then((text) => text.startsWith(one.text("Träffar", "Sessions"))), true);
      await one.use(one.page.getByRole("link", { name: one.text(/^Inte med/, /^Not in it/) }));
      await one.says("Varför barn inte är med", "Why children are not in it");
      await one.says(/För gammalt under året/, /Too old in the year/);
      await one.fits();
    });

    story("a clerk comments on a figure, beside it and in the task list", async (one) => {
      await one.open(`${survey.replace("2025", "2024")}/questions/Q4`);
      if (!(await one.page.locator("#comment").count())) return; // it is submitted
      const said = `Två grupper startade sent ${way.width}${way.lang}${way.scriptless ? "!" : ""}`;
      await one.use(one.page.locator("summary", { hasText: one.text(/^(Kommentera|Ändra kommentaren)$/, /^(Comment|Change the comment)$/) }));
      await one.write(one.page.locator("#comment"), "");
      await one.press("button", "Spara kommentaren", "Save the comment");
      await one.says("Något behöver rättas", "Something needs to be put right");
      await one.write(one.page.locator("#comment"), said);
      await one.press("button", "Spara kommentaren", "Save the comment");
      await one.page.locator(".tasks .said", { hasText: said }).waitFor();
      await one.fits();
      await one.open(`${survey.replace("2025", "2024")}/questions/Q4`);
      await one.page.locator(".card .said", { hasText: said }).waitFor();
      await one.fits();
    });

    story("figures do not change under the reader: what is new offers itself", async (one) => {
      await one.open(`${place}/reach?year=2025`);
      const before = await one.page.locator("main").innerText();
      const leader = await person({ ...withoutScripts, lang: way.lang });
      await enter(leader, "demo");
      await leader.open(`${place}/`);
      await leader.page.getByRole("link", { name: "Skogen", exact: true }).first().click();
      const adults = leader.page.getByLabel(leader.text("Vuxna", "Adults"));
      await adults.fill(String(Number(await adults.inputValue()) + 1));
      await leader.press("button", "Spara antal", "Save the counts");
      await leader.says("Antalen är sparade.", "The counts are saved.");
      await leader.close();
      const told = one.page.locator(".fresh [role=status]");
      if (!way.scriptless) {
        await one.page.waitForFunction(() => document.querySelector(".fresh [role=status]").textContent !== "");
        assert.match(await told.innerText(), one.text(/ny(a)? händelse(r)? sedan du öppnade sidan/, /new events? since you opened the page/));
        await told.evaluate((node) => (node.textContent = ""));
      }
      assert.equal((await one.page.locator("main").innerText()).trim(), before.trim());
      await one.press("link", "Uppdatera", "Refresh");
      assert.equal(await told.innerText(), "");
      await one.fits();
    });

    story("a clerk compares years, and follows a form to its rows", async (one) => {
      await one.open(survey);
      await one.press("link", "Jämför år", "Compare years");
      await one.find("heading", "År för år", "Year by year").waitFor();
      await one.fits();
      await one.open(`${survey}/questions/Q3`);
      const row = one.page.getByRole("row").filter({ hasText: one.text("Läger", "Camp") }).first();
      const figure = await row.getByRole("link").innerText();
      await one.use(row.getByRole("link"));
      assert.equal(await one.page.locator(".big").innerText(), figure);
    });

    story("the national level looks at the counties", async (one) => {
      await one.open("/report?year=2025");
      await one.page.locator("#show").selectOption("children");
      await one.press("button", "Visa", "Show");
      assert.match(one.page.url(), /show=children/);
      await one.fits();
    });
  });
}
