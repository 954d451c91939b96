using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Uploads;

/// <summary>What looks like a value and is none, and what a busy database does to an import.</summary>
public class TrapTests
{
    const string Header = "session_id,clinic_id,practitioner_id,patient_id,started_at,max_depth_mm,needles_inserted,needle_expiry,estim,risk_note\n";

    /// <summary>A cell that must be refused, and with what; or taken, and as what.</summary>
    static readonly (string Column, string Cell, string Becomes)[] Cells =
    [
        ("max_depth_mm", "1e999", "not_a_number"), ("max_depth_mm", "NaN", "not_a_number"), ("max_depth_mm", "Infinity", "not_a_number"), ("max_depth_mm", "1,5", "not_a_number"),
        ("max_depth_mm", "1.234,5", "not_a_number"), ("max_depth_mm", "1 234", "not_a_number"), ("max_depth_mm", "0x1F", "not_a_number"), ("max_depth_mm", "٣", "not_a_number"),
        ("max_depth_mm", "12mm", "not_a_number"), ("max_depth_mm", "-1", "out_of_range"), ("max_depth_mm", "12.5", "12.5"), ("max_depth_mm", "-0", "0"), ("max_depth_mm", "007", "7"),
        ("needles_inserted", "3.0", "out_of_range"), ("needles_inserted", "+3", "out_of_range"), ("needles_inserted", "99999999999999999999", "out_of_range"), ("needles_inserted", "-1", "out_of_range"), ("needles_inserted", "3", "3"),
        ("needle_expiry", "31/02/2027", "not_a_date"), ("needle_expiry", "2027-02-29", "not_a_date"), ("needle_expiry", "03/04/25", "not_a_date"), ("needle_expiry", "45000", "not_a_date"), ("needle_expiry", "2027-13-01", "not_a_date"),
        ("needle_expiry", "2027-2-1", "not_a_date"), ("needle_expiry", "0000-01-01", "not_a_date"), ("needle_expiry", "2028-02-29", "2028-02-29"),
        ("started_at", "2026-03-02", "not_an_instant"), ("started_at", "2026-02-30T10:00:00Z", "not_an_instant"), ("started_at", "2026-03-02T24:00:00Z", "not_an_instant"), ("started_at", "2026-03-02T10:00:60Z", "not_an_instant"),
        ("started_at", "03/04/25 10:00", "not_an_instant"), ("started_at", "1767261600", "not_an_instant"), ("started_at", "2026-03-29T01:30:00", "instant_skipped_by_clock"), ("started_at", "2025-10-26T01:30:00", "instant_ambiguous"),
        ("started_at", "2025-10-26T01:30:00+01:00", "2025-10-26T00:30:00Z"), ("started_at", "2026-06-02 10:00", "2026-06-02T09:00:00Z"),
        ("estim", "maybe", "not_yes_or_no"), ("estim", "2", "not_yes_or_no"), ("estim", "YES", "True"),
        ("patient_id", "T\u00001", "forbidden_character"), ("patient_id", "T\u202E1", "forbidden_character"), ("patient_id", "T\u200B1", "forbidden_character"), ("patient_id", "T\u00AD1", "forbidden_character"), ("patient_id", "T\u001B1", "forbidden_character"),
        ("session_id", "S\uFEFF9", "forbidden_character"), ("session_id", "Cafe\u0301", "Caf\u00E9"),
        // A Cyrillic Р is not the P it looks like; it is shown, and nobody's.
        ("practitioner_id", "\u04201", "practitioner_unknown"),
        ("risk_note", "\u202Eright to left\u200B", "\u202Eright to left\u200B"),
    ];

    [Fact]
    public async Task A_cell_is_refused_with_its_column_and_value_or_taken_as_what_it_says()
    {
        string[] columns = Header.TrimEnd().Split(',');
        var file = new StringBuilder(Header);
        foreach (var (place, (column, cell, _)) in Cells.Index())
        {
            string[] row = [$"S{place}", "C1", "P1", "T1", "2026-03-02T10:00:00Z", "", "", "", "", ""];
            row[Array.IndexOf(columns, column)] = cell;
            file.Append(string.Join(',', row.Select(c => $"\"{c}\""))).Append('\n');
        }
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        var upload = await installation.ImportAsync(file.ToString());

        var rejected = (await installation.RejectedAsync(upload)).ToDictionary(r => r.Line, r => Assert.Single(r.Reasons));
        await using var db = installation.Db();
        var taken = await db.Current<Session>().ToDictionaryAsync(s => s.Line);
        Assert.Equal(Cells.Length, rejected.Count + taken.Count);
        foreach (var (place, (column, cell, becomes)) in Cells.Index())
        {
            string what = $"{column} {cell}: {becomes}";
            if (rejected.TryGetValue(place + 2, out var wrong))
            {
                // A NUL is no cell's: no database can hold it, so its row is turned away before it is taken apart.
                Assert.Equal((what, becomes, cell.Contains('\0') ? null : column, cell.Contains('\0') ? null : cell), (what, Codes.Of(wrong.Code), wrong.Column, wrong.Value));
                Assert.NotEmpty(wrong.Remedy);
            }
            else Assert.Equal((what, becomes), (what, Value(taken[place + 2], column)));
        }

        static string? Value(Session session, string column) => column switch
        {
            "max_depth_mm" => FormattableString.Invariant($"{session.MaxDepthMm}"),
            "needles_inserted" => $"{session.NeedlesInserted}",
            "needle_expiry" => $"{session.NeedleExpiry:yyyy-MM-dd}",
            "started_at" => FormattableString.Invariant($"{session.StartedAtUtc:yyyy-MM-ddTHH:mm:ssZ}"),
            "estim" => $"{session.Estim}",
            "session_id" => session.SessionId,
            "risk_note" => session.RiskNote,
            _ => null,
        };
    }

    [Fact]
    public async Task A_name_of_a_megabyte_is_one_bad_row()
    {
        await using var installation = await TestInstallation.OpenAsync();
        string name = new('x', 1_000_000);
        var csv = await installation.ImportAsync($"practitioner_id,clinic_id,display_name\nP1,C1,{name}\nP2,C1,Ben\n");
        Assert.Equal((1L, ReasonCode.RowTooLong), (csv.RowsNew, Assert.Single(Assert.Single(await installation.RejectedAsync(csv)).Reasons).Code));
        var json = await installation.ImportAsync($$"""[{"practitioner_id":"P3","clinic_id":"C1","display_name":"{{name[..200_000]}}"},{"practitioner_id":"P4","clinic_id":"C1"}]""");
        Assert.Equal((1L, ReasonCode.TextTooLong), (json.RowsNew, Assert.Single(Assert.Single(await installation.RejectedAsync(json)).Reasons).Code));
    }

    [Fact]
    public async Task Whoever_holds_the_database_makes_an_import_wait_and_changes_nothing_of_it()
    {
        var (practitioners, sessions, events) = Samples.Clinic(2, 3_000, p => 10 + p);
        await using var straight = await TestInstallation.OpenAsync();
        foreach (string file in new[] { practitioners, sessions, events }) await straight.ImportAsync(file);

        await using var busy = await TestInstallation.OpenAsync();
        foreach (string file in new[] { practitioners, sessions, events }) await busy.ReceiveAsync(Encoding.UTF8.GetBytes(file));
        await using (var other = new Microsoft.Data.Sqlite.SqliteConnection(busy.Services.GetRequiredService<DatabaseSettings>().ConnectionString))
        {
            await other.OpenAsync();
            await using var hold = other.CreateCommand();
            hold.CommandText = "BEGIN IMMEDIATE; UPDATE clinics SET name = name";
            await hold.ExecuteNonQueryAsync();
            var import = Task.Run(() => busy.Services.CatchUpAsync(null, default));
            Assert.NotSame(import, await Task.WhenAny(import, Task.Delay(1_000)));
            // Who only reads does not wait.
            await using (var db = busy.Db()) Assert.Equal(3, await db.Uploads.CountAsync(u => u.Status != UploadStatus.Completed));
            hold.CommandText = "COMMIT";
            await hold.ExecuteNonQueryAsync();
            await import;
        }
        Assert.Equal(await straight.DigestAsync(), await busy.DigestAsync());
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task Several_that_read_at_once_read_each_file_once(DatabaseProvider provider)
    {
        var (practitioners, sessions, events) = Samples.Clinic(2, 600, p => 10 + p);
        string corrected = sessions.Replace(",T1,", ",T2,");
        string[] files = [practitioners, sessions, corrected, events, sessions.Replace(",T1,", ",T3,")];
        await using var alone = await TestInstallation.OpenAsync(provider);
        foreach (string file in files) await alone.ImportAsync(file);

        await using var installation = await TestInstallation.OpenAsync(provider);
        foreach (string file in files) await installation.ReceiveAsync(Encoding.UTF8.GetBytes(file));
        using var start = new Barrier(4);
        async Task<int> ReadAsync()
        {
            start.SignalAndWait();
            int read = 0;
            // One that finds another at work goes away; here it comes back until all is read.
            for (bool more = true; more;)
            {
                read += await installation.Services.GetRequiredService<ProcessUploads>().DrainAsync(null, default);
                await using var db = installation.Db();
                more = await db.Uploads.AnyAsync(u => u.Status == UploadStatus.Received || u.Status == UploadStatus.Processing);
                if (more) await Task.Delay(10);
            }
            return read;
        }
        int[] finished = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(ReadAsync, default, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));
        Assert.Equal(files.Length, finished.Sum());
        await installation.Services.CatchUpAsync(null, default);
        Assert.Equal(await alone.DigestAsync(), await installation.DigestAsync());
    }
}
