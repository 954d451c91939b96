using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.Tests.Host;

/// <summary>Codes and passkeys, in a real browser with a device that Chromium pretends to have.</summary>
public class AccountBrowserTests
{
    const string Password = "plum kettle orbit";
    readonly TestClock clock = new();

    [Fact]
    public async Task A_code_of_an_app_is_asked_for_once_set_up_and_none_works_twice()
    {
        await using var dashboard = await StartAsync();
        await using var browser = await Browser.OpenAsync();
        var page = await browser.PageAsync();
        await SignInAsync(page, dashboard, Password);
        await page.GotoAsync(dashboard.Address + "/account");
        await page.ClickAsync("text=Set up codes");
        await page.FillAsync("[name=password]", "a wrong password");
        await page.ClickAsync("main button");
        Assert.Contains("not your password", await page.InnerTextAsync("[role=alert]"), StringComparison.Ordinal);
        await page.FillAsync("[name=password]", Password);
        await page.ClickAsync("main button");
        byte[] secret = FromBase32(await page.InnerTextAsync(".secret"));
        Assert.Equal(20, secret.Length);
        await LookAsync(page, "account-code");
        await page.FillAsync("[name=code]", "000000");
        await page.ClickAsync("main button");
        Assert.Contains("not right", await page.InnerTextAsync("[role=alert]"), StringComparison.Ordinal);
        string first = OneTimeCode.At(secret, clock.Now);
        await page.FillAsync("[name=code]", first);
        await page.ClickAsync("main button");
        var recovery = await page.Locator(".codes code").AllInnerTextsAsync();
        Assert.Equal(10, recovery.Count);
        await LookAsync(page, "account-recovery");

        // Signed in still, under a new sign-in; elsewhere the code is asked for.
        await page.ClickAsync("text=I have kept them");
        Assert.Contains("10 recovery codes are left", await page.InnerTextAsync("main"), StringComparison.Ordinal);
        var other = await browser.PageAsync();
        await SignInAsync(other, dashboard, Password, "/sign-in/code");
        await LookAsync(other, "sign-in-code");
        await other.GotoAsync(dashboard.Address + "/measures");
        Assert.Contains("/sign-in?", other.Url, StringComparison.Ordinal);
        await SignInAsync(other, dashboard, Password, "/sign-in/code");
        await CodeAsync(other, first);
        Assert.Contains("was used before", await other.InnerTextAsync("[role=alert]"), StringComparison.Ordinal);
        clock.Now += TimeSpan.FromSeconds(30);
        await CodeAsync(other, OneTimeCode.At(secret, clock.Now));
        await other.ArrivesAsync(dashboard.Address + "/");

        var third = await browser.PageAsync();
        await SignInAsync(third, dashboard, Password, "/sign-in/code");
        await CodeAsync(third, recovery[3].ToLowerInvariant());
        await third.ArrivesAsync(dashboard.Address + "/");
        var fourth = await browser.PageAsync();
        await SignInAsync(fourth, dashboard, Password, "/sign-in/code");
        await CodeAsync(fourth, recovery[3]);
        Assert.Contains("not right", await fourth.InnerTextAsync("[role=alert]"), StringComparison.Ordinal);
        // The password alone is worth five minutes.
        clock.Now += TimeSpan.FromMinutes(6);
        await CodeAsync(fourth, OneTimeCode.At(secret, clock.Now));
        Assert.Contains("come first", await fourth.InnerTextAsync("main"), StringComparison.Ordinal);

        await page.GotoAsync(dashboard.Address + "/account/code");
        await page.FillAsync("[name=password]", Password);
        await page.ClickAsync("text=Turn codes off");
        Assert.Contains("No code is asked for any more", await page.InnerTextAsync("[role=status]"), StringComparison.Ordinal);
        await third.GotoAsync(dashboard.Address + "/");
        Assert.Contains("over=credentials_changed", third.Url, StringComparison.Ordinal);

        // Whoever is invited sees what an administrator sends them.
        await page.GotoAsync(dashboard.Address + "/access");
        var invite = page.Locator("section[aria-labelledby=invite]");
        await invite.Locator("[name=name]").FillAsync("second");
        await invite.Locator("[name=roles][value=Auditor]").CheckAsync();
        await invite.Locator("button").ClickAsync();
        string invitation = await page.InnerTextAsync("[role=status] code");
        var invited = await browser.PageAsync();
        await invited.GotoAsync(invitation);
        Assert.Contains("second", await invited.InnerTextAsync("main"), StringComparison.Ordinal);
        await LookAsync(invited, "welcome");
        foreach (string hidden in recovery.Append(first).Append(OneTimeCode.Base32(secret)))
            Assert.DoesNotContain(hidden, dashboard.Log.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Sign-in refused: code_used_before, user ", dashboard.Log.Text, StringComparison.Ordinal);
        Assert.Empty(browser.Errors);
    }

    [Fact]
    public async Task Codes_cannot_be_tried_out_one_by_one()
    {
        await using var dashboard = await StartAsync();
        await dashboard.ChangeAsync("director", user => user.CodeSecret = "unreadable, as after the keys were lost");
        using var guesser = new Visitor(dashboard.Address);
        await guesser.SignInAsync("director", Password);
        Assert.Equal("/sign-in/code?returnUrl=%2F", guesser.Location);
        for (int i = 0; i < 20; i++) Assert.Equal(System.Net.HttpStatusCode.OK, await guesser.PostAsync("/sign-in/code", new() { ["Code"] = $"{i:D6}" }));
        Assert.Equal(System.Net.HttpStatusCode.TooManyRequests, await guesser.PostAsync("/sign-in/code", new() { ["Code"] = "000020" }));
        Assert.InRange(guesser.Answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 180);
        Assert.False(await guesser.IsSignedInAsync());
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task A_passkey_is_added_named_used_and_removed(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await using var dashboard = await StartAsync(installation);
        // Passkeys belong to a name; an address of numbers can have none.
        string address = dashboard.Address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        await using var browser = await Browser.OpenAsync();
        var page = await browser.PageAsync();
        var device = await page.Context.NewCDPSessionAsync(page);
        await device.SendAsync("WebAuthn.enable");
        await device.SendAsync("WebAuthn.addVirtualAuthenticator", new()
        {
            ["options"] = new Dictionary<string, object>
            {
                ["protocol"] = "ctap2", ["transport"] = "internal", ["hasResidentKey"] = true, ["hasUserVerification"] = true,
                ["isUserVerified"] = true, ["automaticPresenceSimulation"] = true,
            },
        });
        await page.GotoAsync(address + "/sign-in");
        await page.FillAsync("[name=UserName]", "director");
        await page.FillAsync("[name=Password]", Password);
        await page.ClickAsync("main button >> nth=0");
        await page.ArrivesAsync(address + "/");
        await page.GotoAsync(address + "/account");
        var add = page.Locator("form[data-passkey]");
        await add.Locator("[name=name]").FillAsync("Work laptop");
        await add.Locator("[name=password]").FillAsync("a wrong password");
        await add.Locator("button").ClickAsync();
        await page.Locator("[data-words]:has-text('not your present password')").WaitForAsync();
        await add.Locator("[name=password]").FillAsync(Password);
        await add.Locator("button").ClickAsync();
        await page.ArrivesAsync(url => url.EndsWith("/account?done=passkey", StringComparison.Ordinal));
        Assert.Contains("Work laptop", await page.InnerTextAsync("main"), StringComparison.Ordinal);
        await page.ClickAsync("summary");
        await page.Locator("details [name=name]").FillAsync("My <b>laptop</b>");
        await page.ClickAsync("text=Rename >> nth=-1");
        await page.ArrivesAsync(url => url.EndsWith("/account?done=name", StringComparison.Ordinal));
        Assert.Contains("My <b>laptop</b>", await page.InnerTextAsync("main"), StringComparison.Ordinal);

        await page.ClickAsync("text=Sign out >> nth=0");
        await page.GotoAsync(address + "/measures?against=literature");
        await page.ClickAsync("text=Sign in with a passkey");
        await page.ArrivesAsync(address + "/measures?against=literature");
        Assert.Contains("Signed in: user ", dashboard.Log.Text, StringComparison.Ordinal);
        Assert.Contains("by passkey", dashboard.Log.Text, StringComparison.Ordinal);

        // A disabled account's passkey opens nothing.
        await dashboard.ChangeAsync("director", user => user.DisabledAtUtc = clock.UtcNow());
        await page.GotoAsync(address + "/sign-in");
        await page.ClickAsync("text=Sign in with a passkey");
        await page.Locator("[role=alert]").WaitForAsync();
        Assert.Contains("not accepted", await page.InnerTextAsync("[role=alert]"), StringComparison.Ordinal);
        await dashboard.ChangeAsync("director", user => user.DisabledAtUtc = null);
        await page.ClickAsync("text=Sign in with a passkey");
        await page.ArrivesAsync(address + "/");

        await page.GotoAsync(address + "/account");
        await page.ClickAsync("summary");
        await page.Locator("details [name=password]").FillAsync(Password);
        await page.ClickAsync("details >> text=Remove >> nth=-1");
        await page.ArrivesAsync(url => url.EndsWith("/account?done=passkey-removed", StringComparison.Ordinal));
        await page.ClickAsync("text=Sign out >> nth=0");
        await page.ClickAsync("text=Sign in with a passkey");
        await page.Locator("[role=alert]").WaitForAsync();
        Assert.DoesNotContain(browser.Errors, e => !e.Contains("422", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_passkeys_answer_that_was_not_asked_for_is_refused()
    {
        await using var dashboard = await StartAsync();
        using var visitor = new Visitor(dashboard.Address);
        await visitor.GetAsync("/sign-in");
        foreach (string credential in new[] { "", "{}", "no JSON", new string('x', 30_000), """{"id":"AQ","rawId":"AQ","type":"public-key","response":{}}""" })
        {
            Assert.Equal(System.Net.HttpStatusCode.OK, await visitor.PostAsync("/sign-in", new() { ["Credential"] = credential }, "/sign-in?handler=Passkey"));
            Assert.Contains("was not accepted", visitor.Text, StringComparison.Ordinal);
        }
        await visitor.PostAsync("/sign-in", [], "/sign-in?handler=PasskeyOptions");
        var invented = new Dictionary<string, string> { ["Credential"] = """{"id":"AQ","rawId":"AQ","type":"public-key","response":{}}""" };
        await visitor.PostAsync("/sign-in", invented, "/sign-in?handler=Passkey");
        Assert.Contains("was not accepted", visitor.Text, StringComparison.Ordinal);
        Assert.False(await visitor.IsSignedInAsync());
        Assert.Contains("Sign-in refused: passkey_not_accepted", dashboard.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_pages_of_an_account_are_usable_by_everybody_and_without_a_mouse()
    {
        await using var dashboard = await StartAsync();
        await using var browser = await Browser.OpenAsync();
        foreach (var (look, scheme, width) in new[] { ("light", ColorScheme.Light, 1280), ("dark", ColorScheme.Dark, 1280), ("phone", ColorScheme.Light, 375) })
        {
            var page = await browser.PageAsync(scheme, width);
            foreach (string path in new[] { "/sign-in?over=idle", "/sign-in/code", "/set-up?token=" + dashboard.SetUpToken })
            {
                await page.GotoAsync(dashboard.Address + path);
                await LookAsync(page, $"{path.Split('?')[0].Trim('/').Replace('/', '-')}-{look}");
            }
            // By keyboard alone: the first field has the focus.
            await page.GotoAsync(dashboard.Address + "/sign-in");
            await Assertions.Expect(page.Locator("[name=UserName]")).ToBeFocusedAsync(new() { Timeout = 30_000 });
            await page.Keyboard.TypeAsync("director");
            await page.Keyboard.PressAsync("Tab");
            await page.Keyboard.TypeAsync(Password);
            await page.Keyboard.PressAsync("Enter");
            await page.ArrivesAsync(dashboard.Address + "/");
            foreach (string path in new[] { "/account", "/account/code" })
            {
                await page.GotoAsync(dashboard.Address + path);
                await LookAsync(page, $"{path.Trim('/').Replace('/', '-')}-{look}");
            }
        }
        Assert.DoesNotContain(browser.Errors, e => !e.Contains("404", StringComparison.Ordinal));
        Assert.Empty(browser.Elsewhere(dashboard.Address));
    }

    Task<RunningDashboard> StartAsync(TestInstallation? on = null)
    {
        var database = on?.Services.GetService(typeof(DatabaseSettings)) as DatabaseSettings;
        string[] settings = database is null ? []
            : ["--Database:Provider", Codes.Of(database.Provider), "--Database:ConnectionString", database.ConnectionString, "--Keys:Directory", on!.Keys.Directory];
        return RunningDashboard.StartAsync(services => RunningDashboard.AddUserAsync(services, "director", Password), clock, settings);
    }

    static async Task SignInAsync(IPage page, RunningDashboard dashboard, string password, string to = "/")
    {
        await page.GotoAsync(dashboard.Address + "/sign-in");
        await page.FillAsync("[name=UserName]", "director");
        await page.FillAsync("[name=Password]", password);
        await page.ClickAsync("main button >> nth=0");
        await page.ArrivesAsync(url => url.Split('?')[0] == dashboard.Address + to);
    }

    static async Task CodeAsync(IPage page, string code)
    {
        await page.FillAsync("[name=Code]", code);
        await page.ClickAsync("main button");
    }

    static async Task LookAsync(IPage page, string name)
    {
        await page.ShotAsync(name);
        await page.IsUsableAsync(name);
    }

    static byte[] FromBase32(string text)
    {
        string bits = string.Concat(Regex.Replace(text, @"\s", "").Select(c =>
            Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c), 2).PadLeft(5, '0')));
        return [.. Enumerable.Range(0, bits.Length / 8).Select(i => Convert.ToByte(bits.Substring(i * 8, 8), 2))];
    }
}
