using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace SafetyAudit.Tests.Host;

/// <summary>Headless Chromium, with everything it complained of and every address it asked.</summary>
sealed class Browser : IAsyncDisposable
{
    readonly IPlaywright playwright;
    readonly IBrowser browser;
    readonly List<string> addresses = [];

    Browser(IPlaywright playwright, IBrowser browser) => (this.playwright, this.browser) = (playwright, browser);

    /// <summary>Where pictures of pages are kept.</summary>
    public static string Screenshots => Directory.CreateDirectory(Environment.GetEnvironmentVariable("SAFETYAUDIT_TEST_SCREENSHOTS") ?? Path.Combine(Path.GetTempPath(), "safetyaudit-screenshots")).FullName;

    public List<string> Errors { get; } = [];

    public IEnumerable<string> Elsewhere(string address) => addresses.Where(a => !a.StartsWith(address, StringComparison.Ordinal) && !a.StartsWith("data:", StringComparison.Ordinal));

    public static async Task<Browser> OpenAsync()
    {
        string chromium = Environment.GetEnvironmentVariable("SAFETYAUDIT_TEST_CHROMIUM")
            ?? throw new InvalidOperationException("SAFETYAUDIT_TEST_CHROMIUM names no browser. Run the tests with ./test, which finds one.");
        var playwright = await Playwright.CreateAsync();
        return new(playwright, await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = chromium,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        }));
    }

    public async Task<IPage> PageAsync(ColorScheme scheme = ColorScheme.Light, int width = 1280, string locale = "en-GB", bool script = true, bool forcedColours = false)
    {
        var context = await browser.NewContextAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 900 }, Locale = locale, JavaScriptEnabled = script, ForcedColors = forcedColours ? ForcedColors.Active : ForcedColors.None });
        var page = await context.NewPageAsync();
        page.Console += (_, message) => { if (message.Type == "error") Errors.Add(message.Text); };
        page.PageError += (_, error) => Errors.Add(error);
        page.Request += (_, request) => addresses.Add(request.Url);
        return page;
    }

    /// <summary>From now on what comes to the page comes in pieces, as over a slow line: what is drawn before the rest is there is seen to move.</summary>
    public static async Task SlowAsync(IPage page) =>
        await (await page.Context.NewCDPSessionAsync(page)).SendAsync("Network.emulateNetworkConditions", new() { ["offline"] = false, ["latency"] = 0, ["downloadThroughput"] = 200_000, ["uploadThroughput"] = -1 });

    public async ValueTask DisposeAsync()
    {
        await browser.CloseAsync();
        playwright.Dispose();
    }
}

/// <summary>Waiting for a page without the wait of the driver's own, which misses the page's load now and then when that was over before the wait began.</summary>
static class Arriving
{
    public static Task ArrivesAsync(this IPage page, string address) => page.ArrivesAsync(url => url == address);

    /// <summary>Waits until the page is at such an address, and whole.</summary>
    public static async Task ArrivesAsync(this IPage page, Func<string, bool> at)
    {
        for (int i = 0; i < 600 && !at(page.Url); i++) await Task.Delay(100);
        Assert.True(at(page.Url), $"it stays at {page.Url}");
        await page.WaitForFunctionAsync("() => document.readyState === 'complete'");
    }
}

/// <summary>What keeps somebody from using a page: what axe finds, and what is wider than the screen.</summary>
static class Usable
{
    static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    public static async Task<List<string>> FaultsAsync(this IPage page)
    {
        // Half a megabyte: what is looked at next has it from the start.
        if (!await page.EvaluateAsync<bool>("() => 'axe' in window"))
        {
            await page.AddInitScriptAsync(Axe);
            await page.EvaluateAsync(Axe);
        }
        // Of what passed nothing is told, nor where: that would be every element of every page, and takes longer than the looking.
        return
        [
            .. await page.EvaluateAsync<string[]>("async () => (await axe.run(document, { resultTypes: ['violations'], selectors: false, rules: { 'target-size': { enabled: true } } })).violations.map(v => `${v.id} at ${v.nodes.slice(0, 3).map(n => n.html).join(' ')}`)"),
            .. await page.LayoutFaultsAsync(),
        ];
    }

    /// <summary>What is wider than the screen, what moved while the page came, and writing in a chart that lies over other writing.</summary>
    public static async Task<string[]> LayoutFaultsAsync(this IPage page) => await page.EvaluateAsync<string[]>("""
        async () => {
            const faults = [];
            if (document.documentElement.scrollWidth > innerWidth)
                faults.push('wider than the screen: ' + [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML.slice(0, 150)).join(' | '));
            const moved = await new Promise(tell => {
                const seen = [];
                new PerformanceObserver(list => seen.push(...list.getEntries())).observe({ type: 'layout-shift', buffered: true });
                requestAnimationFrame(() => setTimeout(() => tell(seen.filter(s => !s.hadRecentInput && s.value > 0.01)), 0));
            });
            for (const shift of moved) faults.push(`moved by ${shift.value.toFixed(3)}: ` + shift.sources.map(s => s.node?.outerHTML?.slice(0, 150)).join(' | '));
            for (const chart of document.querySelectorAll('svg.chart')) {
                const words = [...chart.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]).filter(([, r]) => r.width > 0);
                for (let a = 0; a < words.length; a++)
                    for (let b = a + 1; b < words.length; b++) {
                        const [p, q] = [words[a][1], words[b][1]];
                        if (Math.min(p.right, q.right) - Math.max(p.left, q.left) > 1 && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 1) faults.push(`one over the other in ${chart.id || chart.getAttribute('aria-labelledby')}: ${words[a][0]} | ${words[b][0]}`);
                    }
            }
            return faults;
        }
        """);

    /// <summary>Keeps a picture of the whole page, to be looked at. Asked of the browser itself, which can be told not to spend its time on making the file small.</summary>
    public static async Task ShotAsync(this IPage page, string name)
    {
        // Left open until the page goes: its end would end printing too, where that is looked at.
        var browser = await page.Context.NewCDPSessionAsync(page);
        var picture = await browser.SendAsync("Page.captureScreenshot", new() { ["format"] = "png", ["optimizeForSpeed"] = true, ["captureBeyondViewport"] = true });
        await File.WriteAllBytesAsync(Path.Combine(Browser.Screenshots, name + ".png"), picture!.Value.GetProperty("data").GetBytesFromBase64());
    }

    /// <param name="page">Fails the test where everybody cannot use it.</param>
    /// <param name="name">How the page is called, should it fail.</param>
    public static async Task IsUsableAsync(this IPage page, string name)
    {
        var faults = await page.FaultsAsync();
        Assert.True(faults.Count == 0, $"{name}: {string.Join("; ", faults)}");
    }
}
