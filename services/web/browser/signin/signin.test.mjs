// Signing in as people do: by an identity provider at its own pages, by a passkey; and what a real provider refuses.
import { execFileSync } from "node:child_process";
import { after, describe } from "node:test";
import assert from "node:assert/strict";
import { ask, browser, byKeyboard, onNarrowScreen, person, site, test, violations, ways, withoutScripts } from "../site.mjs";

after(() => browser.close());

const provider = process.env.RACKVIDD_PROVIDER;

// user makes an account as an administrator does at the server, and returns what is printed.
const user = (name, ...flags) =>
  execFileSync(process.env.RACKVIDD_PROGRAM, ["user", "add", name, "--login", name, "--municipality", "1880", ...flags], { encoding: "utf8" });

// atProvider signs in at the provider's own page.
async function atProvider(one, name) {
  await one.page.waitForURL(provider + "/**");
  await one.page.fill("#username", name);
  await one.page.fill("#password", "provider's password");
  await one.page.getByRole("button", { name: "Login" }).click();
}

const visitor = (way) => person({ ...way, elsewhere: provider });

// accessible looks at the page as axe does, which needs JavaScript.
async function accessible(one, way) {
  if (way.scriptless) return;
  assert.deepEqual(await violations(one), []);
  await one.page.setViewportSize({ width: way.width, height: 800 });
}

user("kim", "--role", "back_office", "--subject", "5c2b7e");
user("robin", "--role", "auditor", "--subject", "9d41fa");

for (const way of ways) {
  describe(way.name, () => {
    test("somebody signs in by the provider, sees what the role sees and nothing else, and signs out of both", async () => {
      const one = await visitor(way);
      await one.open("/municipalities/1880/reach?year=2025");
      await one.fits();
      await accessible(one, way);
      await one.press("link", "Logga in med kommunens inloggning", "Sign in through the municipality");
      await atProvider(one, "kim");
      await one.find("button", "Logga ut", "Sign out").waitFor();
      assert.equal(one.page.url(), site + "/municipalities/1880/reach?year=2025");
      assert.equal((await one.open("/municipalities/1880/surveys")).status(), 200);
      for (const path of ["/users", "/municipalities/1880/", "/municipalities/1880/log", "/municipalities/1881/surveys"]) {
        assert.equal((await one.open(path)).status(), 404, path);
      }
      await one.press("button", "Logga ut", "Sign out");
      await one.press("link", "Logga ut ur kommunens inloggning också", "Sign out of the municipality’s sign-in as well");
      await one.page.waitForURL(site + "/login");
      await one.close();
    });

    test("somebody whom the provider does not vouch for enough is told so", async () => {
      const one = await visitor(way);
      await one.open("/login");
      await one.press("link", "Logga in med kommunens inloggning", "Sign in through the municipality");
      await atProvider(one, "robin");
      await one.says("Du behöver logga in med en säkrare metod", "You need to sign in by a more secure method");
      await accessible(one, way);
      assert.ok(!(await one.context.cookies()).some((c) => c.name === "__Host-session"));
      await one.close();
    });
  });
}

test("whoever is disabled at the provider is signed out here when the provider says so", async () => {
  const one = await visitor(byKeyboard);
  await one.open("/municipalities/1880/surveys");
  await one.press("link", "Logga in med kommunens inloggning", "");
  await atProvider(one, "kim");
  await one.find("button", "Logga ut", "").waitFor();
  const told = await fetch(`${provider}/tell?subject=5c2b7e&to=${encodeURIComponent(site + "/logout/openid")}`, { method: "POST" });
  assert.equal(told.status, 200, await told.text());
  await one.open("/municipalities/1880/surveys");
  await one.find("link", "Logga in med kommunens inloggning", "").waitFor();
  await one.close();
});

test("a link ties an account to whoever signs in at the provider, who has no other", async () => {
  const [link, second] = ["sam", "alex"].map((name) => user(name, "--role", "operations").match(/\/invitations\/\S+/)[0]);
  const one = await visitor(onNarrowScreen);
  await one.open(link);
  await accessible(one, onNarrowScreen);
  for (const path of [link, "/login"]) {
    await one.open(path);
    await one.press("link", "", "Sign in through the municipality");
    await atProvider(one, "sam");
    await one.find("heading", "", "Operations").waitFor();
    await one.press("button", "", "Sign out");
  }
  assert.equal((await one.open(link)).status(), 404);
  await one.open(second);
  await one.press("link", "", "Sign in through the municipality");
  await atProvider(one, "sam");
  await one.says("", "belongs to another account");
  await one.close();
});

test("somebody adds a passkey, signs in by it, and is asked to unlock it each time", async () => {
  const one = await visitor(byKeyboard);
  const devtools = await one.context.newCDPSession(one.page);
  await devtools.send("WebAuthn.enable");
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  const counter = async () => (await devtools.send("WebAuthn.getCredentials", { authenticatorId })).credentials[0].signCount;
  await one.open(user("pat", "--role", "operations").match(/\/invitations\/\S+/)[0]);
  await one.write(one.page.locator("#password"), process.env.RACKVIDD_PASSWORD);
  await one.press("button", "Spara och logga in", "");
  await one.find("heading", "Drift", "").waitFor();

  await one.press("link", "pat", "");
  await one.says("Du har inga lösennycklar.", "");
  await accessible(one, byKeyboard);
  await one.write(one.page.locator("#password"), "not the password");
  await one.press("button", "Lägg till en lösennyckel", "");
  await one.says("Lösenordet är fel.", "");
  await one.write(one.page.locator("#password"), process.env.RACKVIDD_PASSWORD);
  await one.press("button", "Lägg till en lösennyckel", "");
  await one.says("Lösennyckeln är tillagd.", "");
  await accessible(one, byKeyboard);
  await one.press("button", "Logga ut", "");

  for (let before = await counter(), i = 0; i < 2; i++) {
    await one.open("/operations");
    await one.press("button", "Logga in med lösennyckel (passkey)", "");
    await one.find("heading", "Drift", "").waitFor();
    assert.ok((await counter()) > before, "the authenticator does not count");
    before = await counter();
    await one.press("button", "Logga ut", "");
    await one.says("Du är utloggad.", "");
  }

  await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
  await one.press("button", "Logga in med lösennyckel (passkey)", "");
  await one.says("Lösennyckeln gick inte att använda här.", "");
  await accessible(one, byKeyboard);
  await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });
  await one.press("button", "Logga in med lösennyckel (passkey)", "");
  await one.find("button", "Logga ut", "").waitFor();
  await one.press("link", "pat", "");
  await one.use(one.page.getByRole("button", { name: /^Ta bort/ }));
  await one.says("Lösennyckeln är borttagen.", "");
  await one.press("button", "Logga ut", "");
  await one.press("button", "Logga in med lösennyckel (passkey)", "");
  await one.find("heading", "Något behöver rättas", "").waitFor();
  assert.ok(!(await one.context.cookies()).some((c) => c.name === "__Host-session"));
  await one.close();
});

test("without JavaScript the account says what passkeys need, and the login offers none", async () => {
  const one = await visitor(withoutScripts);
  await one.open(user("mio", "--role", "operations").match(/\/invitations\/\S+/)[0]);
  await one.write(one.page.locator("#password"), process.env.RACKVIDD_PASSWORD);
  await one.press("button", "Spara och logga in", "");
  await one.press("link", "mio", "");
  await one.says("behöver webbläsaren vara ny och ha JavaScript", "");
  assert.equal(await one.page.getByRole("button", { name: /lösennyckel/ }).count(), 0);
  await one.fits();
  await one.press("button", "Logga ut", "");
  assert.equal(await one.page.getByRole("button", { name: /lösennyckel/ }).count(), 0);
  await one.close();
});

test("before a session ends the reader is asked, and when it has ended what was typed waits for the same person", async () => {
  const one = await visitor(onNarrowScreen);
  await one.open(user("lo", "--role", "administrator").match(/\/invitations\/\S+/)[0]);
  await one.write(one.page.locator("#password"), process.env.RACKVIDD_PASSWORD);
  await one.press("button", "", "Save and sign in");
  await one.page.clock.install();
  await one.open("/users/new");
  await one.write(one.page.locator("#called"), "Somebody new");
  const dialog = one.page.getByRole("dialog");
  const pass = (minutes) => one.page.clock.fastForward(minutes * 60_000);

  // The server's clock stands still here, so that it is told what it would answer by then.
  const who = await one.page.evaluate(() => document.body.dataset.account);
  const server = (unused, used) => one.page.route("**/login/left", (route) => route.fulfill({ json: { unused, used, who } }));
  await server(600, 36_000);
  await pass(111);
  await dialog.getByText("unless something happens").waitFor();
  await accessible(one, onNarrowScreen);
  await one.page.unroute("**/login/left");
  await one.use(dialog.getByRole("button", { name: "Continue" }));
  await dialog.waitFor({ state: "hidden" });

  await server(600, 600);
  await pass(111);
  await dialog.getByText("Twelve hours after signing in").waitFor();
  await accessible(one, onNarrowScreen);
  await one.use(dialog.getByRole("button", { name: "Continue" }));
  await dialog.waitFor({ state: "hidden" });
  await one.page.unroute("**/login/left");

  const beside = await one.context.newPage();
  const again = async (name) => {
    await beside.goto(site + "/login");
    await beside.fill("#name", name);
    await beside.fill("#password", process.env.RACKVIDD_PASSWORD);
    await beside.getByRole("button", { name: "Sign in", exact: true }).click();
    await beside.getByRole("button", { name: "Sign out" }).waitFor();
  };
  await beside.goto(site + "/users");
  await beside.getByRole("button", { name: "Sign out" }).click();
  await pass(11);
  await dialog.getByText("You are signed out.").waitFor();
  await accessible(one, onNarrowScreen);
  await one.page.keyboard.press("Escape");
  await dialog.getByText("You are signed out.").waitFor();
  await again("lo");
  const told = one.page.waitForResponse("**/login/left");
  await one.use(dialog.getByRole("button", { name: "Continue" }));
  await (await told).finished();
  await dialog.waitFor({ state: "hidden" });
  assert.equal(await one.page.inputValue("#called"), "Somebody new");

  await beside.getByRole("button", { name: "Sign out" }).click();
  await again("pat");
  await pass(120);
  await one.find("heading", "", "Operations").waitFor(); // it is somebody else's page now
  await one.close();
});

test("a form that is sent after the session ended says plainly that nothing was saved", async () => {
  const one = await visitor(withoutScripts);
  await one.open("/login");
  await one.write(one.page.locator("#name"), "lo");
  await one.write(one.page.locator("#password"), process.env.RACKVIDD_PASSWORD);
  await one.press("button", "Logga in", "");
  await one.open("/users/new");
  await one.write(one.page.locator("#called"), "Someone");
  await one.context.clearCookies({ name: "__Host-session" });
  await one.press("button", "Spara och skapa länk", "");
  await one.says("det du skickade sparades inte", "");
  await one.fits();
  await one.write(one.page.locator("#name"), "lo");
  await one.write(one.page.locator("#password"), process.env.RACKVIDD_PASSWORD);
  await one.press("button", "Logga in", "");
  assert.equal(one.page.url(), site + "/users/new");
  await one.close();
});

// caught is an answer on its way back from the provider, and the cookie of the browser that waits for it.
async function caught(name) {
  const begun = await ask(site + "/login/openid", { redirect: "manual" });
  const cookie = begun.headers.getSetCookie()[0].split(";")[0];
  let at = begun.headers.get("location");
  for (let form; !at.startsWith(site); ) {
    const answered = await ask(at, { redirect: "manual", ...form });
    at = new URL(answered.headers.get("location"), at).href;
    const id = new URL(at).searchParams.get("authRequestID");
    form = id ? { method: "POST", body: new URLSearchParams({ id, username: name, password: "provider's password" }) } : undefined;
  }
  return { address: new URL(at), cookie };
}

test("a code that was caught on its way is worth nothing without the verifier, in another browser, or again", async () => {
  const exchange = async (code, more) => {
    const answered = await fetch(provider + "/oauth/token", {
      method: "POST",
      headers: { Authorization: "Basic " + Buffer.from(process.env.RACKVIDD_PROVIDER_CLIENT.split(":").map(encodeURIComponent).join(":")).toString("base64") },
      body: new URLSearchParams({ grant_type: "authorization_code", code, redirect_uri: site + "/login/openid/answer", ...more }),
    });
    return [answered.status, (await answered.json()).error];
  };
  const code = async () => (await caught("kim")).address.searchParams.get("code");
  assert.deepEqual(await exchange(await code(), {}), [400, "invalid_request"]);
  assert.deepEqual(await exchange(await code(), { code_verifier: "a".repeat(43) }), [400, "invalid_grant"]);
  const arrive = async ({ address }, cookie) => {
    const answered = await ask(address, { redirect: "manual", headers: cookie ? { cookie } : {} });
    return answered.headers.getSetCookie().some((c) => c.startsWith("__Host-session="));
  };
  const [answer, other] = [await caught("kim"), await caught("kim")];
  assert.equal(await arrive(answer), false, "without a cookie");
  assert.equal(await arrive(answer, other.cookie), false, "in another browser");
  assert.equal(await arrive(answer, answer.cookie), true, "in its own browser");
  assert.equal(await arrive(answer, answer.cookie), false, "a second time");
});
