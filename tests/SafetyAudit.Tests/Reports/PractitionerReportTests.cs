using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Reports;
using SafetyAudit.Summaries;

namespace SafetyAudit.Tests.Reports;

public class PractitionerReportTests
{
    static readonly ReportPeriod Quarter = ReportPeriod.Parse("2026Q1")!;

    static async Task<ReportDocument?> ReadAsync(TestInstallation installation, string id, Actor? actor = null, DateTime? at = null)
    {
        var then = at ?? installation.Clock.Now.UtcDateTime;
        await using var known = await AsKnown.OpenAsync(installation.Services.GetRequiredService<DatabaseSettings>(), actor ?? Actor.CommandLine, then, CompliancePack.FirstDay(Quarter), Quarter.To, default);
        return await PractitionerReport.ReadAsync(known.Db, id, Quarter, then, "1.0", default);
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task Its_figures_are_those_of_the_practitioner_s_page_and_nobody_else_s(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await MakeReportTests.FillAsync(installation);
        await using var db = installation.Db();
        var baselines = await Rates.BaselinesAsync(db, null, default);
        var expected = (await Rates.ReadAsync(db, new(Quarter.From, Quarter.To, Grouping.Practitioner, Against.Peers), SafetyAudit.Alerts.EvaluateAlerts.Watched(baselines), baselines, default)).FindAll(r => r.PractitionerId == "P2");

        var report = (await ReadAsync(installation, "P2"))!;
        var table = report.Tables.Single(t => t.Name == "beside_colleagues");
        Assert.Equal(expected.Select(r => (r.Measure.Code, (object)r.Observed, r.Expected)).OrderBy(r => r.Code), table.Rows.Select(r => ((string)r[1]!, r[6]!, (double?)r[7])).OrderBy(r => r.Item1));
        // Ninety sessions from 20 December on, one a day: those of January to March are 78.
        Assert.Equal(78L, report.Tables.Single(t => t.Name == "sessions").Rows.Single()[1]);
        string all = string.Join('\n', report.Tables.SelectMany(t => t.Rows).SelectMany(r => r).Select(c => Convert.ToString(c, CultureInfo.InvariantCulture)));
        foreach (string other in new[] { "P1", "P3", "Łukasz", "Ελένη" }) Assert.DoesNotContain(other, all, StringComparison.Ordinal);
        Assert.StartsWith("%PDF-", System.Text.Encoding.Latin1.GetString((await installation.Services.GetRequiredService<MakeReport>().OfPractitionerAsync(Actor.CommandLine, "P2", Quarter, installation.Clock.Now.UtcDateTime, default))!.Content[..8]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_does_not_reach_the_practitioner_gets_nothing_and_who_sees_their_own_gets_their_own()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await MakeReportTests.FillAsync(installation);
        var own = new Actor(ActorKind.Person, "p2", "", Roles.Of(Role.Practitioner), new Scope(null, "P2"));
        Assert.Null(await ReadAsync(installation, "P1", own));
        Assert.Null(await ReadAsync(installation, "P2", new Actor(ActorKind.Person, "c3", "", Roles.Of(Role.Director), new Scope(["C3"]))));
        Assert.Null(await ReadAsync(installation, "nobody"));
        var mine = (await ReadAsync(installation, "P2", own))!;
        // One colleague alone gives what is expected, whose figures would show through.
        Assert.All(mine.Tables.Single(t => t.Name == "beside_colleagues").Rows, r => Assert.Null(r[7]));
    }

    [Fact]
    public async Task As_known_on_a_day_it_is_the_same_whatever_came_later()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await MakeReportTests.FillAsync(installation);
        var then = installation.Clock.Now.UtcDateTime;
        byte[] first = PdfReport.Write((await ReadAsync(installation, "P2", at: then))!);
        installation.Clock.Now += TimeSpan.FromDays(9);
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("LATE", "S1-60", onset: "2026-02-18T12:00:00Z"));
        Assert.Equal(first, PdfReport.Write((await ReadAsync(installation, "P2", at: then))!));
        Assert.NotEqual(first, PdfReport.Write((await ReadAsync(installation, "P2"))!));
    }
}
