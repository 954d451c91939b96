using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Protocol;
using SafetyAudit.Statistics;
using SafetyAudit.Summaries;

namespace SafetyAudit.Analysis;

/// <summary>One rule over what one practitioner did at one clinic in a period.</summary>
/// <param name="Rule">The rule, whose version is the one that was used.</param>
/// <param name="ClinicId">The clinic.</param>
/// <param name="PractitionerId">The practitioner; empty for events of which nobody knows whose session they followed.</param>
/// <param name="Period">The first day of the month, where months are told apart; the period's first day otherwise.</param>
/// <param name="Adherence">The outcomes, counted.</param>
public sealed record AdherenceRow(ProtocolRule Rule, string ClinicId, string PractitionerId, DateOnly Period, Adherence Adherence)
{
    /// <summary>Clopper and Pearson's 95 % interval of the share kept (1934, mid-P); empty where nothing could be judged.</summary>
    public Interval? KeptInterval => Adherence.Judged == 0 ? null : BinomialInterval.MidP(Adherence.Pass, Adherence.Judged);
}

/// <summary>What adherence is asked of.</summary>
/// <param name="From">First day, by the date of the session; of an event without one by its onset.</param>
/// <param name="To">Last day.</param>
/// <param name="ClinicId">One clinic, or all within reach.</param>
/// <param name="PractitionerId">One practitioner, or all within reach.</param>
/// <param name="ByMonth">Whether each month has rows of its own.</param>
/// <param name="Rule">One rule, or all: what others look at is not read then.</param>
public sealed record AdherenceQuestion(DateOnly From, DateOnly To, string? ClinicId = null, string? PractitionerId = null, bool ByMonth = false, ProtocolRule? Rule = null);

/// <summary>By what adherence is told apart.</summary>
public enum AdherenceGrouping { Practitioner, Clinic, Rule }

/// <summary>Protocol adherence: rules about sessions from the daily counts, those about events and months from the records, since they change as time passes.</summary>
public static class AdherenceTable
{
    /// <summary>Rows of every rule, in the order of rules, clinics, practitioners and months. A rule that looked at nothing has none.</summary>
    /// <param name="db">Within the scope of whoever it acts for.</param>
    /// <param name="question">What is asked.</param>
    /// <param name="nowUtc">The instant at which deadlines are looked at.</param>
    /// <param name="ct">Stops the reading.</param>
    public static async Task<List<AdherenceRow>> ReadAsync(SafetyAuditDb db, AdherenceQuestion question, DateTime nowUtc, CancellationToken ct)
    {
        List<AdherenceRow> rows = [];
        if (question.Rule is null or SessionRule) rows.AddRange(await OfSessionsAsync(db, question, ct));
        if (question.Rule is null or EventRule) rows.AddRange(await OfEventsAsync(db, question, nowUtc, ct));
        if (question.Rule is null or MonthRule) rows.AddRange(await OfMonthsAsync(db, question, ct));
        return [.. rows.Where(r => question.Rule is null || r.Rule == question.Rule).OrderBy(r => r.Rule.Id, StringComparer.Ordinal).ThenBy(r => r.ClinicId, StringComparer.Ordinal).ThenBy(r => r.PractitionerId, StringComparer.Ordinal).ThenBy(r => r.Period)];
    }

    /// <summary>The rows added up: by practitioner as they are, over the practitioners of a clinic, or over everybody. The order of the rules stays.</summary>
    public static List<AdherenceRow> By(IEnumerable<AdherenceRow> rows, AdherenceGrouping grouping) =>
        [.. rows.GroupBy(r => (r.Rule, Clinic: grouping == AdherenceGrouping.Rule ? "" : r.ClinicId, Practitioner: grouping == AdherenceGrouping.Practitioner ? r.PractitionerId : "", r.Period))
            .Select(g => new AdherenceRow(g.Key.Rule, g.Key.Clinic, g.Key.Practitioner, g.Key.Period, Sum(g)))];

    /// <summary>Several rows of one rule as one.</summary>
    public static Adherence Sum(IEnumerable<AdherenceRow> rows) => rows.Aggregate(new Adherence(), (sum, row) => sum + row.Adherence);

    static async Task<List<AdherenceRow>> OfSessionsAsync(SafetyAuditDb db, AdherenceQuestion question, CancellationToken ct)
    {
        var sums = new Dictionary<(string Clinic, string Practitioner, DateOnly Period), Adherence[]>();
        var (from, to, clinic, practitioner) = (question.From, question.To, question.ClinicId, question.PractitionerId);
        var days = db.DailyAdherence.Where(d => d.Date >= from && d.Date <= to && (clinic == null || d.ClinicId == clinic) && (practitioner == null || d.PractitionerId == practitioner) && d.RulesVersion == Rules.Version)
            .Select(d => new { d.ClinicId, d.PractitionerId, d.Date, d.Sessions, d.Outcomes });
        await foreach (var day in days.AsAsyncEnumerable().WithCancellation(ct))
            DailyAdherence.AddTo(Of(sums, (day.ClinicId, day.PractitionerId, PeriodOf(day.Date, question)), Rules.OfSessions.Count), day.Sessions, day.Outcomes);
        return Rows(sums, Rules.OfSessions);
    }

    static async Task<List<AdherenceRow>> OfEventsAsync(SafetyAuditDb db, AdherenceQuestion question, DateTime nowUtc, CancellationToken ct)
    {
        var sums = new Dictionary<(string Clinic, string Practitioner, DateOnly Period), Adherence[]>();
        foreach (var (reported, practitioner, date) in await ReportedEvents.ReadAsync(db, question.From, question.To, question.ClinicId, question.PractitionerId, nowUtc, ct))
        {
            var adherence = Of(sums, (reported.Clinic.ClinicId, practitioner ?? "", PeriodOf(date, question)), Rules.OfEvents.Count);
            for (int i = 0; i < adherence.Length; i++) adherence[i] += Adherence.Of(Rules.OfEvents[i].Check(reported));
        }
        return Rows(sums, Rules.OfEvents);
    }

    static async Task<List<AdherenceRow>> OfMonthsAsync(SafetyAuditDb db, AdherenceQuestion question, CancellationToken ct)
    {
        var sums = new Dictionary<(string Clinic, string Practitioner, DateOnly Period), Adherence[]>();
        foreach (var row in await FollowUpMonths.ReadAsync(db, question.From, question.To, question.ClinicId, question.PractitionerId, ct))
        {
            var adherence = Of(sums, (row.ClinicId, row.PractitionerId, PeriodOf(row.Month, question)), Rules.OfMonths.Count);
            for (int i = 0; i < adherence.Length; i++) adherence[i] += Adherence.Of(Rules.OfMonths[i].Check(row.FollowUp));
        }
        return Rows(sums, Rules.OfMonths);
    }

    static Adherence[] Of(Dictionary<(string, string, DateOnly), Adherence[]> sums, (string, string, DateOnly) key, int rules) =>
        sums.TryGetValue(key, out var adherence) ? adherence : sums[key] = new Adherence[rules];

    static List<AdherenceRow> Rows(Dictionary<(string Clinic, string Practitioner, DateOnly Period), Adherence[]> sums, IReadOnlyList<ProtocolRule> rules) =>
        [.. sums.SelectMany(s => s.Value.Select((adherence, i) => new AdherenceRow(rules[i], s.Key.Clinic, s.Key.Practitioner, s.Key.Period, adherence)))];

    static DateOnly PeriodOf(DateOnly date, AdherenceQuestion question) => question.ByMonth ? new(date.Year, date.Month, 1) : question.From;
}
