using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Tests.Host;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Uploads;

/// <summary>No patient's id is kept in the open, and pseudonyms hold through keys, corrections and exports.</summary>
public class PatientsTests
{
    // T1 under the first key of the tests, and under both; figures from Python, see PseudonymsTests.
    const string First = "pt1-cc9eqywbayht639cbm94sp06jn", Second = "pt2-y23vfhcaz0pvkadwyakm4zs34x";

    const string Canary = "KANARIE-4711";

    /// <summary>Good rows and rows rejected on every way, all with the canary as patient.</summary>
    static IEnumerable<string> Files()
    {
        yield return Samples.Practitioners;
        yield return Samples.SessionHeader + string.Concat(Enumerable.Range(0, 50).Select(i => Samples.Session($"S{i}"))).Replace(",T1,", $",{Canary},")
            + $"S1,C1,P2,{Canary},2026-03-02T10:00:00Z,,completed\n"               // duplicate_id
            + $"R1,C1,P1,{Canary}{new string('x', 60)},2026-03-02T10:00:00Z,,completed\n"  // text_too_long: quoted in the reason
            + $"R2,C1,P1,{Canary}\u202E,2026-03-02T10:00:00Z,,completed\n"         // forbidden_character
            + $"R3,C1,P1,{Canary},{Canary},,completed\n"                           // not_an_instant: a shifted row
            + $"R4,C1,{Canary},T1,2026-03-02T10:00:00Z,,completed\n"               // practitioner_unknown
            + $"R5,C1,P1,{Canary}\n"                                               // too_few_fields
            + $"R7,{Canary},P1,T1,2026-03-02T10:00:00Z,,completed\n"               // clinic_unknown: in the clinic's column
            + $"R6,C1,P1,\"{Canary},2026-03-02T10:00:00Z,,completed\n";            // quote_not_closed
        yield return Samples.EventHeader + string.Concat(Enumerable.Range(0, 20).Select(i => Samples.Event($"E{i}", $"S{i}"))).Replace(",T1,", $",{Canary},")
            + $"E90,S1,{Canary}-OTHER,BRUISE_MINOR,2026-03-02T12:00:00Z,\n"        // patient_differs
            + $"E91,S1,{Canary},{Canary},2026-03-02T12:00:00Z,\n"                  // category_unknown
            + $"E92,S99,{Canary},BRUISE_MINOR,2026-03-02T12:00:00Z,\n";            // waits for its session
        // Where the patient is the record's id itself.
        yield return "patient_id,clinic_id,valid_from,birth_decade\n"
            + $"{Canary},C1,2026-01-01,1980\n{Canary},C1,2026-01-01,1990\n"        // duplicate_id
            + $"{Canary},C1,no date,1980\n{Canary},C1,2026-02-01,1985\n";          // not_a_date, out_of_range
        yield return $$"""
            {"session_id":"J1","clinic_id":"C1","practitioner_id":"P1","patient_id":"{{Canary}}","started_at":"2026-03-02T10:00:00Z"}
            {"session_id":"J2","clinic_id":"C1","practitioner_id":"P1","patient_id":"{{Canary}}","started_at":"{{Canary}}"}
            """;
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task No_file_no_table_and_no_log_holds_a_patient_s_id(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        foreach (string file in Files()) await installation.ReceiveAsync(Encoding.UTF8.GetBytes(file));
        string log;
        using (var worker = KillTests.StartWorker(installation))
        {
            await KillTests.UntilAsync(installation,
                async db => await db.Uploads.AllAsync(u => u.Status == UploadStatus.Completed) && !await db.StaleDays.AnyAsync(), worker);
            worker.KillHard();
            log = await worker.PrintedAsync();
        }
        Assert.Contains("Upload 3 read", log, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, log, StringComparison.OrdinalIgnoreCase);

        await using (var db = installation.Db())
        {
            Assert.Equal((51, 21, 14), (await db.Sessions.CountAsync(), await db.AdverseEvents.CountAsync(), await db.QuarantinedRows.CountAsync()));
            Assert.All(await db.Sessions.Select(s => s.PatientId).ToListAsync(), id => Assert.Equal(1, Pseudonyms.LayerOf(id)));
            // Whoever may mend the rows sees them as they came.
            var rejected = (await db.QuarantinedRows.AsNoTracking().ToListAsync()).ConvertAll(r => r.Unseal(installation.Keys));
            Assert.All(rejected, r => Assert.Contains(Canary, r.Text, StringComparison.Ordinal));
            Assert.Contains(rejected.SelectMany(r => r.Reasons), r => r.Value?.StartsWith(Canary, StringComparison.Ordinal) == true);
        }
        foreach (string path in Directory.GetFiles(installation.Directory, "*", SearchOption.AllDirectories))
            Assert.False(Holds(await File.ReadAllBytesAsync(path)), $"{path} holds the patient's id");
        if (provider == DatabaseProvider.Postgres)
        {
            await using var db = installation.Db();
            const string names = """SELECT quote_ident(table_name) AS "Value" FROM information_schema.tables WHERE table_schema = 'public'""";
            var tables = await db.Database.SqlQueryRaw<string>(names).ToListAsync();
            Assert.True(tables.Count > 20);
#pragma warning disable EF1002 // the names come from the database itself
            foreach (string table in tables)
                foreach (string row in await db.Database.SqlQueryRaw<string>($"SELECT t::text AS \"Value\" FROM {table} t").ToListAsync())
                {
                    Assert.DoesNotContain(Canary, row, StringComparison.OrdinalIgnoreCase);
                    Assert.DoesNotContain(Convert.ToHexString(Encoding.UTF8.GetBytes(Canary)), row, StringComparison.OrdinalIgnoreCase);
                }
#pragma warning restore EF1002
        }

        static bool Holds(byte[] bytes)
        {
            string hex = Convert.ToHexString(Encoding.UTF8.GetBytes(Canary));
            byte[] text = Encoding.UTF8.GetBytes(Canary), wide = Encoding.Unicode.GetBytes(Canary);
            byte[][] forms = [text, wide, Encoding.UTF8.GetBytes(hex), Encoding.UTF8.GetBytes(hex.ToLowerInvariant())];
            return forms.Any(form => bytes.AsSpan().IndexOf(form) >= 0);
        }
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task An_id_is_one_patient_s_however_it_is_written_and_its_pseudonym_sent_again_is_the_same_record(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners);
        string row = Samples.SessionHeader + Samples.Session("S1") + Samples.Session("S2").Replace(",T1,", ",Zoe\u0308-7,");
        await installation.ImportAsync(row);
        await using var db = installation.Db();
        Assert.Equal([First, "pt1-v962ymng21k460vnvhp81xsj4g"], await db.Sessions.OrderBy(s => s.SessionId).Select(s => s.PatientId).ToListAsync());

        foreach (string again in new[] { row, row.Replace(",T1,", ",  T1\u00A0,").Replace("Zoe\u0308", "Zoë"), row.Replace(",T1,", $",{First},") })
        {
            var same = await installation.ImportAsync(again);
            Assert.Equal((2L, 0L, 0L), (same.RowsSame, same.RowsChanged, same.RowsRejected));
        }
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "S1").Replace(",T1,", $",{First},") + Samples.Event("E2", "S1"));
        Assert.Equal(2, await db.AdverseEvents.CountAsync(e => e.LinkedSessionId == "S1"));

        var unknown = await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S3").Replace(",T1,", $",{Second},"));
        Assert.Equal([ReasonCode.PseudonymUnknown], Assert.Single(await installation.RejectedAsync(unknown)).Reasons.Select(r => r.Code));
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task After_a_rotation_every_record_is_known_again_by_id_and_by_pseudonyms_of_any_age(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners);
        string sessions = Samples.SessionHeader + Samples.Session("S1", "2026-03-01T10:00:00Z") + Samples.Session("S2");
        string corrected = Samples.SessionHeader + Samples.Session("S1");
        string events = Samples.EventHeader + Samples.Event("E1", "S1"), bad = Samples.SessionHeader + Samples.Session("S9", "yesterday");
        foreach (string file in new[] { sessions, corrected, events }) await installation.ImportAsync(file);
        var rejected = await installation.ImportAsync(bad);
        string before = Assert.Single(await installation.RejectedAsync(rejected)).Text;

        Assert.Equal((2, 4L), await installation.Services.GetRequiredService<RotateKey>().RunAsync(default));

        await using (var db = installation.Db())
        {
            Assert.Equal([Second], await db.Sessions.Select(s => s.PatientId).Distinct().ToListAsync());
            Assert.Equal([Second], await db.AdverseEvents.Select(e => e.PatientId).Distinct().ToListAsync());
        }
        Assert.Equal(before, Assert.Single(await installation.RejectedAsync(rejected)).Text);
        // What was said before, the superseded version too, under the id and under each of its pseudonyms.
        foreach (string file in new[] { sessions, corrected, events })
            foreach (string patient in new[] { "T1", First, Second })
            {
                var again = await installation.ImportAsync(file.Replace(",T1,", $",{patient},"));
                Assert.Equal((again.RowsRead, 0L, 0L, 0L), (again.RowsSame, again.RowsNew, again.RowsChanged, again.RowsRejected));
            }
        await installation.ImportAsync(bad);
        Assert.Equal(QuarantineClosure.SentAgain, Assert.Single(await installation.RejectedAsync(rejected)).Closure);
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E2", "S2"));
        await using var after = installation.Db();
        Assert.Equal("S2", (await after.AdverseEvents.SingleAsync(e => e.EventId == "E2")).LinkedSessionId);
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task A_rotation_in_the_middle_of_an_import_leaves_the_same_records_under_the_new_key(DatabaseProvider provider)
    {
        var (practitioners, sessions, events) = Samples.Clinic(2, 8000, p => 10 + p);
        await using var straight = await TestInstallation.OpenAsync(provider);
        foreach (string file in new[] { practitioners, sessions, events }) await straight.ImportAsync(file);
        await straight.Services.GetRequiredService<RotateKey>().RunAsync(default);

        await using var rotated = await TestInstallation.OpenAsync(provider);
        await rotated.ImportAsync(practitioners);
        await rotated.ReceiveAsync(Encoding.UTF8.GetBytes(sessions));
        var committed = new List<long>();
        var sink = new Told<(Upload, UploadProgress Progress)>(report =>
        {
            committed.Add(report.Progress.Rows);
            if (committed.Count > 1) return;
            Assert.Equal(2, Task.Run(() => rotated.Services.GetRequiredService<RotateKey>().RunAsync(default)).GetAwaiter().GetResult().Key);
        });
        // The reader finds its claim gone at its next commit, has written nothing since, and takes the file up again under the new key.
        Assert.Equal(1, await rotated.Services.GetRequiredService<ProcessUploads>().DrainAsync(sink, default));
        Assert.Equal([5000, 10_000, 15_000, 16_000], committed);
        await rotated.ImportAsync(events);

        Assert.Equal((16_000, 16_000), await CountAsync());
        Assert.Equal(await straight.DigestAsync(), await rotated.DigestAsync());

        async Task<(int All, int UnderTheNewKey)> CountAsync()
        {
            await using var db = rotated.Db();
            return (await db.Sessions.CountAsync(), await db.Sessions.CountAsync(s => s.PatientId.StartsWith("pt2-")));
        }
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task A_rotation_that_is_killed_has_happened_or_not(DatabaseProvider provider)
    {
        var (practitioners, sessions, events) = Samples.Clinic(2, 10_000, p => 10 + p);
        await using var installation = await TestInstallation.OpenAsync(provider);
        foreach (string file in new[] { practitioners, sessions, events }) await installation.ImportAsync(file);
        var random = new Random(20140802);
        int last = 1;
        for (int kill = 0; kill < 6; kill++)
        {
            using var rotation = KillTests.Start(installation, "rotate-key");
            await Task.Delay(random.Next(800, 3500));
            if (!rotation.HasExited) rotation.KillHard();
            await using var db = installation.Db();
            int keys = await db.KeysInUse.CountAsync();
            Assert.InRange(keys, last, last + 1);
            last = keys;
            string prefix = $"pt{keys}-";
            Assert.Equal(0, await db.Sessions.CountAsync(s => !s.PatientId.StartsWith(prefix)));
            Assert.Equal(0, await db.AdverseEvents.CountAsync(e => !e.PatientId.StartsWith(prefix)));
        }
        foreach (string file in new[] { practitioners, sessions, events })
        {
            var again = await installation.ImportAsync(file);
            Assert.Equal(again.RowsRead, again.RowsSame);
        }
    }

    [Fact]
    public async Task A_kept_file_that_came_to_harm_is_refused_and_sending_it_again_mends_it()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        byte[] content = Encoding.UTF8.GetBytes(Samples.SessionHeader + Samples.Session("S1"));
        var upload = await installation.ReceiveAsync(content);
        string kept = Directory.GetFiles(Path.Combine(installation.Directory, "uploads"), upload.Fingerprint + "*").Single();
        byte[] bytes = await File.ReadAllBytesAsync(kept);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(kept, bytes);
        await installation.Services.CatchUpAsync(null, default);
        await using var db = installation.Db();
        var failed = await db.Uploads.AsNoTracking().SingleAsync(u => u.Id == upload.Id);
        Assert.Equal((UploadStatus.Failed, true), (failed.Status, failed.Failure!.Contains("Send it again", StringComparison.Ordinal)));
        Assert.Equal(1, (await installation.ImportAsync(content)).RowsNew);
    }

    [Fact]
    public async Task A_missing_key_is_not_the_file_s_fault()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        var upload = await installation.ReceiveAsync(Encoding.UTF8.GetBytes(Samples.SessionHeader + Samples.Session("S1")));
        // Another machine rotated, and its keys have not come here.
        await installation.Services.GetRequiredService<RotateKey>().RunAsync(default);
        string key = Path.Combine(installation.Directory, "keys", "key-2");
        File.Move(key, key + ".away");
        var here = ActivatorUtilities.CreateInstance<ProcessUploads>(installation.Services, new KeyRing(Path.GetDirectoryName(key)!));
        for (int attempt = 0; attempt < ProcessUploads.MostAttempts + 2; attempt++)
        {
            await Assert.ThrowsAsync<KeyMissingException>(() => here.DrainAsync(null, default));
            installation.Clock.Now += ProcessUploads.Lease + TimeSpan.FromSeconds(1);
        }
        File.Move(key + ".away", key);
        Assert.Equal(1, await here.DrainAsync(null, default));
        await using var db = installation.Db();
        Assert.Equal(UploadStatus.Completed, (await db.Uploads.SingleAsync(u => u.Id == upload.Id)).Status);
    }

    [Fact]
    public async Task What_a_crash_left_of_an_arriving_file_is_swept_and_one_still_arriving_is_not()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        string folder = Path.Combine(installation.Directory, "uploads"), old = Path.Combine(folder, "a.arriving"), now = Path.Combine(folder, "b.arriving");
        foreach (string path in new[] { old, now }) await File.WriteAllTextAsync(path, "");
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddHours(-2));
        installation.Services.GetRequiredService<ReceiveUpload>().SweepArriving();
        Assert.Equal((false, true), (File.Exists(old), File.Exists(now)));
        Assert.Single(Directory.GetFiles(folder, "*.sealed"));
    }

    [Fact]
    public async Task A_cell_that_a_spreadsheet_was_kept_from_running_comes_in_as_it_was()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync("practitioner_id,display_name,clinic_id\n'-7,'=Ada,C1\n");
        await using var db = installation.Db();
        var practitioner = await db.Practitioners.SingleAsync();
        Assert.Equal(("-7", "=Ada"), (practitioner.PractitionerId, practitioner.DisplayName));
    }
}
