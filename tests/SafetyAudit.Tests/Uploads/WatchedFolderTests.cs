using System.Diagnostics;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Tests.Host;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Uploads;

/// <summary>Files dropped into the watched folder: once each, whole, and no way to anything else.</summary>
public sealed class WatchedFolderTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("safetyaudit-watched-").FullName;

    public static TheoryData<DatabaseProvider> Providers => TestInstallation.Providers;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory, MemberData(nameof(Providers))]
    public async Task Files_are_taken_in_the_order_in_which_they_need_each_other_for_the_clinic_whose_folder_they_lie_in(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        Drop("C1/a-events.csv", Samples.EventHeader + Samples.Event("E1", "S1"));
        Drop("C1/b-sessions.ndjson", """{"session_id":"S1","practitioner_id":"P1","patient_id":"T1","started_at":"2026-03-02T10:00:00Z"}""" + "\n");
        Drop("C1/c-people.csv", "practitioner_id\nP1\n");
        Drop("everybody.csv", "practitioner_id,clinic_id\nP9,C9\n");
        Assert.Equal(4, await Watch(installation).TakeAsync(default));
        await installation.Services.CatchUpAsync(null, default);
        Assert.Equal(["C1/done/a-events.csv", "C1/done/b-sessions.ndjson", "C1/done/c-people.csv", "done/everybody.csv"], Files());

        await using var db = installation.Db();
        Assert.All(await db.Uploads.ToListAsync(), u => Assert.Equal((UploadStatus.Completed, "watched folder", 1L, 0L), (u.Status, u.ReceivedBy, u.RowsNew, u.RowsRejected)));
        var joined = await db.AdverseEvents.SingleAsync();
        Assert.Equal(("S1", "C1"), (joined.LinkedSessionId, joined.LinkedClinicId));
        Assert.Equal(["a-events.csv C1", "b-sessions.ndjson C1", "c-people.csv C1", "everybody.csv "], (await db.Uploads.ToListAsync()).Select(u => $"{u.FileName} {u.ClinicId}").Order(StringComparer.Ordinal));
        Assert.Equal(0, await Watch(installation).TakeAsync(default));
        await foreach (string fault in VerifyRecords.RunAsync(db, default)) Assert.Fail(fault);
    }

    [Fact]
    public async Task A_file_that_is_still_written_to_waits_and_hidden_and_partial_names_are_left_alone()
    {
        await using var installation = await TestInstallation.OpenAsync();
        string[] left = [".hidden.csv", "half.csv.part", "half.csv.tmp", "half.csv.crdownload", "old.csv~"];
        foreach (string name in left) Drop(name, Samples.Practitioners);
        string slow = Path.Combine(folder, "slow.csv");
        await File.WriteAllTextAsync(slow, "practitioner_id,clinic_id\n");
        using var writing = new CancellationTokenSource();
        var writer = Task.Run(async () =>
        {
            for (int i = 0; !writing.IsCancellationRequested; i++, await Task.Delay(20)) await File.AppendAllTextAsync(slow, $"P{i},C1\n");
            await File.AppendAllTextAsync(slow, "P-last,C1\n");
        });
        for (int i = 0; i < 3; i++) Assert.Equal(0, await Watch(installation).TakeAsync(default));
        await writing.CancelAsync();
        await writer;
        Assert.Equal(1, await Watch(installation).TakeAsync(default));
        await installation.Services.CatchUpAsync(null, default);
        Assert.Equal(left.Append("done/slow.csv").Order(StringComparer.Ordinal), Files());
        await using var db = installation.Db();
        Assert.True(await db.Practitioners.AnyAsync(p => p.PractitionerId == "P-last"));
    }

    [Fact]
    public async Task Links_pipes_and_empty_files_are_not_opened_and_lead_nowhere()
    {
        await using var installation = await TestInstallation.OpenAsync();
        string outside = Directory.CreateTempSubdirectory("safetyaudit-outside-").FullName;
        string secret = Path.Combine(outside, "secret.csv");
        await File.WriteAllTextAsync(secret, Samples.Practitioners);
        File.CreateSymbolicLink(Path.Combine(folder, "link.csv"), secret);
        File.CreateSymbolicLink(Path.Combine(folder, "endless.csv"), "/dev/zero");
        File.CreateSymbolicLink(Path.Combine(folder, "nowhere.csv"), "/nowhere");
        Directory.CreateSymbolicLink(Path.Combine(folder, "C2"), outside);
        // What is moved must not leave by a planted link either.
        Drop("C3/people.csv", Samples.Practitioners);
        Directory.CreateSymbolicLink(Path.Combine(folder, "C3", "done"), outside);
        using (var pipe = Process.Start("mkfifo", Path.Combine(folder, "pipe.csv"))) await pipe.WaitForExitAsync();
        Drop("empty.csv", "");
        Drop("real.csv", Samples.Practitioners);
        Assert.Equal(1, await Watch(installation).TakeAsync(default).WaitAsync(TimeSpan.FromSeconds(30)));
        await using var db = installation.Db();
        Assert.Equal("real.csv", (await db.Uploads.SingleAsync()).FileName);
        Assert.Equal([secret], Directory.GetFiles(outside));
        Assert.Contains("done/real.csv", Files());
        Assert.Contains("C3/people.csv", Files());
        foreach (string name in new[] { "link.csv", "endless.csv", "nowhere.csv", "pipe.csv", "empty.csv" })
        {
            Assert.Contains($"failed/{name}", Files());
            Assert.Contains("Drop the file itself.", await File.ReadAllTextAsync(Path.Combine(folder, "failed", name + ".txt")), StringComparison.Ordinal);
        }
        // Nor is the program's own mark made where somebody points it.
        File.Delete(Path.Combine(folder, ".watching"));
        File.CreateSymbolicLink(Path.Combine(folder, ".watching"), Path.Combine(outside, "made"));
        Drop("more.csv", Samples.Practitioners);
        Assert.Equal(0, await Watch(installation).TakeAsync(default));
        Assert.Equal([secret], Directory.GetFiles(outside));
        Directory.Delete(outside, recursive: true);
    }

    /// <summary>Faults row 25. Whoever may write to the folder keeps exchanging, by renaming, a file for a link and for another file, and the folders on the way to it for links to one outside.</summary>
    [Theory]
    [InlineData("file"), InlineData("taking"), InlineData("clinic")]
    public async Task Nothing_outside_is_read_or_moved_and_each_file_is_taken_once_and_whole_while_names_are_exchanged(string exchanged)
    {
        await using var installation = await TestInstallation.OpenAsync();
        string outside = Directory.CreateTempSubdirectory("safetyaudit-outside-").FullName, staging = Directory.CreateTempSubdirectory("safetyaudit-staging-").FullName;
        string inbox = Path.Combine(folder, "C1"), taking = Path.Combine(inbox, "taking"), dropped = Path.Combine(inbox, "people.csv");
        // A name as the program gives, so that nothing but where it lies tells it from the program's own.
        string inner = Directory.CreateDirectory(Path.Combine(outside, "taking")).FullName;
        string[] secrets = [.. new[] { Path.Combine(outside, "people.csv"), Path.Combine(outside, $"{new string('0', 32)}-secret.csv"), Path.Combine(inner, $"{new string('1', 32)}-secret.csv") }];
        foreach (string secret in secrets) await File.WriteAllTextAsync(secret, "practitioner_id,clinic_id\nSECRET,C1\n");
        Directory.CreateDirectory(inbox);
        using var end = new CancellationTokenSource();
        int made = 0, swaps = 0;
        var others = new Thread(() =>
        {
            for (; !end.IsCancellationRequested; swaps++)
            {
                try
                {
                    if (exchanged != "file" || swaps % 2 == 0) DropOne();
                    // Long enough now and then that a file is found settled.
                    if (swaps % 8 == 0) Thread.Sleep(swaps % 3 * 3);
                    if (exchanged == "file" && swaps % 2 == 1) Exchange(() => File.CreateSymbolicLink(Path.Combine(staging, "link"), secrets[0]), dropped);
                    if (exchanged != "file") ExchangeFolder(exchanged == "taking" ? taking : inbox);
                }
                catch (IOException) { }
                catch (UnauthorizedAccessException) { }
            }
        });
        others.Start();
        await using var db = installation.Db();
        // As long as it takes on a machine that has other things to do.
        var begun = Stopwatch.StartNew();
        for (int turn = 0; turn < 150 || (swaps < 300 || await db.Uploads.CountAsync() < 10) && begun.Elapsed < TimeSpan.FromSeconds(90); turn++) await Watch(installation, TimeSpan.FromMilliseconds(turn % 4)).TakeAsync(default);
        await end.CancelAsync();
        others.Join();
        await Watch(installation).TakeAsync(default);
        await installation.Services.CatchUpAsync(null, default);

        Assert.True(swaps >= 300, $"{swaps} exchanges are no race");
        foreach (string secret in secrets) Assert.Equal("practitioner_id,clinic_id\nSECRET,C1\n", await File.ReadAllTextAsync(secret));
        var uploads = await db.Uploads.ToListAsync();
        Assert.True(uploads.Count >= 10, $"{uploads.Count} files were taken of {made}");
        Assert.All(uploads, u => Assert.Equal((UploadStatus.Completed, 500L, 500L, 0L), (u.Status, u.RowsRead, u.RowsNew, u.RowsRejected)));
        Assert.False(await db.Practitioners.AnyAsync(p => p.PractitionerId == "SECRET"));
        Directory.Delete(staging, recursive: true);
        // What lies in the folder was found there or put there by the program: nothing came in from outside, and nothing went out.
        Assert.Equal(secrets.Order(StringComparer.Ordinal), Directory.GetFiles(outside, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));
        Directory.Delete(outside, recursive: true);

        // Whole under its name at once, as a careful program drops it; each is another file, of people whom no other has.
        void DropOne()
        {
            if (File.Exists(dropped) && new FileInfo(dropped).LinkTarget is null && swaps % 7 != 0) return;
            int number = made++;
            File.WriteAllText(Path.Combine(staging, "people.csv"), "practitioner_id,clinic_id\n" + string.Concat(Enumerable.Range(0, 500).Select(i => $"P{number}-{i},C1\n")));
            if (Directory.Exists(inbox) && new DirectoryInfo(inbox).LinkTarget is null) File.Move(Path.Combine(staging, "people.csv"), dropped, overwrite: true);
        }

        void Exchange(Action make, string place)
        {
            make();
            File.Move(Path.Combine(staging, "link"), place, overwrite: true);
        }

        void ExchangeFolder(string place)
        {
            string aside = Path.Combine(staging, $"aside-{swaps}");
            Directory.Move(place, aside);
            try
            {
                Directory.CreateSymbolicLink(place, outside);
                Thread.SpinWait(swaps % 50 * 1000);
            }
            finally
            {
                if (new FileInfo(place).LinkTarget is not null) File.Delete(place);
                if (!Directory.Exists(place)) Directory.Move(aside, place);
                // The program made itself a new one meanwhile: what lay in the old one comes back to it.
                else foreach (string path in Directory.GetFiles(aside)) File.Move(path, Path.Combine(place, Path.GetFileName(path)));
            }
        }
    }

    [Fact]
    public async Task What_is_refused_lies_in_failed_with_why_and_a_name_that_is_taken_gets_a_number()
    {
        await using var installation = await TestInstallation.OpenAsync();
        for (int i = 0; i < 2; i++)
        {
            Drop("people.csv", Samples.Practitioners);
            Drop("notes.csv", "what,is,this\n1,2,3\n");
            Drop("C7/sessions.csv", Samples.SessionHeader + Samples.Session("S1"));
            await Watch(installation).TakeAsync(default);
        }
        Assert.Equal(["C7/failed/sessions-2.csv", "C7/failed/sessions-2.csv.txt", "C7/failed/sessions.csv", "C7/failed/sessions.csv.txt", "done/people-2.csv", "done/people.csv",
            "failed/notes-2.csv", "failed/notes-2.csv.txt", "failed/notes.csv", "failed/notes.csv.txt"], Files());
        Assert.Contains("The header fits no kind of file", await File.ReadAllTextAsync(Path.Combine(folder, "failed", "notes.csv.txt")), StringComparison.Ordinal);
        Assert.Contains("No clinic has the code C7", await File.ReadAllTextAsync(Path.Combine(folder, "C7", "failed", "sessions.csv.txt")), StringComparison.Ordinal);
        await installation.Services.CatchUpAsync(null, default);
        // Dropped twice on purpose: two uploads, and nothing new in the second.
        await using var db = installation.Db();
        Assert.Equal([(2L, 0L), (0L, 2L)], (await db.Uploads.OrderBy(u => u.Id).ToListAsync()).Select(u => (u.RowsNew, u.RowsSame)));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Of_several_that_watch_one_folder_one_takes_each_file(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        for (int i = 0; i < 30; i++) Drop($"people-{i}.csv", $"practitioner_id,clinic_id\nP{i},C1\n");
        int[] taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Watch(installation).TakeAsync(default))));
        Assert.Equal(30, taken.Sum());
        await using var db = installation.Db();
        Assert.Equal((30, 30), (await db.Uploads.CountAsync(), await db.Uploads.Select(u => u.FileName).Distinct().CountAsync()));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_worker_killed_again_and_again_makes_one_upload_of_each_file(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        const int files = 60;
        for (int i = 0; i < files; i++) Drop($"people-{i}.csv", $"practitioner_id,clinic_id\nP{i},C1\n");
        var settings = installation.Services.GetRequiredService<DatabaseSettings>();
        for (int kill = 1; kill <= 3; kill++)
        {
            using var worker = StartWorker();
            int wanted = kill * 12;
            await KillTests.UntilAsync(installation, async db => await db.Uploads.CountAsync() >= wanted, worker);
            worker.KillHard();
        }
        using (var worker = StartWorker()) await KillTests.UntilAsync(installation, async db => await db.Uploads.CountAsync() >= files && Files().Count(f => f.StartsWith("done/", StringComparison.Ordinal)) == files, worker);
        var names = await NamesAsync();
        Assert.Equal((files, files), (names.Count, names.Distinct().Count()));

        ProgramRun StartWorker() => ProgramRun.Start("worker", "--Data:Directory", settings.Directory, "--Database:Provider", Codes.Of(settings.Provider),
            "--Database:ConnectionString", settings.ConnectionString, "--Uploads:WatchedFolder", folder);

        async Task<List<string>> NamesAsync()
        {
            await using var db = installation.Db();
            return await db.Uploads.Select(u => u.FileName).ToListAsync();
        }
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Killed_between_receiving_and_moving_a_file_is_the_same_upload_and_is_moved(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        string name = $"{Guid.NewGuid():N}-people.csv";
        Drop($"taking/{name}", Samples.Practitioners);
        // What the one that was killed had committed.
        await installation.Services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(Encoding.UTF8.GetBytes(Samples.Practitioners)), "people.csv", null, null,
            SafetyAudit.Access.Actor.Worker, default, new(Name: new("watched_folder", name, "")));
        await using var db = installation.Db();
        // Half a month without a worker, and the first thing the next one does is to sweep.
        await Delivery.SweepAsync(db, installation.Clock.Now.UtcDateTime.AddDays(15), default);
        await Watch(installation).TakeAsync(default);
        Assert.Equal(["done/people.csv"], Files());
        Assert.Equal(1, await db.Uploads.CountAsync());
    }

    WatchedFolder Watch(TestInstallation installation, TimeSpan? settled = null) => new(new(folder, null, settled ?? TimeSpan.FromMilliseconds(200)), installation.Services.GetRequiredService<ReceiveUpload>(), NullLogger<WatchedFolder>.Instance);

    void Drop(string name, string content)
    {
        string path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    /// <summary>All that lies there but the program's own lock, links unopened.</summary>
    List<string> Files() => [.. Directory.EnumerateFileSystemEntries(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
        .Where(path => new FileInfo(path).LinkTarget is not null || !Directory.Exists(path)).Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'))
        .Where(path => path != ".watching" && path is not ("C2" or "C3/done") && !path.StartsWith("C2/", StringComparison.Ordinal) && !path.StartsWith("C3/done/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}
