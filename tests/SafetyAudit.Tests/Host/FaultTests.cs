using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Tests.Uploads;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>What the machine does to the program: killed, out of room, out of memory. The real program in a process of its own.</summary>
public class FaultTests
{
    [Fact]
    public async Task A_dashboard_killed_while_a_file_arrives_leaves_nothing_that_counts_and_the_file_can_be_sent_again()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners, "C1");
        string key = await KeyAsync(installation), address = FreeAddress();
        byte[] lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(i => $$"""{"session_id":"S{{i}}","practitioner_id":"P1","patient_id":"T{{i}}","started_at":"2026-03-02T10:00:00Z"}""" + "\n")));
        string uploads = Path.Combine(installation.Directory, "uploads");
        using (var dashboard = ProgramRun.Start("dashboard", "--no-worker", "--Data:Directory", installation.Directory, "--urls", address))
        {
            using var client = await ClientAsync(address, key);
            using var half = new HalfSent(lines);
            var answer = client.PostAsync("/api/v1/sessions", half);
            await UntilAsync(() => Directory.GetFiles(uploads, "*.arriving").Any(f => new FileInfo(f).Length > 500_000));
            dashboard.KillHard();
            half.CutOff();
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => answer.WaitAsync(TimeSpan.FromMinutes(1)));
        }
        await using (var db = installation.Db()) Assert.Equal([RecordKind.Practitioners], (await db.Uploads.ToListAsync()).Select(u => u.Kind));
        // What it left lying is swept once nobody can be writing to it any more.
        File.SetLastWriteTimeUtc(Assert.Single(Directory.GetFiles(uploads, "*.arriving")), DateTime.UtcNow.AddHours(-2));
        installation.Services.GetRequiredService<ReceiveUpload>().SweepArriving();
        Assert.Empty(Directory.GetFiles(uploads, "*.arriving"));
        var again = await installation.ReceiveAsync(lines, "sessions.ndjson", "C1");
        Assert.Equal(1, await installation.Services.GetRequiredService<ProcessUploads>().DrainAsync(null, default));
        await using var after = installation.Db();
        Assert.Equal(20_000, (await after.Uploads.SingleAsync(u => u.Id == again.Id)).RowsNew);
    }

    [Fact]
    public async Task A_migration_that_is_killed_is_finished_by_the_next_start()
    {
        string directory = Directory.CreateTempSubdirectory("safetyaudit-test-").FullName, file = Path.Combine(directory, "safetyaudit.db");
        try
        {
            var random = new Random(20261128);
            for (int kill = 0; kill < 3; kill++)
            {
                using var migrate = ProgramRun.Start("migrate", "--Data:Directory", directory);
                await UntilAsync(() => File.Exists(file) || migrate.HasExited);
                await Task.Delay(random.Next(0, 200));
                migrate.KillHard();
            }
            var finished = await ProgramRun.ToEndAsync("migrate", "--Data:Directory", directory);
            Assert.True(finished.Code == 0, finished.Errors);
            await using var db = new SqliteConnection($"Data Source={file};Mode=ReadOnly;Pooling=False");
            await db.OpenAsync();
            await using var check = db.CreateCommand();
            check.CommandText = "SELECT group_concat(integrity_check) || ' ' || (SELECT count(*) > 0 FROM measures) FROM pragma_integrity_check";
            Assert.Equal("ok 1", await check.ExecuteScalarAsync());
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task On_a_full_disk_what_is_sent_is_refused_as_such_and_with_room_again_everything_goes_on()
    {
        await using var prepared = await TestInstallation.OpenAsync();
        await prepared.ImportAsync(Samples.Practitioners, "C1");
        string key = await KeyAsync(prepared), address = FreeAddress(), small = Directory.CreateTempSubdirectory("safetyaudit-test-").FullName;
        SqliteConnection.ClearAllPools();
        // A disk of 24 MB that only the dashboard sees, in a namespace of its own.
        string[] run = [.. ProgramRun.CommandLine, "dashboard", "--no-worker", "--Data:Directory", small, "--urls", address];
        using var dashboard = ProgramRun.StartUnder("unshare", ["-Urm", "sh", "-c", "mount -t tmpfs -o size=24m tmpfs \"$1\" && cp -a \"$2/.\" \"$1\" && shift 2 && exec \"$@\"", "sh", small, prepared.Directory, .. run]);
        using var client = await ClientAsync(address, key);
        string records = "[" + string.Join(',', Enumerable.Range(0, 300).Select(i => $$"""{"session_id":"S{{i}}","practitioner_id":"P1","patient_id":"T{{i}}","started_at":"2026-03-02T10:00:00Z","risk_note":"{{new string('n', 500)}}"}""")) + "]";

        string filler = $"/proc/{dashboard.Id}/root{small}/filler";
        Assert.ThrowsAny<IOException>((Action)(() => Fill(filler)));
        var refused = await client.PostAsync("/api/v1/sessions", Json(records));
        string problem = await refused.Content.ReadAsStringAsync();
        Assert.True(refused.StatusCode == HttpStatusCode.InsufficientStorage, $"{refused.StatusCode} {problem}");
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType!.MediaType);
        Assert.Contains("disk is full", problem, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/live")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/ready")).StatusCode);

        File.Delete(filler);
        foreach (string outcome in new[] { "new", "same" })
        {
            var taken = await client.PostAsync("/api/v1/sessions", Json(records));
            string text = await taken.Content.ReadAsStringAsync();
            Assert.True(taken.StatusCode == HttpStatusCode.Created, $"{taken.StatusCode} {text}");
            Assert.Equal(300, JsonDocument.Parse(text).RootElement.GetProperty(outcome).GetInt32());
        }
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/rates?from=2026-01-01&to=2026-12-31")).StatusCode);
        dashboard.KillHard();
        Directory.Delete(small);

        static void Fill(string path)
        {
            using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            for (byte[] block = new byte[4096]; ;) file.Write(block);
        }

        static StringContent Json(string content) => new(content, Encoding.UTF8, "application/json");
    }

    [Fact]
    public async Task Where_the_temporary_folder_can_t_be_written_files_come_in_all_the_same()
    {
        string directory = Directory.CreateTempSubdirectory("safetyaudit-test-").FullName;
        try
        {
            string[] files = [Path.Combine(directory, "people.xlsx"), Path.Combine(directory, "sessions.csv"), Path.Combine(directory, "events.json")];
            await File.WriteAllBytesAsync(files[0], Workbook.Of(["practitioner_id", "clinic_id"], ["P1", "C1"]));
            await File.WriteAllTextAsync(files[1], Samples.SessionHeader + Samples.Session("S1"));
            await File.WriteAllTextAsync(files[2], """[{"event_id":"E1","session_id":"S1","patient_id":"T1","category":"BRUISE_MINOR","onset_at":"2026-03-02T12:00:00Z"}]""");
            var import = await ProgramRun.UnderAsync("env", ["TMPDIR=/dev/null/nowhere", .. ProgramRun.CommandLine, "import", .. files, "--Data:Directory", Path.Combine(directory, "data")]);
            Assert.Equal((0, ""), (import.Code, import.Errors));
            Assert.Equal(3, import.Output.Split('\n').Count(l => l.Contains("1 rows: 1 new", StringComparison.Ordinal)));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>The same over 10 GB is measured by <c>tests/SafetyAudit.Benchmarks -- import-memory 20000000</c>.</summary>
    [Fact]
    public async Task A_file_larger_than_all_its_memory_is_read()
    {
        string directory = Directory.CreateTempSubdirectory("safetyaudit-test-").FullName;
        try
        {
            string people = Path.Combine(directory, "people.csv"), sessions = Path.Combine(directory, "sessions.csv");
            await File.WriteAllTextAsync(people, Samples.Practitioners);
            // 240 MB, most of it in a column that nobody knows, under 192 MB for all that .NET holds.
            await using (var file = new StreamWriter(sessions))
            {
                string note = new('n', 12_000);
                await file.WriteAsync(Samples.SessionHeader.TrimEnd() + ",notes\n");
                for (int i = 0; i < 20_000; i++) await file.WriteAsync($"{Samples.Session($"S{i}").TrimEnd()},{note}\n");
            }
            Assert.True(new FileInfo(sessions).Length > 240_000_000);
            var import = await ProgramRun.UnderAsync("env", ["DOTNET_GCHeapHardLimit=0xC000000", .. ProgramRun.CommandLine, "import", people, sessions, "--Data:Directory", Path.Combine(directory, "data")]);
            Assert.True(import.Code == 0, import.Errors);
            Assert.Contains("20000 rows: 20000 new", import.Output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task On_a_terminal_an_import_shows_rows_pace_and_time_left()
    {
        string directory = Directory.CreateTempSubdirectory("safetyaudit-test-").FullName;
        try
        {
            string people = Path.Combine(directory, "people.csv"), sessions = Path.Combine(directory, "sessions.csv");
            await File.WriteAllTextAsync(people, Samples.Practitioners);
            await File.WriteAllTextAsync(sessions, Samples.SessionHeader + string.Concat(Enumerable.Range(0, 60_000).Select(i => Samples.Session($"S{i}"))));
            string command = string.Join(' ', [.. ProgramRun.CommandLine, "import", people, sessions, "--Data:Directory", Path.Combine(directory, "data")]);
            var import = await ProgramRun.UnderAsync("script", "-qec", $"stty cols 120; {command}", "/dev/null");
            Assert.True(import.Code == 0, import.Output);
            Assert.Matches(@"sessions\.csv [0-9,]+ rows, [0-9,]+/s, about [0-9]+ (s|min) left", import.Output);
            Assert.Contains("60000 rows: 60000 new", import.Output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    static async Task<string> KeyAsync(TestInstallation installation)
    {
        var made = await ProgramRun.ToEndAsync("key", "add", "reception", "--clinic", "C1", "--Data:Directory", installation.Directory);
        Assert.True(made.Code == 0, made.Errors);
        return made.Output.Trim();
    }

    static string FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
    }

    // Answers once the dashboard does.
    static async Task<HttpClient> ClientAsync(string address, string key)
    {
        var client = new HttpClient { BaseAddress = new(address) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        for (var patience = DateTime.UtcNow.AddMinutes(2); ; await Task.Delay(50))
        {
            try
            {
                if ((await client.GetAsync("/health/ready")).IsSuccessStatusCode) return client;
            }
            catch (HttpRequestException) when (DateTime.UtcNow < patience) { }
        }
    }

    static async Task UntilAsync(Func<bool> holds)
    {
        for (var patience = DateTime.UtcNow.AddMinutes(2); !holds(); await Task.Delay(5)) Assert.True(DateTime.UtcNow < patience, "it did not come about in two minutes");
    }

    /// <summary>A body of which the second half never comes.</summary>
    sealed class HalfSent : HttpContent
    {
        readonly byte[] content;
        readonly TaskCompletionSource cut = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void CutOff() => cut.SetException(new IOException("the line is cut"));

        public HalfSent(byte[] content)
        {
            this.content = content;
            Headers.ContentType = new("application/x-ndjson");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(content.AsMemory(0, content.Length / 2));
            await stream.FlushAsync();
            await cut.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = content.Length;
            return true;
        }
    }
}
