using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.AuditTrail;

/// <summary>The trail tells of every change, in the same transaction, and shows what somebody did to it behind the program's back.</summary>
public class TrailTests
{
    static readonly Actor Anna = new(ActorKind.Person, "anna", "203.0.113.7", Roles.Of(Role.Director), Scope.Everything);

    public static TheoryData<DatabaseProvider> Providers => TestInstallation.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task A_change_is_entered_with_who_when_from_where_what_and_why(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await using (var db = installation.Db(Anna))
        {
            db.Clinics.Add(new Clinic { Id = "C1", Name = "Elm Street", TimeZone = "Europe/London" });
            await db.SaveChangesAsync();
        }
        installation.Clock.Now = installation.Clock.Now.AddHours(1);
        await using (var db = installation.Db(Anna))
        {
            (await db.Clinics.SingleAsync()).Name = "Elm Street Clinic";
            db.Why = "The sign over the door";
            await db.SaveChangesAsync();
        }
        await using var read = installation.Db();
        var entries = await read.AuditEntries.Where(e => e.Subject == "clinic C1").OrderBy(e => e.Sequence).ToListAsync();
        Assert.Equal([AuditAction.Added, AuditAction.Changed], entries.Select(e => e.Action));
        Assert.Contains("Elm Street", entries[0].After!, StringComparison.Ordinal);
        var changed = entries[1];
        Assert.Equal(("person anna", "203.0.113.7", "The sign over the door", """{"name":"Elm Street"}""", """{"name":"Elm Street Clinic"}"""), (changed.Actor, changed.Origin, changed.Why, changed.Before, changed.After));
        Assert.Equal(installation.Clock.Now.UtcDateTime, changed.AtUtc);
        Assert.Null((await VerifyAsync(installation)).Fault);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_change_and_its_entry_come_about_together_or_not_at_all(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        long before = await CountAsync(installation);
        await using (var db = installation.Db(Anna))
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            db.Clinics.Add(new Clinic { Id = "C1", Name = "Elm Street", TimeZone = "Europe/London" });
            await db.SaveChangesAsync();
        }
        Assert.Equal(before, await CountAsync(installation));
        await using var nobody = installation.Db(Actor.Nobody);
        nobody.Clinics.Add(new Clinic { Id = "C1", Name = "Elm Street", TimeZone = "Europe/London" });
        await Assert.ThrowsAsync<InvalidOperationException>(() => nobody.SaveChangesAsync());
        Assert.Equal((before, 0), (await CountAsync(installation), await installation.Db().Clinics.CountAsync()));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task What_the_trail_does_not_take_down_does_not_happen(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        var services = installation.Services;
        var counting = await installation.ImportAsync(Samples.Practitioners, "C1");
        var waiting = await installation.ReceiveAsync(Encoding.UTF8.GetBytes(Samples.SessionHeader + Samples.Session("S1")), clinic: "C1");
        var reads = services.GetRequiredService<ReadLog>();
        reads.Add(Anna, AuditAction.Read, "/practitioners/P1", null);
        await using var db = installation.Db();
        string[] full = provider == DatabaseProvider.Sqlite ? ["CREATE TRIGGER full_trail BEFORE INSERT ON audit_entries BEGIN SELECT RAISE(ABORT, 'no room in the trail'); END", "DROP TRIGGER full_trail"]
            : ["CREATE FUNCTION full_trail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no room in the trail''; END'; CREATE TRIGGER full_trail BEFORE INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION full_trail()",
               "DROP TRIGGER full_trail ON audit_entries"];
        await db.Database.ExecuteSqlRawAsync(full[0]);
        var takeBack = services.GetRequiredService<TakeBackUpload>();
        await RefusedAsync(async () =>
        {
            await using var own = installation.Db(Anna);
            own.Clinics.Add(new Clinic { Id = "C9", Name = "Elm Street", TimeZone = "Europe/London" });
            await own.SaveChangesAsync();
        });
        await RefusedAsync(() => installation.ReceiveAsync(Encoding.UTF8.GetBytes(Samples.SessionHeader + Samples.Session("S2")), clinic: "C1"));
        await RefusedAsync(() => takeBack.CancelAsync(waiting.Id, "x", Anna, default));
        await RefusedAsync(() => takeBack.UndoAsync(counting.Id, "x", Anna, default));
        await RefusedAsync(() => services.GetRequiredService<RotateKey>().RunAsync(default));
        await RefusedAsync(() => reads.MoveAsync(default));
        // A batch and the end of its file; then, its bytes gone, that it is given up.
        await RefusedAsync(() => services.GetRequiredService<ProcessUploads>().DrainAsync(null, default));
        string bytes = ReceiveUpload.PathOf(services.GetRequiredService<DatabaseSettings>(), waiting.Fingerprint), away = bytes + ".away";
        File.Move(bytes, away);
        installation.Clock.Now = installation.Clock.Now.AddHours(1);
        await RefusedAsync(() => services.GetRequiredService<ProcessUploads>().DrainAsync(null, default));
        File.Move(away, bytes);

        Assert.Equal((1, 2, 0, 1), (await db.Clinics.CountAsync(), await db.Practitioners.CountAsync(p => p.SupersededAtUtc == null), await db.Sessions.CountAsync(), await db.KeysInUse.CountAsync()));
        Assert.Equal([(counting.Id, UploadStatus.Completed, 2L), (waiting.Id, UploadStatus.Processing, 0L)], (await db.Uploads.AsNoTracking().OrderBy(u => u.Id).ToListAsync()).Select(u => (u.Id, u.Status, u.RowsRead)));

        // With room again everything goes on, and is told once.
        await db.Database.ExecuteSqlRawAsync(full[1]);
        installation.Clock.Now = installation.Clock.Now.AddHours(1);
        Assert.Equal(1, await services.GetRequiredService<ProcessUploads>().DrainAsync(null, default));
        await reads.MoveAsync(default);
        Assert.Equal((1, 1), (await db.Sessions.CountAsync(), await db.AuditEntries.CountAsync(e => e.Action == AuditAction.Read)));
        Assert.Null((await VerifyAsync(installation)).Fault);
        await foreach (string fault in VerifyRecords.RunAsync(db, default)) Assert.Fail(fault);

        static async Task RefusedAsync(Func<Task> change)
        {
            var refused = await Assert.ThrowsAnyAsync<Exception>(change);
            Assert.Contains("no room in the trail", refused.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task The_database_itself_refuses_to_change_or_remove_an_entry(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await using var db = installation.Db();
        string copy = "(sequence, at_utc, actor, origin, action, subject, key_number, previous_hash, hash, seal) SELECT 1, at_utc, 'x', origin, action, subject, key_number, previous_hash, hash, seal FROM audit_entries WHERE sequence = 2";
        List<string> attempts = ["UPDATE audit_entries SET actor = 'nobody' WHERE sequence = 1", "DELETE FROM audit_entries WHERE sequence = 1", "DELETE FROM audit_entries"];
        attempts.AddRange(provider == DatabaseProvider.Sqlite
            ? ["INSERT OR REPLACE INTO audit_entries " + copy, "REPLACE INTO audit_entries " + copy]
            : ["TRUNCATE audit_entries", "INSERT INTO audit_entries " + copy + " ON CONFLICT (sequence) DO UPDATE SET actor = 'x'"]);
        foreach (string sql in attempts)
        {
            var refused = await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => db.Database.ExecuteSqlRawAsync(sql));
            Assert.Contains("append-only", refused.Message, StringComparison.Ordinal);
        }
        Assert.Null((await VerifyAsync(installation)).Fault);
    }

    /// <summary>What a database administrator can do once the triggers are out of the way, and the first entry that no longer holds.</summary>
    public static TheoryData<DatabaseProvider, string, int> Tampering
    {
        get
        {
            var cases = new TheoryData<DatabaseProvider, string, int>();
            foreach (var provider in Enum.GetValues<DatabaseProvider>())
            {
                foreach (string column in new[] { "actor", "origin", "subject", "before", "after", "why", "clinic_id" }) cases.Add(provider, $"UPDATE audit_entries SET {column} = 'x' WHERE sequence = 5", 5);
                cases.Add(provider, "UPDATE audit_entries SET action = 'read' WHERE sequence = 5", 5);
                cases.Add(provider, "UPDATE audit_entries SET at_utc = '2020-01-01 00:00:00' WHERE sequence = 5", 5);
                cases.Add(provider, "UPDATE audit_entries SET seal = previous_hash WHERE sequence = 5", 5);
                cases.Add(provider, "UPDATE audit_entries SET key_number = 2 WHERE sequence = 5", 5);
                cases.Add(provider, "UPDATE audit_entries SET action = 'bogus' WHERE sequence = 5", 5);
                cases.Add(provider, provider == DatabaseProvider.Sqlite ? "UPDATE audit_entries SET at_utc = 'garbage' WHERE sequence = 5" : "UPDATE audit_entries SET at_utc = 'infinity' WHERE sequence = 5", 5);
                if (provider == DatabaseProvider.Sqlite)
                {
                    cases.Add(provider, "UPDATE audit_entries SET at_utc = 2461000.5 WHERE sequence = 5", 5);
                    // A digit that is not hashed.
                    cases.Add(provider, "UPDATE audit_entries SET at_utc = substr(at_utc, 1, 19) || '.0000001' WHERE sequence = 5", 5);
                    cases.Add(provider, "UPDATE audit_entries SET key_number = 'x', hash = 'x', seal = 7 WHERE sequence = 5", 5);
                }
                cases.Add(provider, "DELETE FROM audit_entries WHERE sequence = 5", 5);
                cases.Add(provider, "DELETE FROM audit_entries WHERE sequence = 1", 1);
                cases.Add(provider, "DELETE FROM audit_entries WHERE sequence <= 5", 1);
                cases.Add(provider, "UPDATE audit_entries SET sequence = -1 WHERE sequence = 5; UPDATE audit_entries SET sequence = 5 WHERE sequence = 6; UPDATE audit_entries SET sequence = 6 WHERE sequence = -1", 5);
                // Cut short behind a head that was written outside.
                cases.Add(provider, "DELETE FROM audit_entries WHERE sequence > 7", 8);
            }
            return cases;
        }
    }

    [Theory, MemberData(nameof(Tampering))]
    public async Task What_an_administrator_of_the_database_does_to_the_trail_is_found_at_its_first_bad_entry(DatabaseProvider provider, string sql, int firstBad)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await AddEntriesAsync(installation, upTo: 10);
        await installation.Services.GetRequiredService<TrailHeads>().WriteAsync(default);
        Assert.Null((await VerifyAsync(installation)).Fault);
        await DropTriggersAsync(installation);
        await using (var db = installation.Db()) await db.Database.ExecuteSqlRawAsync(sql);
        Assert.Equal(firstBad, (await VerifyAsync(installation)).Fault?.Sequence);
    }

    [Fact]
    public async Task Heads_that_are_missing_or_garbled_are_told_and_a_line_cut_short_swallows_none()
    {
        await using var installation = await TestInstallation.OpenAsync();
        Assert.Contains((await VerifyAsync(installation)).Said, words => words.StartsWith("no heads were kept", StringComparison.Ordinal));
        var heads = installation.Services.GetRequiredService<TrailHeads>();
        string file = Path.Combine(installation.Directory, "audit-heads.csv");
        await AddEntriesAsync(installation, upTo: 10);
        await heads.WriteAsync(default);
        await File.AppendAllTextAsync(file, "11,abc");
        await AddEntriesAsync(installation, upTo: (int)await CountAsync(installation) + 2);
        await heads.WriteAsync(default);
        var check = await VerifyAsync(installation);
        Assert.Null(check.Fault);
        Assert.Contains("2 heads compared", check.Said);
        string kept = await File.ReadAllTextAsync(file);
        foreach (string garbled in new[] { kept.Replace(kept[6], 'x'), kept + "what is this\n", "-" + kept })
        {
            await File.WriteAllTextAsync(file, garbled);
            Assert.Contains("can't be read", (await VerifyAsync(installation)).Fault?.What, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_garbled_extract_is_answered_in_words_by_both_programs()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await AddEntriesAsync(installation, upTo: 12);
        string extract = Path.Combine(installation.Directory, "extract.jsonl"), empty = Directory.CreateDirectory(Path.Combine(installation.Directory, "empty")).FullName;
        await using (var db = installation.Db())
        await using (var file = File.Create(extract)) await TrailExtract.WriteAsync(db, file, 1, await CountAsync(installation), DateTime.UtcNow, default);
        string[] lines = await File.ReadAllLinesAsync(extract);
        // On a machine that has nothing of the installation, and has nothing after it either.
        string[] elsewhere = ["verify", "--file", extract, "--Data:Directory", Path.Combine(empty, "data")];
        var held = await Host.ProgramRun.OfAsync("safetyaudit.dll", elsewhere);
        Assert.Equal((0, ""), (held.Code, held.Errors));
        Assert.Contains("seals were not checked: the keys are not here", held.Output, StringComparison.Ordinal);
        Assert.Contains($"entries 1 to {lines.Length - 1}; what came after can't be judged", held.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(empty));

        foreach (string wrong in new[] { "\"hash\":\"zz", "\"hash\":null,\"x\":\"", "\"no_hash\":\"" })
        {
            await File.WriteAllLinesAsync(extract, [.. lines.Select((l, i) => i == 7 ? l.Replace("\"hash\":\"", wrong, StringComparison.Ordinal) : l)]);
            foreach (var said in new[] { await Host.ProgramRun.OfAsync("safetyaudit.dll", elsewhere), await Verifier(extract) })
            {
                Assert.Equal(1, said.Code);
                Assert.Contains("ntry 7", said.Errors, StringComparison.Ordinal);
                Assert.Contains("can't be read", said.Errors, StringComparison.Ordinal);
                Assert.DoesNotContain("   at ", said.Errors, StringComparison.Ordinal);
            }
            await File.WriteAllLinesAsync(extract, [lines[0].Replace("\"previous_hash\":\"", wrong.Replace("hash", "previous_hash", StringComparison.Ordinal), StringComparison.Ordinal), .. lines[1..]]);
            foreach (var said in new[] { await Host.ProgramRun.OfAsync("safetyaudit.dll", elsewhere), await Verifier(extract) })
            {
                Assert.InRange(said.Code, 1, 2);
                Assert.Contains("no extract", said.Errors, StringComparison.Ordinal);
                Assert.DoesNotContain("   at ", said.Errors, StringComparison.Ordinal);
            }
        }
        // With the keys of the installation a missing one reads differently from a wrong seal; and the database at hand is compared.
        await File.WriteAllLinesAsync(extract, lines);
        var keys = new KeyRing(Path.Combine(installation.Directory, "keys"));
        var settings = installation.Services.GetRequiredService<DatabaseSettings>();
        Assert.Contains(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"entry {lines.Length - 1} is the same in the database here"), (await TrailExtract.VerifyAsync(extract, keys, null, settings, default)).Said);
        await File.WriteAllLinesAsync(extract, [.. lines.Select((l, i) => i == 7 ? l.Replace("\"key_number\":1", "\"key_number\":9", StringComparison.Ordinal) : l)]);
        Assert.Contains("names key 9, which is not in", (await TrailExtract.VerifyAsync(extract, keys, null, null, default)).Fault?.What, StringComparison.Ordinal);
        await File.WriteAllLinesAsync(extract, [.. lines.Select((l, i) => i == 7 ? l.Replace("\"key_number\":1", "\"key_number\":2", StringComparison.Ordinal) : l)]);
        Assert.Contains("its seal does not hold", (await TrailExtract.VerifyAsync(extract, keys, null, null, default)).Fault?.What, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task An_entry_forged_at_the_end_or_a_chain_made_anew_lacks_the_seal(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await AddEntriesAsync(installation, upTo: 10);
        await DropTriggersAsync(installation);
        await using var db = installation.Db();
        var head = await db.AuditEntries.AsNoTracking().OrderByDescending(e => e.Sequence).FirstAsync();
        // Everything about it is right but the seal, and its clock says whatever suits.
        await ForgeAsync(db, head.Sequence + 1, head.Hash, new DateTime(2031, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.Equal(head.Sequence + 1, (await VerifyAsync(installation)).Fault?.Sequence);
        // The program goes on writing behind it; the forged one stays the first that does not hold.
        await AddEntriesAsync(installation, upTo: (int)head.Sequence + 4);
        Assert.Equal(head.Sequence + 1, (await VerifyAsync(installation)).Fault?.Sequence);

        // Entry 4 altered, and every hash after it made anew.
        var entries = await db.AuditEntries.AsNoTracking().OrderBy(e => e.Sequence).ToListAsync();
        await db.Database.ExecuteSqlRawAsync("DELETE FROM audit_entries WHERE sequence >= 4");
        byte[] previous = entries[2].Hash;
        for (int i = 3; i < entries.Count; i++) previous = await ForgeAsync(db, i + 1, previous, entries[i].AtUtc);
        Assert.Equal(4, (await VerifyAsync(installation)).Fault?.Sequence);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Writers_side_by_side_make_one_chain(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        long before = await CountAsync(installation);
        await Parallel.ForEachAsync(Enumerable.Range(0, 8), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (writer, ct) =>
        {
            for (int i = 0; i < 10; i++)
            {
                await using var db = installation.Db(Anna with { Name = $"writer {writer}" });
                db.Clinics.Add(new Clinic { Id = $"C{writer}-{i}", Name = "x", TimeZone = "Etc/UTC" });
                await db.SaveChangesAsync(ct);
            }
        });
        Assert.Equal((before + 80, 80), (await CountAsync(installation), await installation.Db().Clinics.CountAsync()));
        Assert.Null((await VerifyAsync(installation)).Fault);
    }

    [Fact]
    public async Task A_page_that_was_opened_is_entered_once_however_often_its_file_is_moved()
    {
        await using var installation = await TestInstallation.OpenAsync();
        var reads = installation.Services.GetRequiredService<ReadLog>();
        reads.Add(Anna, AuditAction.Read, "/practitioners/P1", "?from=2026-01-01");
        string folder = Path.Combine(installation.Directory, "reads");
        string file = Assert.Single(Directory.GetFiles(folder)), kept = Path.Combine(installation.Directory, "kept");
        using (var copy = System.Diagnostics.Process.Start("cp", [file, kept])) await copy.WaitForExitAsync();
        Assert.Equal(1, await reads.MoveAsync(default));
        // Killed between the commit and the deletion: the file is still there, and its last line may be cut short.
        File.Copy(kept, file);
        await File.AppendAllTextAsync(file, """0123{"at":"2026""");
        Assert.Equal(0, await reads.MoveAsync(default));
        Assert.Empty(Directory.GetFiles(folder));
        await using var db = installation.Db();
        var entry = await db.AuditEntries.SingleAsync(e => e.Action == AuditAction.Read);
        Assert.Equal(("person anna", "203.0.113.7", "/practitioners/P1", "?from=2026-01-01"), (entry.Actor, entry.Origin, entry.Subject, entry.Why));
    }

    [Fact]
    public async Task Lines_that_the_program_did_not_write_are_entered_nowhere_and_hold_nothing_up()
    {
        await using var installation = await TestInstallation.OpenAsync();
        var reads = installation.Services.GetRequiredService<ReadLog>();
        string folder = Directory.CreateDirectory(Path.Combine(installation.Directory, "reads")).FullName;
        string forged = """{"at":"2020-01-01T00:00:00Z","actor":"person anna","origin":"x","action":"changed","subject":"user bob","why":"forged"}""";
        await File.WriteAllTextAsync(Path.Combine(folder, "a-bare.jsonl"), forged + "\n{}\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "b-coded.jsonl"), new string('0', 64) + forged + "\n");
        reads.Add(Anna, AuditAction.Read, "/practitioners/P1", null);
        string genuine = Directory.GetFiles(folder).Single(f => !Path.GetFileName(f).StartsWith("a-", StringComparison.Ordinal) && !Path.GetFileName(f).StartsWith("b-", StringComparison.Ordinal));
        using (var copy = System.Diagnostics.Process.Start("cp", [genuine, Path.Combine(folder, "c-repeated.jsonl")])) await copy.WaitForExitAsync();
        await reads.MoveAsync(default);
        await using var db = installation.Db();
        Assert.Equal("/practitioners/P1", (await db.AuditEntries.SingleAsync(e => e.Action == AuditAction.Read)).Subject);
        Assert.False(await db.AuditEntries.AnyAsync(e => e.Subject == "user bob"));
        Assert.Equal(3, await db.AuditEntries.CountAsync(e => e.Action == AuditAction.Failed && e.Subject.StartsWith("reads ")));
        Assert.Equal(3, Directory.GetFiles(folder, "*.aside").Length);

        // A read that was written down and taken away is missed.
        reads.Add(Anna, AuditAction.Read, "/practitioners/P2", null);
        foreach (string file in Directory.GetFiles(folder, "*.jsonl")) File.Delete(file);
        await reads.MoveAsync(default);
        Assert.Contains("1 reads were written down and taken away", (await db.AuditEntries.OrderBy(e => e.Sequence).LastAsync()).Why!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_extract_is_checked_on_another_machine_by_a_program_that_shares_no_code()
    {
        Assert.DoesNotContain("ProjectReference", await File.ReadAllTextAsync(Path.Combine(ArchitectureTests.Root, "tests", "SafetyAudit.VerifyTrail", "SafetyAudit.VerifyTrail.csproj")), StringComparison.Ordinal);
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        await AddEntriesAsync(installation, upTo: 20);
        var heads = installation.Services.GetRequiredService<TrailHeads>();
        await heads.WriteAsync(default);
        string extract = Path.Combine(installation.Directory, "extract.jsonl"), headsFile = Path.Combine(installation.Directory, "audit-heads.csv"), keys = Path.Combine(installation.Directory, "keys");
        await using (var db = installation.Db())
        await using (var file = File.Create(extract)) await TrailExtract.WriteAsync(db, file, 1, await CountAsync(installation), DateTime.UtcNow, default);

        var whole = await Verifier(extract, "--heads", headsFile, "--keys", keys);
        Assert.Equal((0, ""), (whole.Code, whole.Errors));
        var held = await CheckAsync();
        Assert.Null(held.Fault);
        Assert.DoesNotContain(held.Said, words => words.Contains("last head kept", StringComparison.Ordinal));
        // The trail goes on, and another head is kept: the extract still holds, and does not reach as far.
        long last = await CountAsync(installation);
        await AddEntriesAsync(installation, upTo: (int)last + 3);
        await heads.WriteAsync(default);
        held = await CheckAsync();
        Assert.Null(held.Fault);
        string says = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"the extract ends at entry {last}, and the last head kept is of entry {last + 3} (");
        Assert.Contains(held.Said, words => words.StartsWith(says, StringComparison.Ordinal));
        Assert.Contains("1 head compared", held.Said);

        // One byte of one entry; one entry out; the end cut off.
        string[] lines = await File.ReadAllLinesAsync(extract);
        foreach (var (changed, firstBad) in new (string[], int)[]
        {
            ([.. lines.Select((l, i) => i == 7 ? l.Replace("Elm 7", "Elm 8", StringComparison.Ordinal).Replace("\"actor\":\"", "\"actor\":\"x", StringComparison.Ordinal) : l)], 7),
            ([.. lines.Where((_, i) => i != 9)], 9),
            (lines[..^2], lines.Length - 2),
        })
        {
            await File.WriteAllLinesAsync(extract, changed);
            var broken = await Verifier(extract);
            Assert.Equal(1, broken.Code);
            Assert.StartsWith($"Entry {firstBad} ", broken.Errors, StringComparison.Ordinal);
            Assert.Equal(firstBad, (await TrailExtract.VerifyAsync(extract, null, null, null, default)).Fault?.Sequence);
        }

        Task<TrailCheck> CheckAsync() => TrailExtract.VerifyAsync(extract, installation.Services.GetRequiredService<KeyRing>(), heads.Read(), installation.Services.GetRequiredService<DatabaseSettings>(), default);
    }

    /// <summary>What an administrator of the database does with everything but the keys: each hash after it is made anew, so that seals and heads alone can tell.</summary>
    public static TheoryData<string, string?, int> Rewriting => new()
    {
        { "an entry added with a clock of the past", null, 13 },
        { "a clock set back", "UPDATE audit_entries SET at_utc = '2020-01-01 00:00:00' WHERE sequence = 5", 5 },
        { "two in another order", "UPDATE audit_entries SET sequence = -1 WHERE sequence = 5; UPDATE audit_entries SET sequence = 5 WHERE sequence = 6; UPDATE audit_entries SET sequence = 6 WHERE sequence = -1", 5 },
        { "one taken out, and the others moved up", "DELETE FROM audit_entries WHERE sequence = 5; UPDATE audit_entries SET sequence = sequence - 1 WHERE sequence > 5", 5 },
        { "the end cut off", "DELETE FROM audit_entries WHERE sequence > 9", 10 },
    };

    [Theory, MemberData(nameof(Rewriting))]
    public async Task A_trail_written_anew_in_the_database_is_named_at_its_first_bad_entry_by_its_extract_too(string what, string? sql, int firstBad)
    {
        await using var installation = await TestInstallation.OpenAsync();
        await AddEntriesAsync(installation, upTo: 12);
        // A new database has entries of its own: those in question are counted from there.
        int before = (int)await CountAsync(installation) - 12;
        firstBad += sql is null ? before : 0;
        if (sql?.Contains("> 9", StringComparison.Ordinal) == true) (sql, firstBad) = (sql.Replace("> 9", $"> {before + 9}", StringComparison.Ordinal), firstBad + before);
        var heads = installation.Services.GetRequiredService<TrailHeads>();
        await heads.WriteAsync(default);
        await DropTriggersAsync(installation);
        await using var db = installation.Db();
        var head = await db.AuditEntries.AsNoTracking().OrderByDescending(e => e.Sequence).FirstAsync();
        if (sql is null) await ForgeAsync(db, head.Sequence + 1, head.Hash, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        else await db.Database.ExecuteSqlRawAsync(sql);
        byte[] previous = new byte[32];
        foreach (var entry in await db.AuditEntries.AsTracking().OrderBy(e => e.Sequence).ToListAsync())
        {
            entry.PreviousHash = previous;
            previous = entry.ComputeHash(new byte[65536]);
            await db.Database.ExecuteSqlAsync($"UPDATE audit_entries SET previous_hash = {entry.PreviousHash}, hash = {previous} WHERE sequence = {entry.Sequence}");
        }
        Assert.Equal(firstBad, (await VerifyAsync(installation)).Fault?.Sequence);
        string extract = Path.Combine(installation.Directory, "extract.jsonl");
        await using var read = installation.Db();
        await using (var file = File.Create(extract)) await TrailExtract.WriteAsync(read, file, 1, await CountAsync(installation), DateTime.UtcNow, default);
        var said = await Verifier(extract, "--heads", Path.Combine(installation.Directory, "audit-heads.csv"), "--keys", Path.Combine(installation.Directory, "keys"));
        Assert.True(said.Code == 1 && said.Errors.StartsWith($"Entry {firstBad} ", StringComparison.Ordinal), $"{what}: {said.Output}{said.Errors}");
    }

    static Task<(int Code, string Output, string Errors)> Verifier(params string[] args) => Host.ProgramRun.OfAsync("verify-trail.dll", args);

    static async Task<TrailCheck> VerifyAsync(TestInstallation installation)
    {
        await using var db = installation.Db();
        return await installation.Services.GetRequiredService<VerifyTrail>().RunAsync(db, default);
    }

    static async Task<long> CountAsync(TestInstallation installation)
    {
        await using var db = installation.Db();
        return await db.AuditEntries.MaxAsync(e => (long?)e.Sequence) ?? 0;
    }

    // A new database has the entries of its catalogue; these go on from there.
    static async Task AddEntriesAsync(TestInstallation installation, int upTo)
    {
        for (long i = await CountAsync(installation) + 1; i <= Math.Max(upTo, 10); i++)
        {
            await using var db = installation.Db(Anna);
            db.Clinics.Add(new Clinic { Id = $"E{i}", Name = $"Elm {i}", TimeZone = "Etc/UTC" });
            await db.SaveChangesAsync();
        }
    }

    static async Task DropTriggersAsync(TestInstallation installation)
    {
        await using var db = installation.Db();
        foreach (string sql in db.Database.IsSqlite()
            ? ["DROP TRIGGER audit_entries_no_update", "DROP TRIGGER audit_entries_no_delete", "DROP TRIGGER audit_entries_in_order"]
            : new[] { "ALTER TABLE audit_entries DISABLE TRIGGER ALL" }) await db.Database.ExecuteSqlRawAsync(sql);
    }

    static async Task<byte[]> ForgeAsync(SafetyAuditDb db, long sequence, byte[] previous, DateTime at)
    {
        var forged = new AuditEntry { Sequence = sequence, AtUtc = at, Actor = "person anna", Origin = "203.0.113.7", Action = AuditAction.Removed, Subject = "alert 1", KeyNumber = 1, PreviousHash = previous };
        forged.Hash = forged.ComputeHash(new byte[4096]);
        forged.Seal = System.Security.Cryptography.HMACSHA256.HashData(new byte[32], forged.Hash);
        await using var transaction = await db.Database.BeginTransactionAsync();
        await db.BulkInsertAsync([forged], default);
        await transaction.CommitAsync();
        return forged.Hash;
    }
}
