using System.Globalization;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Measures;
using SafetyAudit.Sessions;
using SafetyAudit.Statistics;

namespace SafetyAudit.Alerts;

/// <summary>
/// Looks at the figures and keeps at most one open alert per rule, subject and measure. Runs any number of times with the same result; an alert whose
/// figures no longer bear it out says so and stays in the record.
/// </summary>
/// <remarks>
/// Rates are judged over the twelve months up to a clinic's last session. Practitioners are judged against peers only: a published rate taken as fact
/// would flag most of a clinic that simply records more (2.8 false alerts per practitioner-year against 0.03 in simulation).
/// </remarks>
public sealed class EvaluateAlerts(IDbContextFactory<SafetyAuditDb> databases, TimeProvider time)
{
    /// <summary>Fewest events for "more than peers": one event is looked at by itself, not as a rate.</summary>
    public const long FewestEvents = 2;

    public async Task RunAsync(CancellationToken ct)
    {
        await using var db = await databases.OpenAsync(Actor.Worker, ct);
        // Read and write in one transaction that no other evaluation runs beside, so that the alerts belong to one state of the figures.
        await using var transaction = await db.BeginAloneAsync(ExclusiveWork.Alerts, ct);
        // Half-recounted figures accuse the wrong people. The recount asks for this job again when it is through.
        if (await db.StaleDays.AnyAsync(ct)) return;
        var now = time.UtcNow();
        var found = await FindAsync(db, now, ct);
        var open = await db.Alerts.Where(a => a.Status == AlertStatus.Open).ToDictionaryAsync(a => a.Key, ct);
        foreach (var finding in found)
        {
            finding.EvaluatedAtUtc = now;
            if (open.Remove(finding.Key, out var known))
            {
                (known.Reason, known.From, known.To, known.Observed, known.Expected, known.Baseline, known.EvaluatedAtUtc, known.ClinicId, known.PractitionerId) =
                    (finding.Reason, finding.From, finding.To, finding.Observed, finding.Expected, finding.Baseline, now, finding.ClinicId, finding.PractitionerId);
                continue;
            }
            finding.Status = AlertStatus.Open;
            finding.RaisedAtUtc = now;
            db.Alerts.Add(finding);
        }
        foreach (var gone in open.Values) (gone.Status, gone.EvaluatedAtUtc) = (AlertStatus.NoLongerHolds, now);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>The twelve months over which a clinic is judged; empty for a clinic without sessions.</summary>
    public static async Task<(DateOnly From, DateOnly To)?> PeriodAsync(SafetyAuditDb db, string clinicId, CancellationToken ct) =>
        await Counts.SpanAsync(db, clinicId, ct) is { } span ? (span.Last.AddYears(-1).AddDays(1), span.Last) : null;

    /// <summary>Every practitioner of a clinic beside colleagues, each watched measure, over the clinic's twelve months: what the alerts about people are raised from.</summary>
    public static async Task<List<RateRow>> AmongPeersAsync(SafetyAuditDb db, string clinicId, IReadOnlyDictionary<string, Baseline> baselines, CancellationToken ct) =>
        await PeriodAsync(db, clinicId, ct) is var (start, end)
            ? (await Rates.ReadAsync(db, new(start, end, Grouping.Practitioner, Against.Peers), Watched(baselines), baselines, ct)).FindAll(r => r.ClinicId == clinicId)
            : [];

    /// <summary>The measures that are watched by rate.</summary>
    public static List<Measure> Watched(IReadOnlyDictionary<string, Baseline> baselines) => [.. Catalogue.Measures.Where(m => Catalogue.IsWatchedByRate(m, baselines.GetValueOrDefault(m.Code)))];

    static async Task<List<Alert>> FindAsync(SafetyAuditDb db, DateTime now, CancellationToken ct)
    {
        var found = new List<Alert>();
        var measures = await db.Measures.AsNoTracking().OrderBy(m => m.Order).ToListAsync(ct);
        var baselines = await Rates.BaselinesAsync(db, null, ct);
        foreach (string clinic in await db.Clinics.Select(c => c.Id).OrderBy(id => id).ToListAsync(ct))
        {
            if (await PeriodAsync(db, clinic, ct) is not var (start, end)) continue;
            var among = await AmongPeersAsync(db, clinic, baselines, ct);
            found.AddRange(among.Where(r => r.Position == Position.Above998 && r.Observed >= FewestEvents).Select(r => AgainstPeers(r, AlertRule.MoreThanPeers)));
            found.AddRange(among.Where(r => r.Position == Position.Below998).Select(r => AgainstPeers(r, AlertRule.FewerThanPeers)));
            var literature = (await Rates.ReadAsync(db, new(start, end, Grouping.Clinic, Against.Literature), Watched(baselines), baselines, ct)).FindAll(r => r.ClinicId == clinic);
            found.AddRange(literature.Where(r => r.Position == Position.Above998).Select(r => AgainstLiterature(r, AlertRule.ClinicAboveLiterature)));
            found.AddRange(literature.Where(r => r.Position == Position.Below998).Select(r => AgainstLiterature(r, AlertRule.ClinicBelowLiterature)));
            found.AddRange(await ProtocolAlerts.OfAdherenceAsync(db, clinic, start, end, now, ct));
        }
        found.AddRange(await ProtocolAlerts.OfCredentialsAsync(db, DateOnly.FromDateTime(now), ct));
        found.AddRange(await SentinelsAsync(db, measures, ct));
        return found;
    }

    static Alert AgainstPeers(RateRow row, AlertRule rule) => New(rule, row, string.Create(CultureInfo.InvariantCulture,
        $"{row.Measure.Name}: {row.Observed} in {row.Sessions} sessions, where the records of {row.Peers} colleagues in the clinic lead to expect {row.Expected:0.0} (99.8 % limits {row.Limits!.Value.Lower998} to {row.Limits.Value.Upper998}).")
        + (rule == AlertRule.FewerThanPeers ? " Check the records: so few may mean that events are not written down." : ""));

    static Alert AgainstLiterature(RateRow row, AlertRule rule) => New(rule, row, string.Create(CultureInfo.InvariantCulture,
        $"{row.Measure.Name}: the clinic recorded {row.Observed} in {row.Sessions} sessions, where {row.Baseline!.Source} leads to expect {row.Expected:0.0} (99.8 % limits {row.Limits!.Value.Lower998} to {row.Limits.Value.Upper998}). ")
        + (rule == AlertRule.ClinicBelowLiterature ? "Check the records first." : "Published rates differ several-fold between settings: a question about the clinic's recording and practice as a whole, not about one person."));

    static Alert New(AlertRule rule, RateRow row, string reason) => new()
    {
        Rule = rule, ClinicId = row.ClinicId, PractitionerId = row.PractitionerId, Measure = row.Measure.Code, Key = KeyOf(rule, row.ClinicId, row.PractitionerId, row.Measure.Code),
        Reason = reason, From = row.From, To = row.To, Observed = row.Observed, Expected = row.Expected, Baseline = row.Baseline?.Id,
    };

    // One event, one review: whatever its rate, whether or not its session has arrived.
    static async Task<List<Alert>> SentinelsAsync(SafetyAuditDb db, List<Measure> measures, CancellationToken ct)
    {
        var byCode = measures.ToDictionary(m => m.Code);
        var sentinels = measures.Where(m => m.IsSentinel).Select(m => m.Code).ToList();
        var candidates = await db.Current<AdverseEvent>()
            .Where(e => sentinels.Contains(e.Category) || e.Severity == Severity.Critical || e.CtcaeGrade >= 4 || e.MedicalAttention == MedicalAttention.Admitted || e.Seriousness!.StartsWith("serious") || Measure.SeriousOutcomes.Contains(e.Outcome!)
                || db.Measures.Any(m => m.Code == e.Category && m.DefaultSeverity == Severity.Critical))
            .Select(e => new { Event = e, PractitionerId = db.Sessions.Where(s => s.SessionId == e.LinkedSessionId && s.ClinicId == e.LinkedClinicId && s.SupersededAtUtc == null).Select(s => s.PractitionerId).FirstOrDefault() })
            .ToListAsync(ct);
        var found = new List<Alert>();
        foreach (var candidate in candidates)
        {
            var e = candidate.Event;
            var measure = byCode[e.Category];
            bool serious = Measure.IsSerious(e, e.Severity ?? measure.DefaultSeverity);
            if (!measure.IsSentinel && !serious) continue;
            var day = DateOnly.FromDateTime(e.OnsetAtUtc);
            string clinic = e.LinkedClinicId ?? e.ClinicId ?? "";
            found.Add(new Alert
            {
                Rule = AlertRule.SentinelEvent, ClinicId = clinic, PractitionerId = candidate.PractitionerId ?? e.PractitionerId, Measure = e.Category, From = day, To = day, Observed = 1,
                Key = KeyOf(AlertRule.SentinelEvent, e.ClinicId, null, e.EventId),
                Reason = $"{measure.Name}, event {e.EventId}, onset {day:yyyy-MM-dd}. One such event is one review, always."
                    + (measure.IsSentinel ? "" : " Its report marks it as serious.") + (e.LinkedSessionId is null ? " Its session has not arrived yet." : ""),
            });
        }
        return found;
    }

    internal static string KeyOf(AlertRule rule, string? clinic, string? practitioner, string? about) => string.Join('|', Codes.Of(rule), clinic, practitioner, about);
}
