using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Sessions;
using SafetyAudit.Summaries;
using SafetyAudit.Tests.Uploads;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Summaries;

/// <summary>What was known at an instant is what the product said then, whatever came after.</summary>
public class AsKnownTests
{
    public static TheoryData<DatabaseProvider> Providers => TestInstallation.Providers;

    static readonly DateOnly From = new(2026, 2, 1), To = new(2026, 3, 31);

    [Theory, MemberData(nameof(Providers))]
    public async Task A_late_event_a_correction_and_an_undo_change_today_and_not_the_past(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1") + Samples.Session("S2"));
        var march = installation.Clock.Now.UtcDateTime;
        installation.Clock.Now += TimeSpan.FromDays(1);
        var late = await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "S1"));
        var may = installation.Clock.Now.UtcDateTime;
        installation.Clock.Now += TimeSpan.FromDays(1);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S2", practitioner: "P2"));
        var june = installation.Clock.Now.UtcDateTime;
        installation.Clock.Now += TimeSpan.FromDays(1);
        await TakeBackTests.UndoAsync(installation, late.Id);

        Assert.Equal("P1: 2 sessions, 0 bruises", await SaidAsync(installation, march));
        Assert.Equal("P1: 2 sessions, 1 bruises", await SaidAsync(installation, may));
        Assert.Equal("P1: 1 sessions, 1 bruises; P2: 1 sessions, 0 bruises", await SaidAsync(installation, june));
        Assert.Equal("P1: 1 sessions, 0 bruises; P2: 1 sessions, 0 bruises", await SaidAsync(installation, installation.Clock.Now.UtcDateTime));
        Assert.Equal("", await SaidAsync(installation, march.AddMicroseconds(-1)));
        // The day on which a file counts from is the day's end; and nothing was written.
        Assert.Equal("P1: 2 sessions, 0 bruises", await SaidAsync(installation, AsKnown.Parse("2026-07-01")!.Value));
        Assert.Empty(await TakeBackTests.FaultsAsync(installation));
    }

    [Theory]
    [InlineData("2026-04-01", "2026-04-01T23:59:59.999999Z")]
    [InlineData("2026-04-01T10:00:00Z", "2026-04-01T10:00:00.000000Z")]
    [InlineData("2026-04-01T10:00:00.25+02:00", "2026-04-01T08:00:00.250000Z")]
    [InlineData("2026-04-01T10:00:00", null)]
    [InlineData("01/04/2026", null)]
    [InlineData("2026-02-30", null)]
    [InlineData("", null)]
    public void An_instant_is_a_day_s_end_or_has_its_offset(string text, string? instant) =>
        Assert.Equal(instant, AsKnown.Parse(text)?.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));

    [Fact]
    public async Task It_reads_only_and_leaves_no_table_behind()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await TakeBackTests.FillAsync(installation);
        await using (var then = await AsKnown.OpenAsync(installation.Services.GetRequiredService<DatabaseSettings>(), Actor.Worker, new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc), From, To, default))
        {
            Assert.Equal(0, await then.Db.Sessions.CountAsync());
            then.Db.Add(new Clinic { Id = "x", Name = "x", TimeZone = "Etc/UTC" });
            await Assert.ThrowsAsync<InvalidOperationException>(() => then.Db.SaveChangesAsync());
        }
        await using var db = installation.Db();
        Assert.Equal(3, await db.Sessions.CountAsync());
    }

    [Fact]
    public async Task Whoever_asks_gets_their_own_part_of_it()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await TakeBackTests.FillAsync(installation);
        await installation.ImportAsync("practitioner_id,clinic_id\nP8,C2\n");
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S8", clinic: "C2", practitioner: "P8"));
        var now = installation.Clock.Now.UtcDateTime;
        Assert.Equal("P1: 3 sessions, 2 bruises; P8: 1 sessions, 0 bruises", await SaidAsync(installation, now));
        Assert.Equal("P8: 1 sessions, 0 bruises", await SaidAsync(installation, now, TakeBackTests.Anna with { Scope = new(["C2"]) }));
    }

    /// <summary>A history played at random, with a clock that goes on: sessions that are sent, corrected, moved to other days, withdrawn; events before and after their session; undos of any file.</summary>
    [Theory]
    [InlineData(DatabaseProvider.Sqlite, 1)]
    [InlineData(DatabaseProvider.Sqlite, 2)]
    [InlineData(DatabaseProvider.Sqlite, 3)]
    [InlineData(DatabaseProvider.Postgres, 4)]
    public async Task At_each_instant_of_any_history_it_says_what_was_said_then(DatabaseProvider provider, int seed)
    {
        var dice = new Random(seed);
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners + "P3,Cy Cedar,C1,active,2015-01-01,2030-12-31\n");
        var said = new List<(DateTime At, string Figures)>();
        for (int step = 0; step < 30; step++)
        {
            installation.Clock.Now += TimeSpan.FromMinutes(dice.Next(1, 600));
            await using (var db = installation.Db())
            {
                var done = await db.Uploads.Where(u => u.Status == UploadStatus.Completed && u.Id > 1).Select(u => u.Id).ToListAsync();
                var sessions = await db.Current<Session>().OrderBy(s => s.Id).ToListAsync();
                switch (dice.Next(6))
                {
                    case 0 or 1: await installation.ImportAsync(Sessions(dice)); break;
                    case 2: await installation.ImportAsync(Events(dice)); break;
                    case 3 when done.Count > 0: await TakeBackTests.UndoAsync(installation, done[dice.Next(done.Count)]); break;
                    case 4 when sessions.Count > 0:
                        var correct = installation.Services.GetRequiredService<CorrectRecord>();
                        var chosen = sessions[dice.Next(sessions.Count)];
                        _ = dice.Next(2) == 0 ? await correct.WithdrawAsync(RecordKind.Sessions, chosen, "entered twice", TakeBackTests.Anna, default)
                            : await correct.RunAsync(RecordKind.Sessions, chosen, new Dictionary<string, string> { ["practitioner_id"] = $"P{dice.Next(1, 4)}", ["status"] = dice.Next(2) == 0 ? "completed" : "aborted" }, "wrong", TakeBackTests.Anna, default);
                        break;
                    default: await TakeBackTests.TakeBack(installation).CancelAsync((await installation.ReceiveAsync(Encoding.UTF8.GetBytes(Sessions(dice)))).Id, null, TakeBackTests.Anna, default); break;
                }
            }
            await installation.Services.CatchUpAsync(null, default);
            await using var now = installation.Db();
            said.Add((installation.Clock.Now.UtcDateTime, Text(await RatesAsync(now))));
        }
        Assert.True(said.Select(s => s.Figures).Distinct().Count() > 6, $"seed {seed}: too little happened");
        foreach (var (at, figures) in said)
        {
            await using var then = await AsKnown.OpenAsync(installation.Services.GetRequiredService<DatabaseSettings>(), Actor.Worker, at, From, To, default);
            Assert.Equal($"seed {seed} at {at:O}: {figures}", $"seed {seed} at {at:O}: {Text(await RatesAsync(then.Db))}");
        }
        Assert.Empty(await TakeBackTests.FaultsAsync(installation));
    }

    // Twelve ids at one clinic, four of them at another too, within and outside the period; every id keeps its patient.
    static string Sessions(Random dice) => Samples.SessionHeader + string.Concat(Enumerable.Range(0, dice.Next(1, 5)).Select(_ => dice.Next(12)).Distinct().Select(id =>
        Samples.Session($"S{id}", new DateTime(2026, 1, 20, 9, 0, 0).AddDays(dice.Next(60)).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), $"P{dice.Next(1, 4)}")));

    static string Events(Random dice) => Samples.EventHeader + string.Concat(Enumerable.Range(0, dice.Next(1, 4)).Select(_ => dice.Next(10)).Distinct().Select(id =>
        Samples.Event($"E{id}", $"S{id}", dice.Next(3) == 0 ? "SYNCOPE" : "BRUISE_MINOR", "2026-03-25T12:00:00Z")));

    static async Task<string> SaidAsync(TestInstallation installation, DateTime at, Actor? actor = null)
    {
        await using var then = await AsKnown.OpenAsync(installation.Services.GetRequiredService<DatabaseSettings>(), actor ?? Actor.Worker, at, From, To, default);
        return string.Join("; ", (await RatesAsync(then.Db)).Where(r => r.Measure.Code == "BRUISE_MINOR").Select(r => $"{r.PractitionerId}: {r.Sessions} sessions, {r.Observed} bruises"));
    }

    static async Task<List<RateRow>> RatesAsync(SafetyAuditDb db)
    {
        var measures = await db.Measures.AsNoTracking().OrderBy(m => m.Order).ToListAsync();
        return await Rates.ReadAsync(db, new(From, To), measures, await Rates.BaselinesAsync(db, null, default), default);
    }

    static string Text(List<RateRow> rows) => string.Join('\n', rows.Select(r => $"{r.PractitionerId} {r.Measure.Code} {r.Sessions} {r.Exposure} {r.Observed} {r.Expected} {r.Position} {r.Ascertainment}"));
}
