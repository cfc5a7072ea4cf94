// Somebody who has read nothing: has the address and the way in that the demonstration prints, and then what is on the screen.
import { after } from "node:test";
import assert from "node:assert/strict";
import { browser, calledAs, password, person, site, test } from "./site.mjs";

after(() => browser.close());

for (const lang of ["sv", "en"]) {
  test(`a newcomer finds the figures, their explanation and the register (${lang})`, async () => {
    const one = await person({ lang, width: 1280 });
    const { page } = one;
    await one.context.clearCookies(); // no language was chosen yet
    await page.goto(site);
    one.open = () => assert.fail("a newcomer knows no address");
    const words = async (target) => (await target.innerText()).trim();
    const follow = async (sv, en) => {
      const link = page.getByRole("link").filter({ hasText: one.text(sv, en), visible: true }).first();
      await one.follow(link);
    };
    if (lang === "en") await one.follow(page.getByText("English", { exact: true }));
    await page.getByLabel(one.text("Användarnamn", "User name")).fill(calledAs);
    await page.getByLabel(one.text("Lösenord", "Password")).fill(password);
    await one.press("button", "Logga in", "Sign in");
    await page.getByLabel(one.text(/^Alla roller/, /^All roles/)).check();
    await one.press("button", "Fortsätt", "Continue");

    await follow("Årsenkät", "Annual survey");
    await follow(/^2025$/, /^2025$/);
    const figure = await words(page.locator(".tasks .figure strong").first());
    assert.match(figure, /^\d+/);
    await follow(/^Hur många barn/, /^How many children/);
    assert.ok((await words(page.locator(".big"))).startsWith(figure.split(" ")[0]));
    await page.getByText(one.text("Så här är det räknat", "How it is counted")).click();
    await page.getByText("Definition reach/v3").waitFor();
    await follow("Visa underlaget", "Show what is behind it");
    await page.locator("tbody tr").first().waitFor();

    await follow("Min dag", "My day");
    await follow("Fyll i närvaro", "Fill in the register");
    await page.getByRole("radio", { name: one.text("Här", "Here"), exact: true }).first().waitFor();
    await one.close();
  });
}
