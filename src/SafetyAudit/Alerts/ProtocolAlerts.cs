using System.Globalization;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Languages;
using SafetyAudit.Protocol;
using SafetyAudit.Statistics;

namespace SafetyAudit.Alerts;

/// <summary>What the protocol's outcomes and the credentials raise.</summary>
static class ProtocolAlerts
{
    /// <summary>Applicable sessions from which missing records of a critical rule are worth a line, and the share recorded that is enough.</summary>
    public const int FewestSessions = 20;
    public const double EnoughRecorded = 0.9;

    /// <summary>The one-sided chance at which a share below the target, or below what it was, is more than chance: that of the funnel's outer limits.</summary>
    public const double Chance = 0.001;

    /// <summary>Smallest fall in the share that could be judged that is worth a line.</summary>
    public const double LeastFall = 0.1;

    const int RecentMonths = 3;

    public static async Task<List<Alert>> OfAdherenceAsync(SafetyAuditDb db, string clinic, DateOnly start, DateOnly end, DateTime nowUtc, CancellationToken ct)
    {
        var byMonth = await AdherenceTable.ReadAsync(db, new(start, end, clinic, ByMonth: true), nowUtc, ct);
        var whole = byMonth.GroupBy(r => (r.Rule, r.PractitionerId)).Select(g => g.First() with { Period = start, Adherence = AdherenceTable.Sum(g) }).ToList();
        var laidDown = ClinicProtocol.On(clinic, await db.ClinicProtocols.AsNoTracking().Where(p => p.ClinicId == clinic).ToListAsync(ct), end);
        return [.. OfCriticalRules(clinic, start, end, whole), .. BelowTarget(clinic, start, end, whole, laidDown), .. FallingCompleteness(clinic, start, end, byMonth)];
    }

    static IEnumerable<Alert> OfCriticalRules(string clinic, DateOnly start, DateOnly end, List<AdherenceRow> adherence)
    {
        var unrecorded = new List<string>();
        foreach (var rows in adherence.Where(r => r.Rule.Severity == RuleSeverity.Critical).GroupBy(r => r.Rule))
        {
            var rule = rows.Key;
            var whole = AdherenceTable.Sum(rows);
            foreach (var row in rows.Where(r => r.Adherence.Fail > 0))
                yield return Of(AlertRule.ProtocolFailed, clinic, row.PractitionerId.Length > 0 ? row.PractitionerId : null, rule.Id, start, end, row.Adherence.Fail,
                    string.Create(Figures.Kept, $"{rule.Id} {rule.Title}: not kept in {row.Adherence.Fail:N0} of {row.Adherence.Judged:N0} {rule.Counted} that could be judged."));

            if (rule is not SessionRule) continue;
            if (whole.Applicable >= FewestSessions && whole.Completeness < EnoughRecorded / 2)
            {
                // Nobody here records it: one line for the clinic rather than one for everybody.
                unrecorded.Add($"{rule.Id} {rule.Title}");
                continue;
            }
            foreach (var row in rows.Where(r => r.Adherence.Applicable >= FewestSessions && r.Adherence.Completeness < EnoughRecorded))
                yield return Of(AlertRule.ProtocolNotRecorded, clinic, row.PractitionerId, rule.Id, start, end, row.Adherence.NotRecorded, string.Create(Figures.Kept, $"{rule.Id} {rule.Title}: not recorded in {row.Adherence.NotRecorded:N0} of {row.Adherence.Applicable:N0} sessions."));
        }
        if (unrecorded.Count > 0)
            yield return Of(AlertRule.ProtocolNotRecorded, clinic, null, null, start, end, null, $"The clinic’s files hardly record what {unrecorded.Count} critical rules need: {string.Join("; ", unrecorded)}. Whether they are kept can't be told.");
    }

    // Where the clinic as a whole is below its target, that is the line, and not one for everybody in it. A critical rule is told of at its first failure.
    static IEnumerable<Alert> BelowTarget(string clinic, DateOnly start, DateOnly end, List<AdherenceRow> adherence, ClinicProtocol laidDown)
    {
        if (laidDown.AdherenceTarget is not { } target) yield break;
        foreach (var rows in adherence.Where(r => r.Rule.Severity != RuleSeverity.Critical).GroupBy(r => r.Rule))
        {
            var whole = AdherenceTable.Sum(rows);
            if (IsBelow(whole)) yield return Say(null, whole, rows.Key);
            else foreach (var row in rows.Where(r => r.PractitionerId.Length > 0 && IsBelow(r.Adherence))) yield return Say(row.PractitionerId, row.Adherence, rows.Key);
        }

        bool IsBelow(Adherence a) => a.Judged > 0 && a.Kept < target && Binomial.AtMost(a.Pass, a.Judged, target) <= Chance;

        Alert Say(string? practitioner, Adherence a, ProtocolRule rule) => Of(AlertRule.AdherenceBelowTarget, clinic, practitioner, rule.Id, start, end, a.Fail, string.Create(Figures.Kept,
            $"{rule.Id} {rule.Title}: kept in {a.Pass:N0} of {a.Judged:N0} {rule.Counted} that could be judged ({Figures.Percent((double)a.Pass / a.Judged, Figures.Kept)}), where the clinic’s target is {Figures.Percent(target, Figures.Kept)}. So few by chance alone: at most 1 in 1,000."));
    }

    // The months before are an estimate too: what is expected now is beta-binomial, as for a share whose baseline is uncertain.
    static IEnumerable<Alert> FallingCompleteness(string clinic, DateOnly start, DateOnly end, List<AdherenceRow> byMonth)
    {
        var recent = new DateOnly(end.Year, end.Month, 1).AddMonths(1 - RecentMonths);
        foreach (var rows in byMonth.Where(r => r.Rule is SessionRule && r.PractitionerId.Length > 0).GroupBy(r => r.PractitionerId))
        {
            var fallen = new List<string>();
            foreach (var one in rows.GroupBy(r => r.Rule))
            {
                Adherence now = AdherenceTable.Sum(one.Where(r => r.Period >= recent)), before = AdherenceTable.Sum(one.Where(r => r.Period < recent));
                if (now.Applicable < FewestSessions || before.Applicable < FewestSessions || before.Completeness - now.Completeness < LeastFall) continue;
                if (new BetaBinomial(now.Applicable, before.Judged + 0.5, before.NotRecorded + 0.5).AtMost(now.Judged) <= Chance)
                    fallen.Add($"{one.Key.Id} {one.Key.Title} from {Figures.Percent(before.Completeness!.Value, Figures.Kept)} to {Figures.Percent(now.Completeness!.Value, Figures.Kept)}");
            }
            if (fallen.Count > 0)
                yield return Of(AlertRule.CompletenessFalling, clinic, rows.Key, null, recent < start ? start : recent, end, fallen.Count, $"A smaller share of sessions can be judged in the last {RecentMonths} months than in those before: {string.Join("; ", fallen)}.");
        }
    }

    /// <param name="db">What is stored.</param>
    /// <param name="working">Whose credentials: of somebody who no longer works nothing is asked.</param>
    /// <param name="today">The day.</param>
    /// <param name="ct">Stops the reading.</param>
    public static async Task<List<Alert>> OfCredentialsAsync(SafetyAuditDb db, string[] working, DateOnly today, CancellationToken ct)
    {
        return [.. (await Credential.ReadAsync(db, today, null, ct, working)).Where(c => c.State is CredentialState.Lapsed or CredentialState.LapsesSoon)
            .Select(c => AtStep(c, Of(AlertRule.CredentialLapsing, c.ClinicId, c.PractitionerId, Codes.Of(c.Kind), c.Until ?? today, c.Until ?? today, c.SessionsAfter,
                $"{Credential.Words(c.Kind)}: " + (c.State == CredentialState.LapsesSoon ? $"lapses on {Figures.Day(c.Until!.Value, Figures.Kept)}, within {c.Warning} days."
                    : c.DaysLeft < 0 ? string.Create(Figures.Kept, $"lapsed on {Figures.Day(c.Until!.Value, Figures.Kept)}; {c.SessionsAfter:N0} {(c.SessionsAfter == 1 ? "session was" : "sessions were")} completed after it.") : "lapsed, suspended or revoked."))))];

        // Each warning is one alert: who has looked into the first is told of the next, and of a lapse for as long as it lasts.
        static Alert AtStep(Credential credential, Alert alert)
        {
            alert.Key += string.Create(CultureInfo.InvariantCulture, $"|{credential.Until:yyyy-MM-dd}|{(credential.State == CredentialState.Lapsed ? Lapsed : credential.Warning)}");
            return alert;
        }
    }

    const string Lapsed = "lapsed";

    /// <summary>Whether an alert tells of a credential that has lapsed, which no looking into ends.</summary>
    public static bool IsLapse(Alert alert) => alert.Rule == AlertRule.CredentialLapsing && alert.Key.EndsWith(Lapsed, StringComparison.Ordinal);

    static Alert Of(AlertRule rule, string clinic, string? practitioner, string? measure, DateOnly from, DateOnly to, long? observed, string reason) => new()
    {
        Rule = rule, Level = LevelOf(rule), ClinicId = clinic, PractitionerId = practitioner, Measure = measure, Key = EvaluateAlerts.KeyOf(rule, clinic, practitioner, measure), Reason = reason, From = from, To = to, Observed = observed,
    };

    static AlertLevel LevelOf(AlertRule rule) => rule switch { AlertRule.ProtocolFailed => AlertLevel.Red, AlertRule.ProtocolNotRecorded or AlertRule.CompletenessFalling => AlertLevel.Blue, _ => AlertLevel.Amber };
}
