using System.Globalization;
using System.Text.Json;

namespace SafetyAudit.Tests.Host;

/// <summary>What scripts rely on: verbs, exit codes, columns. The real program in its own process.</summary>
public sealed class VerbTests : IDisposable
{
    readonly string directory = Directory.CreateTempSubdirectory("safetyaudit-test-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    Task<(int Code, string Output, string Errors)> RunAsync(params string[] args) => ProgramRun.ToEndAsync([.. args, "--Data:Directory", Path.Combine(directory, "data")]);

    string FileOf(string name, string content)
    {
        string path = Path.Combine(directory, name);
        File.WriteAllText(path, content);
        return path;
    }

    [Fact]
    public async Task Import_then_rates_prints_the_columns_of_the_contract_and_data_alone()
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "Samples", "brady2014");
        // In the wrong order on purpose: practitioners are read first whatever the order.
        var import = await RunAsync("import", Path.Combine(folder, "events.csv"), Path.Combine(folder, "sessions.csv"), Path.Combine(folder, "practitioners.csv"));
        Assert.Equal((0, ""), (import.Code, import.Errors));

        var csv = await RunAsync("rates", "--from", "2024-01-01", "--to", "2024-12-31", "--by", "clinic", "--measure", "BRUISE_MINOR", "--format", "csv");
        var lines = csv.Output.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("practitioner_id,clinic_id,measure,from,to,baseline,sessions,observed,expected,rate_per_1000,rate_lower95,rate_upper95,ratio,ratio_lower95,ratio_upper95,lower95,upper95,lower998,upper998,p_high,p_low,shrunken_ratio,shrunken_lower95,shrunken_upper95,ascertainment,position,follow_up_grade", lines[0]);
        var rows = lines.Skip(1).Select(l => l.Split(',')).ToList();
        Assert.Equal((7629, 576), (rows.Sum(r => int.Parse(r[6], CultureInfo.InvariantCulture)), rows.Sum(r => int.Parse(r[7], CultureInfo.InvariantCulture))));
        Assert.All(rows, r => Assert.Equal(("2024-01-01", "BRUISE_MINOR@1", "inside"), (r[3], r[5], r[25])));

        var json = await RunAsync("rates", "--from", "2024-01-01", "--to", "2024-12-31", "--against", "peers", "--interval", "exact", "--measure", "bruise_minor", "--format", "json");
        using var parsed = JsonDocument.Parse(json.Output);
        Assert.Equal((39, 576L), (parsed.RootElement.GetArrayLength(), parsed.RootElement.EnumerateArray().Sum(r => r.GetProperty("observed").GetInt64())));

        var alerts = await RunAsync("alerts", "--format", "csv");
        Assert.StartsWith("alert_id,status,rule,clinic_id,practitioner_id,measure,from,to,observed,expected,baseline,raised_at,reason,level,arithmetic,closed_because\r\n", alerts.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exit_codes_say_what_happened()
    {
        string people = FileOf("people.csv", Samples.Practitioners);
        string sessions = FileOf("sessions.csv", Samples.SessionHeader + Samples.Session("S1") + Samples.Session("S2", practitioner: "P9"));
        Assert.Equal(0, (await RunAsync("import", people)).Code);

        var rejected = await RunAsync("import", sessions);
        Assert.Equal(3, rejected.Code);
        Assert.Contains("line 3: practitioner_unknown", rejected.Errors, StringComparison.Ordinal);

        var refused = await RunAsync("import", FileOf("other.csv", "a,b\n1,2\n"), "--json");
        Assert.Equal(1, refused.Code);
        using (var json = JsonDocument.Parse(refused.Output)) Assert.Equal("refused", json.RootElement[0].GetProperty("status").GetString());

        foreach (string[] args in new[] { new[] { "imports" }, ["rates"], ["rates", "--from", "01/02/2024", "--to", "2024-12-31"], ["rates", "--from", "2024-01-01", "--to", "2024-12-31", "--by", "ward"], ["import"] })
        {
            var misunderstood = await RunAsync(args);
            Assert.Equal((64, ""), (misunderstood.Code, misunderstood.Output));
            Assert.NotEmpty(misunderstood.Errors);
        }
        var unknown = await RunAsync("rates", "--from", "2024-01-01", "--to", "2024-12-31", "--measure", "BRUSE");
        Assert.Equal(1, unknown.Code);
        Assert.Contains("BRUISE_MINOR", Assert.Single(unknown.Errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_report_is_written_checked_and_written_again_with_the_same_bytes()
    {
        await RunAsync("import", FileOf("people.csv", Samples.Practitioners));
        await RunAsync("import", FileOf("sessions.csv", Samples.SessionHeader + Samples.Session("S1") + Samples.Session("S2", practitioner: "P2")));
        string first = Path.Combine(directory, "first"), again = Path.Combine(directory, "again"), then = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        var made = await RunAsync("report", "--period", "2026Q1", "--audience", "board", "--out", first, "--as-of", then);
        Assert.Equal((0, $"As the records were known at {then.TrimEnd('Z').TrimEnd('0')}Z. Give that with --as-of to have the same bytes again.\n"), (made.Code, made.Errors));
        Assert.Equal(made.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal), Directory.GetFiles(first).Order(StringComparer.Ordinal));

        await RunAsync("import", FileOf("events.csv", Samples.EventHeader + Samples.Event("E1", "S1")));
        Assert.Equal(0, (await RunAsync("report", "--period", "2026Q1", "--audience", "board", "--out", again, "--as-of", then)).Code);
        foreach (string file in Directory.GetFiles(first)) Assert.Equal(await File.ReadAllBytesAsync(file), await File.ReadAllBytesAsync(Path.Combine(again, Path.GetFileName(file))));

        Assert.Equal((0, "The seal holds, and every file is as it was made.\n"), await RunAsync("report", "check", again) is var check ? (check.Code, check.Output) : default);
        await File.AppendAllTextAsync(Path.Combine(again, "measures.csv"), " ");
        Assert.Equal((1, "measures.csv was changed.\n"), await RunAsync("report", "check", again) is var broken ? (broken.Code, broken.Errors) : default);
        Assert.Equal(64, (await RunAsync("report", "--period", "2026Q5", "--out", first)).Code);
        Assert.Equal(1, (await RunAsync("report", "--period", "2026Q1", "--out", first, "--as-of", "2999-01-01")).Code);
        Assert.Equal(1, (await RunAsync("report", "--period", "2026Q1", "--out", first, "--clinic", "C9")).Code);
    }

    [Fact]
    public async Task A_dry_run_says_what_an_import_would_do_and_stores_nothing()
    {
        await RunAsync("import", FileOf("people.csv", Samples.Practitioners));
        string sessions = FileOf("sessions.csv", Samples.SessionHeader + Samples.Session("S1") + Samples.Session("S2", practitioner: "P9") + Samples.Session("S1", "2026-03-05T10:00:00Z"));
        var dry = await RunAsync("import", sessions, "--dry-run", "--json");
        Assert.Equal(3, dry.Code);
        using (var json = JsonDocument.Parse(dry.Output))
            Assert.Equal(("checked", 1, 2), (json.RootElement[0].GetProperty("status").GetString(), json.RootElement[0].GetProperty("new").GetInt32(), json.RootElement[0].GetProperty("rejected").GetInt32()));

        var real = await RunAsync("import", sessions, "--json");
        using (var json = JsonDocument.Parse(real.Output))
            Assert.Equal((1, 2), (json.RootElement[0].GetProperty("new").GetInt32(), json.RootElement[0].GetProperty("rejected").GetInt32()));
    }

    [Fact]
    public async Task An_import_is_undone_and_its_figures_stay_known_as_of_before()
    {
        await RunAsync("import", FileOf("people.csv", Samples.Practitioners));
        Assert.Equal(0, (await RunAsync("import", FileOf("sessions.csv", Samples.SessionHeader + Samples.Session("S1") + Samples.Session("S2")))).Code);
        string between = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        string[] rates = ["rates", "--from", "2026-01-01", "--to", "2026-12-31", "--measure", "BRUISE_MINOR", "--format", "csv"];
        var before = await RunAsync(rates);

        Assert.Equal(64, (await RunAsync("undo", "2")).Code);
        var undone = await RunAsync("undo", "2", "--why", "wrong clinic");
        Assert.Equal((0, "Upload 2 (sessions.csv) is undone: 2 records are gone, and 0 are as they were before it.\n"), (undone.Code, undone.Output));
        var twice = await RunAsync("undo", "2", "--why", "wrong clinic");
        Assert.Equal((1, "Upload 2: It is undone already.\n"), (twice.Code, twice.Errors));

        Assert.NotEqual(before.Output, (await RunAsync(rates)).Output);
        var then = await RunAsync([.. rates, "--as-of", between]);
        Assert.Equal((0, before.Output, $"As the records were known at {between.TrimEnd('Z').TrimEnd('0')}Z.\n"), (then.Code, then.Output, then.Errors));
        Assert.Equal(1, (await RunAsync([.. rates, "--as-of", "yesterday"])).Code);
        Assert.Equal(0, (await RunAsync("verify", "--files")).Code);
    }

    [Fact]
    public async Task All_or_nothing_of_a_file_and_its_rejected_rows_to_be_mended()
    {
        await RunAsync("import", FileOf("people.csv", Samples.Practitioners));
        string sessions = FileOf("sessions.csv", Samples.SessionHeader + Samples.Session("S1") + Samples.Session("S2", practitioner: "P9"));
        string rejected = Path.Combine(directory, "rejected");
        var refused = await RunAsync("import", sessions, "--all-or-nothing", "--rejected", rejected);
        Assert.Equal(1, refused.Code);
        Assert.Contains("1 of 2 rows were rejected", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("line 3: practitioner_unknown", refused.Errors, StringComparison.Ordinal);
        string file = Assert.Single(Directory.GetFiles(rejected));
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace("P9", "P1", StringComparison.Ordinal));
        var mended = await RunAsync("import", file);
        Assert.Equal((0, $"{Path.GetFileName(file)}: sessions, 1 rows: 1 new, 0 same, 0 changed, 0 rejected\n", ""), (mended.Code, mended.Output, mended.Errors));
    }

    [Fact]
    public async Task Ctrl_C_cancels_what_is_not_read_and_no_later_import_reads_it_on()
    {
        await RunAsync("import", FileOf("people.csv", Samples.Practitioners));
        string big = FileOf("big.csv", Samples.SessionHeader + string.Concat(Enumerable.Range(0, 300_000).Select(i => Samples.Session($"S{i}"))));
        // Where these tests run in the background of a script, Ctrl-C is ignored by all that they start.
        using var run = ProgramRun.StartUnder("env", ["--default-signal=INT", .. ProgramRun.CommandLine, "import", big, "--Data:Directory", Path.Combine(directory, "data")]);
        // On a thread of its own: other tests may hold those of the pool for longer than the file takes.
        await Task.Factory.StartNew(() =>
        {
            using var db = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(directory, "data", "safetyaudit.db")};Mode=ReadOnly;Pooling=False");
            db.Open();
            using var under = db.CreateCommand();
            under.CommandText = "SELECT count(*) FROM uploads WHERE status = 'processing'";
            for (int i = 0; i < 6000 && (long)under.ExecuteScalar()! == 0; i++) Thread.Sleep(10);
            run.Interrupt();
        }, default, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        string printed = await run.PrintedAsync();
        Assert.Contains("big.csv: cancelled; nothing of it counts.", printed, StringComparison.Ordinal);
        var next = await RunAsync("import", FileOf("one.csv", Samples.SessionHeader + Samples.Session("A1")), "--json");
        Assert.Equal(0, next.Code);
        var rates = await RunAsync("rates", "--from", "2026-01-01", "--to", "2026-12-31", "--measure", "BRUISE_MINOR", "--format", "json");
        using var json = JsonDocument.Parse(rates.Output);
        Assert.Equal(1, json.RootElement[0].GetProperty("sessions").GetInt32());
        Assert.Equal(0, (await RunAsync("verify")).Code);
    }

    [Fact]
    public async Task The_demo_keeps_out_of_a_real_installation_and_a_mistyped_clinic_is_not_made()
    {
        await RunAsync("import", FileOf("people.csv", Samples.Practitioners));
        var demo = await RunAsync("demo");
        Assert.Equal(1, demo.Code);
        Assert.Contains("not a demo's", demo.Errors, StringComparison.Ordinal);

        string sessions = FileOf("sessions.csv", Samples.SessionHeader + Samples.Session("S1"));
        var asPractitioners = await RunAsync("import", sessions, "--kind", "practitioners");
        Assert.Equal(1, asPractitioners.Code);
        foreach (string[] args in new[] { new[] { "import", sessions, "--clinic", "C11" }, ["import", sessions, "--clinic", "C11", "--dry-run"] })
        {
            var refused = await RunAsync(args);
            Assert.Equal(1, refused.Code);
            Assert.Contains("No clinic has the code C11", refused.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_clinic_s_time_zone_is_set_before_its_first_session_only()
    {
        Assert.Equal(0, (await RunAsync("clinic", "C1", "--name", "Elm Street", "--time-zone", "America/New_York")).Code);
        Assert.Equal(1, (await RunAsync("clinic", "C2", "--time-zone", "Mars/Olympus")).Code);
        await RunAsync("import", FileOf("people.csv", Samples.Practitioners));
        await RunAsync("import", FileOf("sessions.csv", Samples.SessionHeader + Samples.Session("S1")));
        Assert.Equal(1, (await RunAsync("clinic", "C1", "--time-zone", "Europe/London")).Code);
        Assert.Equal(0, (await RunAsync("clinic", "C1", "--name", "Elm Street Clinic")).Code);
    }
}
