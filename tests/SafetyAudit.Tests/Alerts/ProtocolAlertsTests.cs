using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Alerts;
using SafetyAudit.Protocol;

namespace SafetyAudit.Tests.Alerts;

/// <summary>What the protocol's outcomes and the credentials raise, and what they don't.</summary>
public class ProtocolAlertsTests
{
    // Ten sessions a month of each practitioner over twelve months to June 2026.
    static string Sessions(Func<int, int, int, string> hydration)
    {
        var text = new StringBuilder("session_id,clinic_id,practitioner_id,patient_id,started_at,hydration_checked\n");
        for (int p = 1; p <= 2; p++)
            for (int m = 0; m < 12; m++)
                for (int i = 0; i < 10; i++)
                    text.Append(CultureInfo.InvariantCulture, $"S{p}-{m}-{i},C1,P{p},T{i},{new DateTime(2025, 7, 1 + 2 * i, 10, 0, 0).AddMonths(m):yyyy-MM-dd'T'HH:mm:ss'Z'},{hydration(p, m, i)}\n");
        return text.ToString();
    }

    static async Task<List<Alert>> OfAsync(AlertRule rule, string sessions, ClinicProtocol? protocol, string? practitioners = null)
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(practitioners ?? Samples.Practitioners);
        if (protocol is not null) await using (var db = installation.Db()) await new LayDownProtocol(db, installation.Clock).RunAsync(protocol, "a test", default);
        await installation.ImportAsync(sessions);
        await using (var db = installation.Db()) return await db.Alerts.Where(a => a.Rule == rule && a.Status == AlertStatus.Open).OrderBy(a => a.Key).ToListAsync();
    }

    static ClinicProtocol Target(double share) => new() { ClinicId = "C1", EffectiveFrom = new(2025, 1, 1), AdherenceTarget = share };

    [Fact]
    public async Task Below_the_target_by_more_than_chance_is_told_of_the_one_or_of_the_clinic()
    {
        // R: pbinom(96, 120, 0.9) = 0.00075 and pbinom(97, 120, 0.9) = 0.0017, so 96 of 120 is the most that is too few.
        string Kept(int ofFirst, int ofSecond) => Sessions((p, m, i) => m * 10 + i < (p == 1 ? ofFirst : ofSecond) ? "yes" : "no");
        Assert.Empty(await OfAsync(AlertRule.AdherenceBelowTarget, Kept(96, 120), null));
        Assert.Empty(await OfAsync(AlertRule.AdherenceBelowTarget, Kept(97, 120), Target(0.9)));
        var one = Assert.Single(await OfAsync(AlertRule.AdherenceBelowTarget, Kept(96, 120), Target(0.9)));
        Assert.Equal(("P1", "PR-016", 24L), (one.PractitionerId, one.Measure, one.Observed));
        // Both: one line for the clinic.
        var whole = Assert.Single(await OfAsync(AlertRule.AdherenceBelowTarget, Kept(90, 90), Target(0.9)));
        Assert.Equal((null, "PR-016", 60L), (whole.PractitionerId, whole.Measure, whole.Observed));
    }

    [Fact]
    public async Task Less_recorded_than_before_is_told()
    {
        var fallen = Assert.Single(await OfAsync(AlertRule.CompletenessFalling, Sessions((p, m, i) => p == 1 && m >= 9 && i < 6 ? "" : "yes"), null));
        Assert.Equal("P1", fallen.PractitionerId);
        Assert.Contains("PR-016 Hydration / food asked before session from 100 % to 40.0 %", fallen.Reason, StringComparison.Ordinal);
        // Never recorded is no fall.
        Assert.Empty(await OfAsync(AlertRule.CompletenessFalling, Sessions((_, _, _) => ""), null));
        Assert.Empty(await OfAsync(AlertRule.CompletenessFalling, Sessions((p, m, i) => p == 1 && m >= 9 && i == 0 ? "" : "yes"), null));
    }

    [Fact]
    public async Task Credentials_are_told_of_before_they_lapse_and_after()
    {
        // The clock stands at 1 July 2026.
        (string Expires, string? Says)[] cases =
        [
            ("2026-08-31", null), ("2026-08-30", "within 60 days"), ("2026-08-01", "within 60 days"), ("2026-07-31", "within 30 days"), ("2026-07-08", "within 7 days"), ("2026-07-01", "within 7 days"),
            ("2026-06-10", "lapsed on 10 Jun 2026; 5 sessions were completed after it"),
        ];
        foreach (var (expires, says) in cases)
        {
            var alerts = await OfAsync(AlertRule.CredentialLapsing, Sessions((_, _, _) => "yes"), null,
                $"practitioner_id,clinic_id,licence_status,licence_issued,licence_expires\nP1,C1,active,2015-01-01,{expires}\nP2,C1,active,2015-01-01,2030-01-01\nP3,C1,active,2015-01-01,2020-01-01\n");
            if (says is null) Assert.Empty(alerts);
            else Assert.Contains(says, Assert.Single(alerts, a => a.PractitionerId == "P1").Reason, StringComparison.Ordinal);
        }
    }
}
