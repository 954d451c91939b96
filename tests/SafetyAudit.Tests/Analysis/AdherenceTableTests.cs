using SafetyAudit.Analysis;
using SafetyAudit.Protocol;
using SafetyAudit.Tests.Reports;

namespace SafetyAudit.Tests.Analysis;

public class AdherenceTableTests
{
    [Fact]
    public async Task A_rule_that_is_asked_for_alone_has_the_rows_that_it_has_among_all()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await MakeReportTests.FillAsync(installation);
        await installation.SummariseAsync();
        await using var db = installation.Db();
        var question = new AdherenceQuestion(new(2025, 12, 1), new(2026, 3, 31), ByMonth: true);
        var now = installation.Clock.Now.UtcDateTime;
        var all = await AdherenceTable.ReadAsync(db, question, now, default);
        // Rules of all three kinds are asked of something here.
        foreach (var kind in new IReadOnlyList<ProtocolRule>[] { Rules.OfSessions, Rules.OfEvents, Rules.OfMonths }) Assert.Contains(all, r => kind.Contains(r.Rule) && r.Adherence != new Adherence());
        foreach (var rule in Rules.All) Assert.Equal(all.Where(r => r.Rule == rule), await AdherenceTable.ReadAsync(db, question with { Rule = rule }, now, default));
    }
}
