using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using static SafetyAudit.Benchmarks.ImportBenchmark;

namespace SafetyAudit.Benchmarks;

/// <summary>
/// What a page costs beside five million sessions and beside the demo's sixty thousand, and what the first byte of Home costs beside a static file's while a file is imported and fifty
/// readers read: <c>pages PROGRAM [SESSIONS [CLINICS]]</c>, with the published program (<c>safetyaudit.dll</c>). The large history is the demo's clinics over and over under other ids. Two
/// installations run at once and are asked in turn: by a reader of one clinic and by one of all; and by one of all beside as many clinics of which each has a few weeks of sessions, on the
/// pages that go over all clinics. Where a number of clinics is given, there are no more than those, each with as many more people: what a reader of one pays for its size.
/// </summary>
static partial class PagesBenchmark
{
    const int DemoSessions = 59_834, DemoClinics = 3, Warm = 10, Asked = 100, AskedAtMost = 500, Readers = 50, Imported = 300_000;
    const double Target = 1.3, FirstByteTarget = 5;
    const int HeaviestPage = 150_000;

    static readonly string[] Pages =
    [
        "/", "/measures", "/measures/BRUISE_MINOR", "/measures/BRUISE_MINOR?against=literature", "/measures/BRUISE_MINOR?mix=adjusted", "/measures/PNEUMOTHORAX", "/practitioners", "/practitioners/RIVER-P03", "/adherence", "/adherence/PR-002",
        "/clinics", "/alerts", "/alerts/", "/cases", "/cases/", "/credentials", "/data-quality", "/uploads", "/uploads/", "/follow-ups", "/baselines", "/reports", "/records", "/sessions?practitioner=RIVER-P03&measure=BRUISE_MINOR", "/duties", "/protocol",
        "/search?q=river", "/events/waiting", "/settings", "/views",
    ];

    // Those that show what is of all clinics, however many there are; the others, such as credentials or one alert, show one clinic.
    static readonly string[] OverAll =
    [
        "/", "/clinics", "/alerts", "/cases", "/uploads", "/reports", "/records", "/baselines", "/protocol", "/search?q=river", "/settings", "/views",
    ];

    public static Task CrowdedAsync(string program, long sessions, int clinics) => BesideLargeAsync(program, sessions, clinics, async (few, many, _) =>
    {
        await using var large = await Installation.StartAsync(program, many);
        await using var small = await Installation.StartAsync(program, few);
        await BesideAsync("river-director, larger clinics", Pages, await small.SignInAsync("river-director"), await large.SignInAsync("river-director"));
    });

    public static Task RunAsync(string program, long sessions) => BesideLargeAsync(program, sessions, null, async (few, many, folder) =>
    {
        string young = Path.Combine(folder, "young");
        Copy(few, young);
        Enlarge(Path.Combine(young, "safetyaudit.db"), (int)(sessions / DemoSessions), isYoung: true);
        await using var large = await Installation.StartAsync(program, many);
        await using (var small = await Installation.StartAsync(program, few))
            foreach (string user in new[] { "river-director", "director" }) await BesideAsync(user, Pages, await small.SignInAsync(user), await large.SignInAsync(user));
        await using (var small = await Installation.StartAsync(program, young)) await BesideAsync("director, as many clinics", OverAll, await small.SignInAsync("director"), await large.SignInAsync("director"));
        await WhileImportingAsync(folder, program, many, large);
    });

    /// <summary>The first byte of Home alone: <c>first-byte PROGRAM [SESSIONS]</c>.</summary>
    public static Task FirstByteAsync(string program, long sessions) => BesideLargeAsync(program, sessions, null, async (_, many, folder) =>
    {
        await using var large = await Installation.StartAsync(program, many);
        await WhileImportingAsync(folder, program, many, large);
    });

    static async Task BesideLargeAsync(string program, long sessions, int? clinics, Func<string, string, string, Task> measure)
    {
        string folder = Directory.CreateTempSubdirectory("safetyaudit-bench-").FullName;
        try
        {
            string few = Path.Combine(folder, "few"), many = Path.Combine(folder, "many");
            await using (var first = await Installation.StartAsync(program, few)) { }
            Copy(few, many);
            Enlarge(Path.Combine(many, "safetyaudit.db"), (int)(sessions / DemoSessions), clinics: clinics);
            await measure(few, many, folder);
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    }

    static void Copy(string folder, string to)
    {
        foreach (string path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(folder, path));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(path, copy);
        }
    }

    static async Task BesideAsync(string user, string[] pages, HttpClient small, HttpClient large)
    {
        // The program's own code is made faster while it runs, which whatever page comes first would pay for.
        for (int i = 0; i < Warm; i++)
            foreach (string page in pages)
                foreach (var client in new[] { small, large }) (await client.GetAsync(page)).Dispose();
        Say($"{user,-44} {"p95 few, ms",12} {"p95 many, ms",13} {"ratio",6}  {"bytes few",10} {"bytes many",11}");
        foreach (string page in pages)
        {
            // A page about one is that of the first that its list names.
            string address = page.Length > 1 && page[^1] == '/' && await FirstOfAsync(small, page) is { } found ? found : page;
            using (var seen = await small.GetAsync(address))
                if (seen.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.NotFound or HttpStatusCode.Redirect) continue;
            List<double> few = [], many = [];
            long fewBytes = 0, manyBytes = 0;
            // Of pages that take few milliseconds the slowest twentieth is mostly chance: they are asked more often. Either goes first every other time.
            var clock = Stopwatch.StartNew();
            for (int i = -Warm; i < Asked || i < AskedAtMost && clock.Elapsed < TimeSpan.FromSeconds(8); i++)
            {
                double fewTime = 0, manyTime = 0;
                if (i % 2 == 0) (fewTime, fewBytes) = await TimeAsync(small, address);
                (manyTime, manyBytes) = await TimeAsync(large, address);
                if (i % 2 != 0) (fewTime, fewBytes) = await TimeAsync(small, address);
                if (i < 0) continue;
                few.Add(fewTime);
                many.Add(manyTime);
            }
            double ratio = P95(many) / P95(few);
            Say($"  {page,-42} {P95(few),12:F1} {P95(many),13:F1} {ratio,6:F2}  {fewBytes,10:N0} {manyBytes,11:N0}{(ratio > Target ? " SLOWER" : "")}{(Math.Max(fewBytes, manyBytes) > HeaviestPage ? " HEAVY" : "")}");
        }
    }

    // Fifty readers, each on Home every few seconds, and each asking for a static file as often, with a pause before either: what is compared waits in the same queues, and neither finds
    // warm what the other left.
    static async Task WhileImportingAsync(string folder, string program, string data, Installation server)
    {
        var files = new ImportFiles(Path.Combine(folder, "demo"));
        string[] more = [files.WritePractitioners(Path.Combine(folder, "more-practitioners.csv"), Imported), files.WriteSessions(Path.Combine(folder, "more.csv"), 0, Imported)];
        var readers = new List<HttpClient>();
        HttpClient ofAll = await server.SignInAsync("director"), ofOne = await server.SignInAsync("river-director");
        for (int i = 0; i < Readers; i++) readers.Add(server.Again(i % 2 == 0 ? ofAll : ofOne));
        // A program that has just started is another matter, and so are new connections.
        foreach (var reader in readers)
            foreach (string page in new[] { "/", "/assets/site.css" }) await TimeAsync(reader, page);
        using var import = Process.Start(AsInTheImage(new("dotnet", [program, "import", .. more, "--Data:Directory", data, "--Keys:Directory", ""]) { RedirectStandardOutput = true }))!;
        _ = import.StandardOutput.ReadToEndAsync();
        List<double> home = [], still = [], whole = [];
        await Task.WhenAll(readers.Select(async (reader, i) =>
        {
            var pause = TimeSpan.FromSeconds(2.5);
            // Over a whole round of one's own, so that at any moment as many ask for the one as for the other.
            await Task.Delay(2 * pause * (i / (double)Readers));
            while (!import.HasExited)
            {
                var (first, last) = await FirstAndLastByteAsync(reader, "/");
                await Task.Delay(pause);
                var (other, _) = await FirstAndLastByteAsync(reader, "/assets/site.css");
                lock (home) { home.Add(first); whole.Add(last); still.Add(other); }
                await Task.Delay(pause);
            }
        }));
        double ratio = P95(home) / P95(still), middle = Median(home) / Median(still);
        Say($"first byte while importing, {Readers} readers, {home.Count} times each: Home {Median(home):F1} ms (p95 {P95(home):F1}; its last byte {Median(whole):F1}, p95 {P95(whole):F1}), a static file {Median(still):F1} ms (p95 {P95(still):F1}): {middle:F1} times, p95 {ratio:F1} times (target {FirstByteTarget}); the import ended with {import.ExitCode}");
    }

    static async Task<string?> FirstOfAsync(HttpClient client, string under)
    {
        string list = await client.GetStringAsync(under.TrimEnd('/'));
        return Regex.Match(list, $"href=\"({Regex.Escape(under)}[0-9]+)[\"?]") is { Success: true } first ? first.Groups[1].Value : null;
    }

    static async Task<(double Milliseconds, long Bytes)> TimeAsync(HttpClient client, string address)
    {
        var clock = Stopwatch.StartNew();
        using var answer = await client.GetAsync(address);
        byte[] body = await answer.Content.ReadAsByteArrayAsync();
        double milliseconds = clock.Elapsed.TotalMilliseconds;
        answer.EnsureSuccessStatusCode();
        return (milliseconds, body.Length);
    }

    static async Task<(double First, double Last)> FirstAndLastByteAsync(HttpClient client, string address)
    {
        var clock = Stopwatch.StartNew();
        using var answer = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead);
        double first = clock.Elapsed.TotalMilliseconds;
        answer.EnsureSuccessStatusCode();
        await answer.Content.CopyToAsync(Stream.Null);
        return (first, clock.Elapsed.TotalMilliseconds);
    }

    static double P95(List<double> times) => times.Order().ElementAt((int)Math.Ceiling(0.95 * times.Count) - 1);

    static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);

    // Whoever was in clinic RIVER is in clinic RIVER~7 too, with all they did there, and what was found there. A young installation has as many clinics, and of each what came in its last
    // days only, so that all together have what the demo's have.
    static void Enlarge(string database, int copies, bool isYoung = false, int? clinics = null)
    {
        string[] clinicIds = ["clinic_id", "linked_clinic_id"], ids = ["practitioner_id", "patient_id", "session_id", "event_id", "follow_up_id", "linked_session_id"];
        int apart = Math.Max(1, (clinics ?? DemoClinics * copies) / DemoClinics);
        using var connection = new SqliteConnection($"Data Source={database}");
        connection.Open();
        Run("PRAGMA synchronous = OFF; PRAGMA cache_size = -800000;");
        if (isYoung)
        {
            string first = Read($"SELECT date FROM sessions ORDER BY date DESC LIMIT 1 OFFSET {DemoSessions / copies}")[0];
            Run("PRAGMA foreign_keys = OFF");
            foreach (string table in new[] { "sessions", "daily_exposures", "daily_observed", "daily_adherence", "daily_quality" }) Run($"DELETE FROM {table} WHERE date < '{first}'");
            Run($"DELETE FROM adverse_events WHERE onset_at_utc < '{first}'; DELETE FROM follow_ups WHERE session_id NOT IN (SELECT session_id FROM sessions)");
        }
        foreach (string table in new[] { "clinics", "practitioners", "sessions", "adverse_events", "follow_ups", "daily_exposures", "daily_observed", "daily_adherence", "daily_quality", "monitored_practitioners", "alerts" })
        {
            string[] columns = [.. Read($"SELECT '\"' || name || '\"' FROM pragma_table_info('{table}') WHERE NOT (pk = 1 AND type = 'INTEGER')")];
            Run($"CREATE TEMP TABLE original AS SELECT {string.Join(", ", columns)} FROM {table}");
            for (int copy = 1; copy < copies; copy++)
                Run($"INSERT OR IGNORE INTO {table} ({string.Join(", ", columns)}) SELECT {string.Join(", ", columns.Select(c => Copied(table, c.Trim('"'), copy) ?? c))} FROM original");
            Run("DROP TABLE original");
        }
        Run("PRAGMA wal_checkpoint(TRUNCATE)");

        // An alert's key names its rule, clinic, practitioner and what it is about, which of a sentinel event is the event.
        string? Copied(string table, string column, int copy) =>
            clinicIds.Contains(column) || (table, column) == ("clinics", "id") ? $"{column} || '{Clinic(copy)}'"
            : ids.Contains(column) ? $"{column} || '~{copy}'"
            : (table, column) == ("alerts", "key") ? $"CASE rule WHEN 'sentinel_event' THEN replace(key, clinic_id || '||', clinic_id || '{Clinic(copy)}||') || '~{copy}' ELSE rule || '|' || clinic_id || '{Clinic(copy)}|' || coalesce(practitioner_id || '~{copy}', '') || substr(key, length(rule) + length(clinic_id) + length(coalesce(practitioner_id, '')) + 3) END"
            : null;

        // A clinic that is there already stays one, with more people; what is said of it as a whole stands there.
        string Clinic(int copy) => copy % apart == 0 ? "" : $"~{copy % apart}";

        void Run(string sql)
        {
            using var command = new SqliteCommand(sql, connection) { CommandTimeout = 0 };
            command.ExecuteNonQuery();
        }

        List<string> Read(string sql)
        {
            using var command = new SqliteCommand(sql, connection);
            using var reader = command.ExecuteReader();
            var found = new List<string>();
            while (reader.Read()) found.Add(reader.GetString(0));
            return found;
        }
    }

    /// <summary>The demo as a process of its own on a free port.</summary>
    sealed class Installation(Process process, string address, string password) : IAsyncDisposable
    {
        public static async Task<Installation> StartAsync(string program, string data)
        {
            var start = AsInTheImage(new("dotnet", [program, "demo", "--Data:Directory", data]) { RedirectStandardOutput = true, RedirectStandardError = true });
            start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
            var process = Process.Start(start)!;
            _ = process.StandardError.ReadToEndAsync();
            string? address = null, password = null;
            var said = new StringBuilder();
            while (address is null || password is null)
            {
                string line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"The demo ended: {said}");
                said.AppendLine(line);
                if (Address().Match(line) is { Success: true } where) address = where.Value;
                if (Password().Match(line) is { Success: true } word) password = word.Groups[1].Value;
            }
            _ = process.StandardOutput.ReadToEndAsync();
            return new(process, address, password);
        }

        public async Task<HttpClient> SignInAsync(string user)
        {
            // Cookies are marked for https; here they are carried by hand over loopback.
            var cookies = new Dictionary<string, string>();
            var client = Client();
            using var form = await client.GetAsync("/sign-in");
            Keep(form);
            string token = Token().Match(await form.Content.ReadAsStringAsync()).Groups[1].Value;
            using var request = new HttpRequestMessage(HttpMethod.Post, "/sign-in") { Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["UserName"] = user, ["Password"] = password, ["__RequestVerificationToken"] = token }) };
            request.Headers.Add("Cookie", Cookies());
            using var answer = await client.SendAsync(request);
            Keep(answer);
            if (answer.StatusCode != HttpStatusCode.Redirect) throw new InvalidOperationException($"{user} could not sign in: {answer.StatusCode}");
            client.DefaultRequestHeaders.Add("Cookie", Cookies());
            return client;

            void Keep(HttpResponseMessage from)
            {
                if (!from.Headers.TryGetValues("Set-Cookie", out var set)) return;
                foreach (string cookie in set) cookies[cookie[..cookie.IndexOf('=', StringComparison.Ordinal)]] = cookie.Split(';')[0];
            }

            string Cookies() => string.Join("; ", cookies.Values);
        }

        /// <summary>Another connection of somebody who has signed in.</summary>
        public HttpClient Again(HttpClient signedIn)
        {
            var client = Client();
            client.DefaultRequestHeaders.Add("Cookie", signedIn.DefaultRequestHeaders.GetValues("Cookie"));
            return client;
        }

        HttpClient Client() => new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None }) { BaseAddress = new Uri(address), Timeout = TimeSpan.FromMinutes(2) };

        public async ValueTask DisposeAsync()
        {
            using (var stop = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)])) await stop.WaitForExitAsync();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    [GeneratedRegex("http://127\\.0\\.0\\.1:[1-9][0-9]*")]
    private static partial Regex Address();

    [GeneratedRegex("starts again:\\s+([0-9a-f]+)")]
    private static partial Regex Password();

    [GeneratedRegex("name=\"__RequestVerificationToken\" type=\"hidden\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
